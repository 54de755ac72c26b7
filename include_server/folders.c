/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder's entries hold for as long as its epoch. Where changes are reported, a report on a name makes
 * that entry be found out anew, and one on a folder all that is below it. Elsewhere stat(2) of the
 * folder, once a scan, tells whether a name can have come or gone in it: its times change with every one.
 * One that changed less than SETTLED_NS before we looked is asked again the next time, because two
 * changes within one tick of the file system's clock leave the same time behind.
 *
 * A folder's watch is set before it is asked, so that nothing falls between. A watch tells nothing of what
 * happens above it: all folders up to the root have one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "folders.h"
#include "log.h"
#include "table.h"
#include "watch.h"
#include "xalloc.h"

#define SETTLED_NS (INT64_C(2) * 1000000000)

struct folder {
	struct entry *self;
	char *path;
	struct table entries;
	uint64_t epoch;     /* from 1 */
	uint64_t checked;   /* scan in which the epoch was found to last */
	uint64_t round;     /* of reports that its watch belongs to; 0: it has none */
	uint64_t since;     /* time at which that began */
	bool is_sure;       /* all above are watched, too */
	bool is_shared;     /* with other hosts, perhaps: its file system does not report every change */
	bool is_settled;    /* the stamp below says it all */
	dev_t device;
	ino_t inode;
	int64_t modified_ns;
	int64_t changed_ns;
};

struct folders {
	struct folder *root;
	uint64_t scan;
	uint64_t time;
	uint64_t round;     /* from 1; a new one begins when reports were lost */
	uint64_t reports;   /* about entries that somebody asked for */
	uint64_t doubts;    /* counts what may have made a known entry another one, from 1 */
	uint64_t reports_at_begin;
	struct watch *watch;
	struct folders_counts counts;
};

static int64_t
to_ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct folder *
folder_new(struct folders *f, struct entry *self)
{
	struct folder *folder = xcalloc(1, sizeof(*folder));

	folder->self = self;
	folder->epoch = 1;
	folder->path = self->in != NULL ? entry_path(self) : xstrdup("/");
	self->folder = folder;
	f->counts.folders++;
	return folder;
}

static struct entry *
entry_new(struct folders *f, struct folder *in, const char *name, size_t len)
{
	struct entry *e = xcalloc(1, sizeof(*e) + len + 1);

	memcpy(e->name, name, len);
	e->in = in;
	f->counts.entries++;
	return e;
}

static void
entry_free(struct entry *e)
{
	struct folder *folder = e->folder;

	if (folder != NULL) {
		struct entry *below;

		for (size_t i = 0; (below = table_next(&folder->entries, &i)) != NULL;)
			entry_free(below);
		table_release(&folder->entries);
		free(folder->path);
		free(folder);
	}
	free(e->target);
	free(e);
}

/* What is below a folder that is not what it was, or not where it was. Recursive as paths are deep. */
static void
forget(struct folders *f, struct folder *folder)
{
	struct entry *e;

	f->doubts++;
	folder->epoch++;
	folder->checked = 0;
	folder->round = 0;
	folder->is_settled = false;
	watch_remove(f->watch, folder);
	for (size_t i = 0; (e = table_next(&folder->entries, &i)) != NULL;) {
		if (e->folder != NULL)
			forget(f, e->folder);
	}
}

struct name {
	const char *text;
	size_t len;
};

static bool
has_name(const void *item, const void *key)
{
	const struct entry *e = item;
	const struct name *name = key;

	return strncmp(e->name, name->text, name->len) == 0 && e->name[name->len] == '\0';
}

static struct entry *
find_entry(const struct folder *in, const char *name, size_t len)
{
	return table_find(&in->entries, table_hash(name, len, 0), has_name, &(struct name){name, len});
}

/* The entry has to be found out anew, and so has what was below it. */
static void
doubt(struct folders *f, struct entry *e)
{
	f->reports++;
	f->doubts++;
	e->epoch = 0;
	e->touched = ++f->time;
	if (e->folder != NULL)
		forget(f, e->folder);
}

