/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "compress.h"
#include "hash.h"
#include "serve_files.h"
#include "store.h"
#include "tree.h"
#include "view.h"
#include "xalloc.h"

struct files {
	struct job *job;
	struct buffer bytes;                /* the manifest's, which it borrows */
	struct manifest manifest;
	bool has_manifest;
	struct store *store;
	struct store_upload upload;
	unsigned char digest[HASH_SIZE];    /* of the blob that is coming */
	char *catalogue_bytes;
	struct manifest_entry *catalogue;
	size_t catalogue_count;
	bool has_view;                      /* manifest and catalogue are put together */
	struct view view;
	struct tree *tree;
	struct jail_view shown;
	unsigned wants;
};

struct files *
files_new(struct job *j)
{
	struct files *f = xcalloc(1, sizeof(*f));

	f->job = j;
	f->upload = (struct store_upload)STORE_UPLOAD_INIT;
	return f;
}

void
files_free(struct files *f)
{
	if (f == NULL)
		return;
	store_abort(&f->upload);
	tree_close(f->tree);
	view_release(&f->view);
	free(f->catalogue);
	free(f->catalogue_bytes);
	store_close(f->store);
	manifest_release(&f->manifest);
	buffer_release(&f->bytes);
	free(f);
}

const struct manifest *
files_manifest(const struct files *f)
{
	return f->has_manifest ? &f->manifest : NULL;
}

static enum err
refuse_by_errno(struct files *f, const char *what)
{
	int why = errno;

	if (why == ENOSPC || why == EDQUOT || why == EFBIG || why == ENOMEM || why == EMFILE)
		return job_refuse(f->job, REASON_RESOURCE, "cannot %s: %s", what, strerror(why));
	return job_refuse(f->job, REASON_INTERNAL, "cannot %s: %s", what, strerror(why));
}

static enum err
add_bytes(void *context, const void *data, size_t len)
{
	struct buffer *b = context;

	if (len > MANIFEST_RAW_MAX - b->len)
		return ERR_LIMIT;
	buffer_add(b, data, len);
	return OK;
}

static enum err
unpack(const struct buffer *body, struct buffer *out)
{
	struct decompressor *d = decompressor_new();
	enum err e = decompressor_add(d, body->data, body->len, add_bytes, out);

	if (e == OK && !decompressor_has_ended(d))
		e = ERR_PROTOCOL;
	decompressor_free(d);
	return e;
}

enum err
files_take_manifest(struct files *f, const struct buffer *body)
{
	const struct settings *s = f->job->settings;

	if (f->has_manifest)
		return ERR_PROTOCOL;
	enum err e = unpack(body, &f->bytes);

	if (e == OK)
		e = manifest_get(f->bytes.data, f->bytes.len, &f->manifest);
	if (e != OK)
		return e;
	f->has_manifest = true;
	e = store_open(s->store_dir, s->store_size, f->manifest.client, &f->store);
	return e == OK ? OK : refuse_by_errno(f, "open the store");
}

enum err
files_begin_blob(struct files *f, const char *digest)
{
	if (hash_parse(digest, f->digest) != OK)
		return ERR_PROTOCOL;
	return store_begin(f->store, &f->upload) == OK ? OK : refuse_by_errno(f, "keep a file");
}

enum err
files_add(struct files *f, const void *data, size_t len)
{
	if (store_add(&f->upload, data, len) != OK)
		return refuse_by_errno(f, "keep a file");
	job_hold(f->job, (int64_t)len);
	return OK;
}

enum err
files_end_blob(struct files *f)
{
	enum err e = store_commit(&f->upload, f->digest);

	/* It counts for --store-size from now on. */
	job_hold(f->job, -(int64_t)f->upload.size);
	return e == ERR_SYSTEM ? refuse_by_errno(f, "keep a file") : e;
}

/* A catalogue that the store lacks is wanted alone: number 0. */
static enum err
want_catalogue(struct wire_want *want)
{
	want->numbers = xcalloc(1, sizeof(want->numbers[0]));
	want->count = 1;
	return ERR_MISSING;
}

static enum err
load_catalogue(struct files *f, struct wire_want *want)
{
	const struct manifest *m = &f->manifest;
	size_t size = (size_t)m->catalogue_size;

	if (!m->has_catalogue || f->catalogue_bytes != NULL)
		return OK;
	enum err e = store_load(f->store, m->catalogue, size, &f->catalogue_bytes);

	if (e == ERR_MISSING)
		return want_catalogue(want);
	if (e != OK)
		return refuse_by_errno(f, "read the catalogue");
	return manifest_get_catalogue(f->catalogue_bytes, size, &f->catalogue, &f->catalogue_count);
}

static enum err
make_view(struct files *f)
{
	if (f->has_view)
		return OK;
	enum err e = view_init(&f->view, &f->manifest, f->catalogue, f->catalogue_count);

	if (e != OK)
		return e;
	f->has_view = true;
	e = tree_open(f->store, &f->view, &f->tree);
	return e == OK ? OK : refuse_by_errno(f, "make a tree");
}

enum err
files_prepare(struct files *f, struct wire_want *want)
{
	*want = (struct wire_want){0};
	enum err e = load_catalogue(f, want);

	if (e == OK)
		e = make_view(f);
	if (e == OK) {
		e = tree_fill(f->tree, want);
		if (e == ERR_DENIED)
			e = job_refuse(f->job, REASON_VIEW, "names of the client's cannot be made here");
		else if (e == ERR_SYSTEM)
			e = refuse_by_errno(f, "make a tree");
	}
	if (e == OK)
		f->shown = (struct jail_view){.view = &f->view, .root = tree_root(f->tree), .hidden = &f->manifest.hidden};
	if (e != ERR_MISSING || f->wants++ < WIRE_WANT_ROUNDS)
		return e;
	wire_want_release(want);
	return job_refuse(f->job, REASON_RESOURCE, "files do not stay in the store: is it too small?");
}

const struct jail_view *
files_view(const struct files *f)
{
	return &f->shown;
}
