/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NFIL k | k x (NAME path, then FILE lzo-bytes or LINK target). distcc's own daemon puts the root of its folder in front of
 * every name and of absolute targets; here the jail's root is the folder, so a name is a path and a target means what
 * it says. Two conventions:
 *
 *     DIR/forcing_technique_271828   an empty file that stands for the folder
 *     /usr/include -> ../../../usr/include     a link that climbs out of the folder to its own name: the folder of
 *                                    this machine, whose headers the client takes for its own
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "jail_directory.h"
#include "mirror.h"
#include "path.h"
#include "stockwire.h"
#include "view.h"
#include "xalloc.h"

#define PATH_MAX_LEN 4096u
#define BYTES_MAX ((uint64_t)1 << 30)

static const char force_folder[] = "forcing_technique_271828";
/* What of this machine a job may ask for: nothing that is not of its system anyway. */
static const char *const system_folders[] = {"/usr/include", "/usr/local/include", "/usr/lib", "/usr/lib32", "/usr/lib64",
                                             "/usr/libx32", "/usr/share"};
/* Hidden, unless the client links them: this machine may have them where the client has none. */
static const char *const header_folders[] = {"/usr/include", "/usr/local/include"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct mirror {
	struct job *job;
	char *directory;
	int fd;
	struct strv texts;               /* paths and targets of entries, which borrow them */
	struct manifest_entry *entries;
	size_t count, cap;
	struct strv shown;               /* folders of this machine */
	struct strv hidden;
	uint64_t bytes;
	struct view view;
	struct jail_view jail;
};

struct mirror *
mirror_new(struct job *j)
{
	struct mirror *m = xcalloc(1, sizeof(*m));

	m->job = j;
	m->fd = -1;
	return m;
}

void
mirror_free(struct mirror *m)
{
	if (m == NULL)
		return;
	jail_directory_remove(m->directory, m->fd);
	view_release(&m->view);
	strv_release(&m->texts);
	strv_release(&m->shown);
	strv_release(&m->hidden);
	free(m->entries);
	free(m);
}

static const char *
keep(struct mirror *m, char *text)
{
	strv_take(&m->texts, text);
	return text;
}

static void
add_entry(struct mirror *m, enum manifest_type type, const char *path, const char *target)
{
	if (m->count == m->cap) {
		m->cap = m->cap != 0 ? m->cap * 2 : 256;
		m->entries = xrealloc(m->entries, m->cap * sizeof(*m->entries));
	}
	m->entries[m->count++] = (struct manifest_entry){.type = type, .path = path, .target = target};
}

static enum err
refuse_by_errno(struct mirror *m, const char *path)
{
	int why = errno;

	if (why == EEXIST)
		return job_refuse(m->job, REASON_PROTOCOL, "%s is sent twice", path);
	if (why == ENOTDIR || why == ELOOP)
		return job_refuse(m->job, REASON_PROTOCOL, "%s lies below a file or a link", path);
	if (why == ENOSPC || why == EDQUOT || why == EFBIG)
		return job_refuse(m->job, REASON_RESOURCE, "no space for %s: %s", path, strerror(why));
	return job_refuse(m->job, REASON_VIEW, "%s cannot be made here: %s", path, strerror(why));
}

/* The folder above path, made component by component, so that no link that was sent is followed. -1 with errno. */
static int
make_parent(struct mirror *m, const char *path)
{
	const char *base = path_base(path);
	int fd = dup(m->fd);

	for (const char *p = path + 1; fd >= 0 && p < base; p += strcspn(p, "/") + 1) {
		char *name = xstrndup(p, strcspn(p, "/"));
		int next = -1;

		if (mkdirat(fd, name, 0755) == 0 || errno == EEXIST)
			next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int why = errno;

		free(name);
		close(fd);
		fd = next;
		errno = why;
	}
	return fd;
}

static enum err
write_file(struct mirror *m, const char *path, const struct buffer *text)
{
	int folder = make_parent(m, path);
	int fd = folder >= 0 ? openat(folder, path_base(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444)
	                     : -1;
	enum err e = fd >= 0 ? io_check_room(fd) : ERR_SYSTEM;

	if (e == OK)
		e = io_write_exactly(fd, text->data, text->len, IO_NO_DEADLINE);
	int why = errno;

	io_close(&fd);
	io_close(&folder);
	errno = why;
	if (e != OK)
		return refuse_by_errno(m, path);
	add_entry(m, MANIFEST_FILE, path, "");
	return OK;
}

/* What is there already has come with an entry at or below it, which shows it. */
static enum err
make_folder(struct mirror *m, const char *path)
{
	char *dir = path_dir(path);
	bool is_root = strcmp(dir, "/") == 0;
	int above = is_root ? -1 : make_parent(m, dir);
	bool is_new = above >= 0 && mkdirat(above, path_base(dir), 0755) == 0;
	int folder = is_new || (above >= 0 && errno == EEXIST)
	                     ? openat(above, path_base(dir), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	bool is_there = folder >= 0 || is_root;
	int why = errno;

	io_close(&folder);
	io_close(&above);
	if (is_new && is_there)
		add_entry(m, MANIFEST_DIRECTORY, keep(m, dir), "");
	else
		free(dir);
	errno = why;
	return is_there ? OK : refuse_by_errno(m, path);
}

static bool
is_below_any(const char *path, const char *const *folders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (path_is_below(path, folders[i]))
			return true;
	return false;
}

static enum err
make_link(struct mirror *m, const char *path, const char *target)
{
	char *dir = path_dir(path);
	char *end = path_normalise(dir, target);
	bool is_own_name = strcmp(end, path) == 0;

	free(dir);
	free(end);
	if (is_own_name && !is_below_any(path, system_folders, COUNT(system_folders)))
		return job_refuse(m->job, REASON_VIEW, "%s of this machine is not shown", path);
	if (is_own_name) {
		strv_add(&m->shown, path);
		return OK;
	}
	int folder = make_parent(m, path);
	bool is_made = folder >= 0 && symlinkat(target, folder, path_base(path)) == 0;
	int why = errno;

	io_close(&folder);
	errno = why;
	if (!is_made)
		return refuse_by_errno(m, path);
	add_entry(m, MANIFEST_LINK, path, target);
	return OK;
}

static enum err
read_file(struct mirror *m, const char *path, size_t len)
{
	struct buffer text = {0};
	enum err e = len != 0 ? stockwire_read_lzo(&m->job->peer, len, &text) : OK;

	m->bytes += text.len;
	job_hold(m->job, (int64_t)text.len);
	if (e == OK && m->bytes > BYTES_MAX)
		e = ERR_LIMIT;
	if (e == OK)
		e = strcmp(path_base(path), force_folder) == 0 ? make_folder(m, path) : write_file(m, path, &text);
	buffer_release(&text);
	return e;
}

static enum err
read_link(struct mirror *m, const char *path, size_t len)
{
	struct buffer target = {0};

	if (len > PATH_MAX_LEN)
		return ERR_LIMIT;
	enum err e = stockwire_read_body(&m->job->peer, len, &target);

	if (e == OK && (len == 0 || memchr(target.data, '\0', len) != NULL))
		e = ERR_PROTOCOL;
	if (e == OK)
		e = make_link(m, path, keep(m, buffer_take_string(&target)));
	buffer_release(&target);
	return e;
}

static enum err
read_entry(struct mirror *m)
{
	char *path = NULL;
	int is_link;
	uint32_t len;
	enum err e = stockwire_read_string(&m->job->peer, "NAME", PATH_MAX_LEN, &path);

	if (e != OK)
		return e;
	keep(m, path);
	if (path[0] != '/' || !path_is_plain(path + 1))
		return job_refuse(m->job, REASON_PROTOCOL, "%s is no absolute name without \"..\"", path);
	for (size_t i = 0; i < m->shown.count; i++)
		if (path_is_below(path, m->shown.items[i]) && strcmp(path, m->shown.items[i]) != 0)
			return job_refuse(m->job, REASON_PROTOCOL, "%s lies below a link", path);
	e = stockwire_read_either(&m->job->peer, "FILE", "LINK", &is_link, &len);
	if (e != OK)
		return e;
	return is_link ? read_link(m, path, len) : read_file(m, path, len);
}

/* Of folders of headers only those that the client linked, or has something in. */
static void
hide_headers(struct mirror *m)
{
	for (size_t i = 0; i < COUNT(header_folders); i++) {
		bool is_shown = false;

		for (size_t k = 0; k < m->shown.count; k++)
			is_shown = is_shown || path_is_below(m->shown.items[k], header_folders[i]);
		if (!is_shown)
			strv_add(&m->hidden, header_folders[i]);
	}
}

enum err
mirror_read(struct mirror *m)
{
	struct manifest manifest = {0};
	uint32_t count;
	enum err e = stockwire_read_token(&m->job->peer, "NFIL", &count);

	if (e == OK && count > MANIFEST_ENTRIES_MAX)
		e = ERR_LIMIT;
	if (e == OK)
		e = jail_directory_make(m->job->settings->store_dir, &m->directory, &m->fd);
	while (e == OK && count-- > 0)
		e = read_entry(m);
	if (e != OK)
		return e;
	manifest.entries = m->entries;
	manifest.entry_count = m->count;
	hide_headers(m);
	e = view_init(&m->view, &manifest, NULL, 0);
	m->jail = (struct jail_view){.view = &m->view, .root = m->directory, .hidden = &m->hidden, .system = &m->shown};
	return e;
}

const struct jail_view *
mirror_view(const struct mirror *m)
{
	return &m->jail;
}
