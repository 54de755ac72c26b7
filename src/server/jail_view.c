/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The view's folders are bound where they belong, each as high up as possible. A folder of the view that the job
 * writes to, or that has files and, below it, something else of the plan, is an overlay instead. (One overlay as the root
 * would do for all, but looking up a file there costs 12 microseconds more than in a bound folder: 5 ms for a
 * compile that reads 400 headers.) What the job must see below the toolchain's covers:
 *
 *     a hidden folder        the view's folder is mounted over this machine's, so that there is nothing else in it
 *     any other entry        the cover becomes a merge of this machine's folder and the view's. This machine's
 *                            goes first, so that a client cannot put a program in the place of one of ours;
 *                            where both have something else, the job is refused
 *
 * The refusals below cost the client a plain job and are rare: two machines with the same compiler are laid out alike.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail_view.h"
#include "path.h"
#include "xalloc.h"

/* Of folders of the view: more take longer than they save. */
#define MOUNTS_MAX 100
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Made by ourselves in every jail. */
static const char *const own_folders[] = {"/tmp", "/dev", "/etc", "/proc", JAIL_TMP};
/* Of ours alone: nothing of a client can be there. */
static const char *const reserved[] = {"/proc", JAIL_TMP};

static bool
is_folder(const struct manifest_entry *entry)
{
	return entry == NULL || entry->type == MANIFEST_DIRECTORY;
}

static enum err
check_own_folders(const struct view *v, const struct jail_plan *p)
{
	for (size_t i = 0; i < COUNT(own_folders); i++)
		if (!is_folder(view_find(v, own_folders[i])))
			return jail_plan_deny(own_folders[i]);
	for (size_t i = 0; i < COUNT(reserved); i++)
		if (view_has_below(v, reserved[i]))
			return jail_plan_deny(reserved[i]);
	for (size_t i = 0; i < p->cover_count; i++)
		if (p->covers[i].is_file && (view_find(v, p->covers[i].path) != NULL || view_has_below(v, p->covers[i].path)))
			return jail_plan_deny(p->covers[i].path);
	return OK;
}

/* A link of this machine's that the view has too need not be made. */
static enum err
check_links(const struct view *v, struct jail_plan *p)
{
	for (size_t i = 0; i < p->links.count;) {
		const char *path = p->links.items[i];
		const struct manifest_entry *entry = view_find(v, path);

		if (view_has_below(v, path))
			return jail_plan_deny(path);
		if (entry == NULL) {
			i += 2;
			continue;
		}
		if (entry->type != MANIFEST_LINK || strcmp(entry->target, p->links.items[i + 1]) != 0)
			return jail_plan_deny(path);
		strv_remove(&p->links, i);
		strv_remove(&p->links, i);
	}
	return OK;
}

/* Where a cover is mounted, and above it, the view may have folders only. */
static enum err
check_covers(const struct view *v, const struct jail_plan *p)
{
	for (size_t i = 1; i < p->cover_count; i++) {
		char *path = xstrdup(p->covers[i].path);
		bool is_free = is_folder(view_find(v, path));

		for (char *slash = strrchr(path, '/'); is_free && slash != path; slash = strrchr(path, '/')) {
			*slash = '\0';
			is_free = is_folder(view_find(v, path));
		}
		free(path);
		if (!is_free)
			return jail_plan_deny(p->covers[i].path);
	}
	return OK;
}

/* A component's path without the system's links: "/lib/x" is "/usr/lib/x". */
static char *
place_of(const struct jail_plan *p, const char *component)
{
	for (size_t i = 0; i + 1 < p->links.count; i += 2) {
		size_t n = strlen(p->links.items[i]);

		if (!path_is_below(component, p->links.items[i]))
			continue;
		char *dir = path_dir(p->links.items[i]);
		char *target = xasprintf("%s%s", p->links.items[i + 1], component + n);
		char *place = path_normalise(dir, target);

		free(dir);
		free(target);
		return place;
	}
	return path_normalise("/", component);
}