static void
heard(void *context, void *owner, enum watch_event event, const char *name)
{
	struct folders *f = context;
	struct folder *folder = owner;

	if (name == NULL) {
		/* Of the folder itself: its parent's entry leads elsewhere, or nowhere, or its permissions changed. */
		if (event == WATCH_GONE || event == WATCH_RIGHTS)
			doubt(f, folder->self);
		return;
	}
	struct entry *e = find_entry(folder, name, strlen(name));

	if (e == NULL)
		return;
	if (event == WATCH_BYTES) {
		f->reports++;
		e->touched = ++f->time;
	} else {
		doubt(f, e);
	}
}

static void
lost(void *context)
{
	struct folders *f = context;

	f->round++;
	f->reports++;
	f->doubts++;
	f->time++;
}

struct folders *
folders_new(void)
{
	struct folders *f = xcalloc(1, sizeof(*f));
	struct watch_listener listener = {f, heard, lost};
	struct entry *top = entry_new(f, NULL, "", 0);

	top->kind = ENTRY_FOLDER;
	f->root = folder_new(f, top);
	f->round = 1;
	f->doubts = 1;
	f->reports = 1;
	f->watch = watch_new(&listener);
	return f;
}

void
folders_free(struct folders *f)
{
	if (f == NULL)
		return;
	watch_free(f->watch);
	entry_free(f->root->self);
	free(f);
}

void
folders_begin(struct folders *f)
{
	f->scan++;
	watch_hear(f->watch);
	f->reports_at_begin = f->reports;
}

void
folders_hear(struct folders *f)
{
	watch_hear(f->watch);
}

bool
folders_is_current(struct folders *f)
{
	watch_hear(f->watch);
	return f->reports == f->reports_at_begin;
}

struct watch *
folders_watch(const struct folders *f)
{
	return f->watch;
}

uint64_t
folders_scan(const struct folders *f)
{
	return f->scan;
}

uint64_t
folders_time(const struct folders *f)
{
	return f->time;
}

struct folder *
folders_root(const struct folders *f)
{
	return f->root;
}

/* errno of a look-up that failed: absent for ENOENT and ENOTDIR, as every compiler takes it. */
static enum err
failure(const char *path)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return ERR_MISSING;
	log_info("%s: %s", path, strerror(errno));
	return ERR_DENIED;
}

static enum entry_kind
kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return ENTRY_FILE;
	if (S_ISDIR(mode))
		return ENTRY_FOLDER;
	return S_ISLNK(mode) ? ENTRY_LINK : ENTRY_OTHER;
}

static enum err
read_link(const char *path, size_t size_hint, char **target)
{
	for (size_t size = size_hint + 1;; size *= 2) {
		char *text = xmalloc(size + 1);
		ssize_t n = readlink(path, text, size);

		if (n < 0) {
			free(text);
			return failure(path);
		}
		if ((size_t)n < size) {
			text[n] = '\0';
			*target = text;
			return OK;
		}
		free(text);
	}
}

/* What lies at path: kind, and a link's text, yours. */
static enum err
probe(struct folders *f, const char *path, enum entry_kind *kind, char **target)
{
	struct stat st;

	f->counts.stats++;
	if (lstat(path, &st) != 0) {
		enum err e = failure(path);

		*kind = ENTRY_ABSENT;
		return e == ERR_MISSING ? OK : e;
	}
	*kind = kind_of(st.st_mode);
	return *kind == ENTRY_LINK ? read_link(path, (size_t)st.st_size, target) : OK;
}

/* Finds out what the entry is; in a folder that is as it should be. */
static enum err
determine(struct folders *f, struct entry *e)
{
	char *path = entry_path(e);
	enum entry_kind kind;
	char *target = NULL;
	enum err result = probe(f, path, &kind, &target);

	free(path);
	if (result != OK)
		return result == ERR_MISSING ? ERR_DENIED : result;
	e->touched = ++f->time;
	if (kind != e->kind || (target != NULL && strcmp(target, e->target) != 0))
		e->changed = f->time;
	free(e->target);
	e->target = target;
	e->kind = kind;
	e->epoch = e->in->epoch;
	if (kind == ENTRY_FOLDER && e->folder == NULL)
		folder_new(f, e);
	if (e->folder != NULL) {
		/* It may be another one. Whatever watches the old one stays until this one is inspected. */
		e->folder->round = 0;
		e->folder->checked = 0;
	}
	return OK;
}

static bool
is_stamp_equal(const struct folder *folder, const struct stat *st)
{
	return folder->device == st->st_dev && folder->inode == st->st_ino &&
	       folder->modified_ns == to_ns(st->st_mtim) && folder->changed_ns == to_ns(st->st_ctim);
}

/* The folder is at its path: does its epoch last? */
static enum err
check_stamp(struct folders *f, struct folder *folder)
{
	struct stat st;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	f->counts.stats++;
	if (lstat(folder->path, &st) != 0)
		return failure(folder->path);
	if (!S_ISDIR(st.st_mode))
		return ERR_MISSING;
	if (!folder->is_settled || !is_stamp_equal(folder, &st)) {
		folder->epoch++;
		folder->device = st.st_dev;
		folder->inode = st.st_ino;
		folder->modified_ns = to_ns(st.st_mtim);
		folder->changed_ns = to_ns(st.st_ctim);
		folder->is_settled = to_ns(now) - folder->changed_ns > SETTLED_NS &&
		                     to_ns(now) - folder->modified_ns > SETTLED_NS;
	}
	return OK;
}

/* Watches the folder, if that is possible, and finds out whether its epoch lasts. */
static enum err
inspect(struct folders *f, struct folder *folder)
{
	enum err watched = watch_add(f->watch, folder->path, folder);
	enum err e = check_stamp(f, folder);

	folder->round = 0;
	folder->is_shared = watched == ERR_DENIED;
	if (e == OK && watched == OK) {
		folder->round = f->round;
		folder->since = ++f->time;
	}
	return e;
}

/* The folder and all above it are there, and its epoch is right. Depth of recursion: components of a path. */
static enum err
ensure(struct folders *f, struct folder *folder)
{
	struct entry *self = folder->self;
	struct folder *above = self->in;
	enum err e = OK;

	if (folder->checked == f->scan || (folder->round == f->round && folder->is_sure))
		return OK;
	if (above != NULL) {
		e = ensure(f, above);
		if (e == OK && self->epoch != above->epoch)
			e = determine(f, self);
		if (e == OK && self->kind != ENTRY_FOLDER)
			e = ERR_MISSING;
	}
	if (e == OK && folder->round != f->round)
		e = inspect(f, folder);
	if (e != OK)
		return e;
	folder->checked = f->scan;
	folder->is_sure = folder->round == f->round && (above == NULL || above->is_sure);
	return OK;
}

enum err
folders_look(struct folders *f, struct folder *in, const char *name, size_t len, struct entry **found)
{
	enum err e = ensure(f, in);

	if (e != OK)
		return e;
	struct entry *entry = find_entry(in, name, len);

	if (entry == NULL) {
		entry = entry_new(f, in, name, len);
		table_add(&in->entries, table_hash(name, len, 0), entry);
	}
	if (entry->epoch != in->epoch)
		e = determine(f, entry);
	*found = entry;
	return e;
}

bool
folders_has_stayed(struct folders *f, struct entry *e, uint64_t time)
{
	if (e->in == NULL)
		return true;
	if (ensure(f, e->in) != OK)
		return false;
	if (e->epoch != e->in->epoch && determine(f, e) != OK)
		return false;
	return e->changed <= time;
}

uint64_t
folders_doubts(const struct folders *f)
{
	return f->doubts;
}

uint64_t
folders_reports(const struct folders *f)
{
	return f->reports;
}

bool
folders_is_sure(const struct folders *f, const struct entry *e)
{
	return e->in == NULL || (e->in->round == f->round && e->in->is_sure);
}

uint64_t
folders_reported_since(const struct folders *f, const struct entry *e)
{
	const struct folder *in = e->in;

	if (in == NULL || in->round != f->round)
		return UINT64_MAX;
	return in->since > e->touched ? in->since : e->touched;
}

bool
folders_is_shared(const struct entry *e)
{
	return e->in != NULL && e->in->is_shared;
}

struct folder *
folder_parent(const struct folder *folder)
{
	return folder->self->in;
}

struct entry *
folder_entry(const struct folder *folder)
{
	return folder->self;
}

const char *
folder_path(const struct folder *folder)
{
	return folder->path;
}

char *
entry_path(const struct entry *e)
{
	if (e->in == NULL)
		return xstrdup("/");
	return xasprintf("%s/%s", e->in->self->in != NULL ? e->in->path : "", e->name);
}

void
folders_count(const struct folders *f, struct folders_counts *c)
{
	*c = f->counts;
	c->watches = watch_count(f->watch);
}