static bool
has_toolchain_below(const struct jail_job *job, const struct jail_plan *p, const char *folder)
{
	bool has = job->compiler != NULL && path_is_below(job->compiler, folder);

	for (size_t i = 0; !has && job->toolchain != NULL && i < job->toolchain->count; i++) {
		char *place = place_of(p, job->toolchain->items[i]);

		has = path_is_below(place, folder);
		free(place);
	}
	return has;
}

static bool
has_cover_below(const struct jail_plan *p, const char *folder)
{
	for (size_t i = 1; i < p->cover_count; i++)
		if (path_is_below(p->covers[i].path, folder))
			return true;
	return false;
}

/* Is this machine's folder really there, and not through a link? */
static bool
is_plain_folder(const char *path)
{
	char *real = realpath(path, NULL);
	struct stat st;
	bool is_plain = real != NULL && strcmp(real, path) == 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	free(real);
	return is_plain;
}

static enum err
hide(const struct jail_job *job, struct jail_plan *p, const char *folder)
{
	const struct jail_cover *c = jail_plan_find_cover(p, folder);
	struct stat st;

	if (c->kind == JAIL_COVER_VIEW)
		return OK;
	if (has_cover_below(p, folder))
		return jail_plan_deny(folder);
	if (c->kind != JAIL_COVER_TOOLCHAIN)
		return OK;
	if (lstat(folder, &st) < 0 && errno == ENOENT)
		return OK;
	if (has_toolchain_below(job, p, folder) || !is_plain_folder(folder))
		return jail_plan_deny(folder);
	jail_plan_add_cover(p, folder, JAIL_COVER_VIEW);
	return OK;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Where links lead, in the order of their names: a folder before those below it. */
static enum err
hide_all(const struct jail_job *job, struct jail_plan *p)
{
	const struct strv *hidden = job->view->hidden;
	struct strv places = {0};
	enum err e = OK;

	for (size_t i = 0; e == OK && i < hidden->count; i++) {
		char *place = view_resolve(job->view->view, "/", hidden->items[i]);

		if (place == NULL)
			e = jail_plan_deny(hidden->items[i]);
		else
			strv_take(&places, place);
	}
	if (places.count != 0)
		qsort(places.items, places.count, sizeof(places.items[0]), compare);
	for (size_t i = 0; e == OK && i < places.count; i++)
		e = hide(job, p, places.items[i]);
	strv_release(&places);
	return e;
}

/* Folders between a cover and an entry: this machine has them as such, or not at all. */
static enum err
check_way(const struct jail_cover *c, const struct manifest_entry *entry)
{
	const char *p = entry->path + strlen(c->path) + 1;
	enum err e = OK;

	for (; e == OK && (p = strchr(p, '/')) != NULL; p++) {
		char *folder = xstrndup(entry->path, (size_t)(p - entry->path));
		struct stat st;

		if (lstat(folder, &st) == 0 && !S_ISDIR(st.st_mode))
			e = jail_plan_deny(entry->path);
		free(folder);
	}
	return e;
}

static enum err
fit_entry(struct jail_cover *c, const struct manifest_entry *entry)
{
	char target[PATH_MAX];
	struct stat st;

	if (lstat(entry->path, &st) < 0) {
		c->is_merged = true;
		/* Commas, colons and backslashes have a meaning among an overlay's options. */
		return strpbrk(c->path, ",:\\") == NULL ? check_way(c, entry) : jail_plan_deny(c->path);
	}
	if (entry->type == MANIFEST_DIRECTORY && S_ISDIR(st.st_mode))
		return check_way(c, entry);
	if (entry->type == MANIFEST_LINK && S_ISLNK(st.st_mode)) {
		ssize_t n = readlink(entry->path, target, sizeof(target));

		if (n == (ssize_t)strlen(entry->target) && memcmp(target, entry->target, (size_t)n) == 0)
			return check_way(c, entry);
	}
	return jail_plan_deny(entry->path);
}

static enum err
fit_entries(const struct view *v, struct jail_plan *p)
{
	enum err e = OK;

	for (size_t i = 1; e == OK && i < p->cover_count; i++) {
		const char *path = p->covers[i].path;

		if (p->covers[i].kind != JAIL_COVER_TOOLCHAIN || p->covers[i].is_file)
			continue;
		for (size_t k = view_first_below(v, path); e == OK && k < v->count; k++) {
			if (!path_is_below(v->entries[k]->path, path))
				break;
			struct jail_cover *c = jail_plan_find_cover(p, v->entries[k]->path);

			if (c == &p->covers[i])
				e = fit_entry(c, v->entries[k]);
		}
	}
	return e;
}

/* The folder of headers that belongs to a component of gcc: beside cc1, even if that is below libexec. */
static char *
headers_of_gcc(const char *component)
{
	const char *base = path_base(component);

	if (strncmp(base, "cc1", 3) != 0)
		return NULL;
	char *dir = path_dir(component);
	char *libexec = strstr(dir, "/libexec/gcc/");
	char *headers;

	if (libexec != NULL)
		headers = xasprintf("%.*s/lib/gcc/%s/include", (int)(libexec - dir), dir, libexec + strlen("/libexec/gcc/"));
	else
		headers = xasprintf("%s/include", dir);
	free(dir);
	return headers;
}

/* Those of clang are below "../lib/clang" from the program, in a folder named by the version. */
static char *
headers_of_clang(const char *component)
{
	const char *base = path_base(component);

	if (strncmp(base, "clang", 5) != 0 || strstr(component, ".so") != NULL)
		return NULL;
	char *dir = path_dir(component);
	char *headers = path_normalise(dir, "../lib/clang");

	free(dir);
	return headers;
}

static bool
is_hidden(const struct strv *hidden, const char *folder)
{
	for (size_t i = 0; i < hidden->count; i++)
		if (path_is_below(hidden->items[i], folder))
			return true;
	return false;
}

/*
 * Does the client look for the compiler's own headers where this machine's compiler will? If not, that lies elsewhere
 * here, and would not find them.
 */
static enum err
check_headers(const struct jail_job *job)
{
	const char *missed = NULL;
	bool is_seen = false;

	if (job->view->system != NULL)
		return OK;
	for (size_t i = 0; job->argv != NULL && i < job->argv->count; i++)
		if (strcmp(job->argv->items[i], "-nostdinc") == 0 || strcmp(job->argv->items[i], "-nobuiltininc") == 0)
			return OK;
	for (size_t i = 0; job->toolchain != NULL && i < job->toolchain->count; i++) {
		char *headers = headers_of_gcc(job->toolchain->items[i]);

		if (headers == NULL)
			headers = headers_of_clang(job->toolchain->items[i]);
		if (headers == NULL)
			continue;
		missed = job->toolchain->items[i];
		is_seen = is_seen || is_hidden(job->view->hidden, headers);
		free(headers);
	}
	return missed == NULL || is_seen ? OK : jail_plan_deny(missed);
}

/* ---- where folders of the view are mounted ---- */

/* Is something else of the plan at the folder, or below it? */
static bool
is_busy(const struct jail_plan *p, const char *folder)
{
	for (size_t i = 0; i < COUNT(own_folders); i++)
		if (path_is_below(own_folders[i], folder))
			return true;
	for (size_t i = 0; i < p->places.count; i++)
		if (path_is_below(p->places.items[i], folder))
			return true;
	return has_cover_below(p, folder);
}

/* Is the entry in the folder itself? */
static bool
is_child(const struct manifest_entry *entry, const char *folder)
{
	const char *base = path_base(entry->path);
	size_t n = strlen(folder);

	/* "/a/b" without "b" is "/a/", of the root "/". */
	return (size_t)(base - entry->path) == (n == 1 ? 1 : n + 1) && strncmp(entry->path, folder, n) == 0;
}

static bool
has_files(const struct view *v, const char *folder)
{
	for (size_t i = view_first_below(v, folder); i < v->count && path_is_below(v->entries[i]->path, folder); i++)
		if (v->entries[i]->type == MANIFEST_FILE && is_child(v->entries[i], folder))
			return true;
	return false;
}

/* Of a folder that is no mount of the view: its links are made like the system's. */
static void
add_links(const struct view *v, const char *folder, struct jail_plan *p)
{
	for (size_t i = view_first_below(v, folder); i < v->count && path_is_below(v->entries[i]->path, folder); i++) {
		if (v->entries[i]->type != MANIFEST_LINK || !is_child(v->entries[i], folder))
			continue;
		strv_add(&p->links, v->entries[i]->path);
		strv_add(&p->links, v->entries[i]->target);
	}
}

static void
lay_folder(const struct view *v, const char *folder, struct jail_plan *p)
{
	const struct jail_cover *c = jail_plan_find_cover(p, folder);

	if (c->kind == JAIL_COVER_TOOLCHAIN || (c->kind == JAIL_COVER_VIEW && !c->is_written))
		return;
	if (!is_busy(p, folder)) {
		jail_plan_add_cover(p, folder, JAIL_COVER_VIEW);
	} else if (strv_has(&p->places, folder) || has_files(v, folder)) {
		jail_plan_add_cover(p, folder, JAIL_COVER_VIEW);
		p->covers[p->cover_count - 1].is_written = true;
	} else if (c->kind == JAIL_COVER_ROOT) {
		add_links(v, folder, p);
	}
}

/* The whole view as the root's lower layer: for what lies in the root itself, and for too many mounts. */
static void
lay_all_below(struct jail_plan *p, size_t cover_count, size_t link_count)
{
	while (p->cover_count > cover_count)
		free(p->covers[--p->cover_count].path);
	while (p->links.count > link_count)
		strv_remove(&p->links, p->links.count - 1);
	p->covers[0].is_merged = true;
}

static void
lay_out(const struct view *v, struct jail_plan *p)
{
	size_t cover_count = p->cover_count;
	size_t link_count = p->links.count;
	struct strv folders = {0};
	size_t layers = 0;

	view_folders(v->entries, v->count, &folders);
	bool fits = !strv_has(&p->places, "/") && !has_files(v, "/");

	if (fits)
		add_links(v, "/", p);
	for (size_t i = 0; fits && i < folders.count; i++) {
		lay_folder(v, folders.items[i], p);
		layers += p->covers[p->cover_count - 1].is_written;
		fits = p->cover_count - cover_count < MOUNTS_MAX && layers < JAIL_LAYERS_MAX / 2;
	}
	if (!fits)
		lay_all_below(p, cover_count, link_count);
	strv_release(&folders);
}

enum err
jail_view_place(const struct jail_job *job, struct jail_plan *p)
{
	const struct view *v = job->view->view;
	enum err e = check_headers(job);

	if (e == OK)
		e = check_own_folders(v, p);
	if (e == OK)
		e = hide_all(job, p);
	if (e == OK)
		e = check_covers(v, p);
	if (e == OK)
		e = fit_entries(v, p);
	if (e == OK)
		e = check_links(v, p);
	if (e == OK)
		lay_out(v, p);
	return e;
}

char *
jail_view_name(const struct jail_plan *p, const char *path)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < p->places.count; i++)
		if (path_is_below(path, p->places.items[i]) &&
		    (best == SIZE_MAX || strlen(p->places.items[i]) > strlen(p->places.items[best])))
			best = i;
	if (best == SIZE_MAX)
		return xstrdup(path);
	const char *place = p->places.items[best];
	const char *folder = p->folders.items[best];

	/* The root is the only folder whose name ends with a slash. */
	path += strcmp(place, "/") == 0 ? 0 : strlen(place);
	return xasprintf("%s%s", strcmp(folder, "/") == 0 ? "" : folder, path);
}
