/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which part of the tree comes from where. The root is the job's own empty file system; "covers" are
 * mounted over it: the folders of this machine that programs need. Its headers are not among them: a plain job brings
 * its text complete, and one found here would be the wrong machine's. A client's folder
 * below a cover makes that cover "written": it becomes an overlay that collects what the job writes there.
 * With a view (jail_view.c) the root shows the client's files, and covers only what the toolchain needs.
 *
 * A compiler outside /usr shows its prefix (/opt/gcc-13 of /opt/gcc-13/bin/gcc), unless that is a place
 * where more than a compiler lives (/opt, a home, ~/.local): then only its bin, lib, libexec; and of a program that
 * stands in such a place itself (~/gcc) the file alone.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail_plan.h"
#include "jail_view.h"
#include "log.h"
#include "path.h"
#include "xalloc.h"

#define LINK_HOPS 16

/* Below /usr only what programs need: a job has no business with the rest, and with a view it is the client's. */
static const char *const program_folders[] = {
	"/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec", "/usr/share/locale",
	"/usr/share/zoneinfo", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"};
static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/urandom"};
/* Of ours alone: no path of a client can be there. */
static const char *const reserved[] = {"/proc", JAIL_TMP};
static const char *const broad_folders[] = {"/home", "/var", "/usr", "/mnt", "/media"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void
jail_plan_add_cover(struct jail_plan *p, const char *path, enum jail_cover_kind kind)
{
	p->covers = xrealloc(p->covers, (p->cover_count + 1) * sizeof(*p->covers));
	p->covers[p->cover_count++] = (struct jail_cover){
		.path = xstrdup(path),
		.kind = kind,
		.is_written = kind == JAIL_COVER_ROOT,
	};
}

static void
add_file_cover(struct jail_plan *p, const char *path, enum jail_cover_kind kind)
{
	jail_plan_add_cover(p, path, kind);
	p->covers[p->cover_count - 1].is_file = true;
}

struct jail_cover *
jail_plan_find_cover(struct jail_plan *p, const char *path)
{
	struct jail_cover *found = &p->covers[0];

	for (size_t i = 1; i < p->cover_count; i++) {
		struct jail_cover *c = &p->covers[i];

		if (!c->is_file && path_is_below(path, c->path) && strlen(c->path) > strlen(found->path))
			found = c;
	}
	return found;
}

static bool
has_cover(const struct jail_plan *p, const char *path)
{
	for (size_t i = 0; i < p->cover_count; i++)
		if (strcmp(p->covers[i].path, path) == 0)
			return true;
	return false;
}

static bool
is_below_link(const struct jail_plan *p, const char *path)
{
	for (size_t i = 0; i < p->links.count; i += 2)
		if (path_is_below(path, p->links.items[i]))
			return true;
	return false;
}

/* A symbolic link on this machine is one in the jail, a folder is shown. */
static void
add_system_folder(struct jail_plan *p, const char *path)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n > 0) {
		target[n] = '\0';
		strv_add(&p->links, path);
		strv_add(&p->links, target);
	} else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		jail_plan_add_cover(p, path, JAIL_COVER_TOOLCHAIN);
	}
}

static bool
is_install_folder(const char *name, size_t n)
{
	static const char *const names[] = {"bin", "sbin", "lib", "lib64", "lib32", "libexec"};

	for (size_t i = 0; i < COUNT(names); i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return true;
	return false;
}

static bool
is_broad(const char *prefix)
{
	const char *last = strrchr(prefix, '/');

	if (last == prefix)
		return true;
	for (size_t i = 0; i < COUNT(broad_folders); i++) {
		size_t n = strlen(broad_folders[i]);

		if ((size_t)(last - prefix) == n && memcmp(prefix, broad_folders[i], n) == 0)
			return true;
	}
	return false;
}

static bool
has_dot_files(const char *folder)
{
	DIR *dir = opendir(folder);
	bool has = false;

	if (dir == NULL)
		return false;
	for (const struct dirent *entry; !has && (entry = readdir(dir)) != NULL;)
		has = entry->d_name[0] == '.' && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return has;
}

/*
 * Homes lie at many places (/home/staff/me, /export/home/me), and this daemon may be their owner's: what has dot files, or
 * is one, keeps more than a compiler.
 */
static bool
is_personal(const char *folder)
{
	const char *home = getenv("HOME");

	return strstr(folder, "/.") != NULL || (home != NULL && path_is_below(home, folder)) || has_dot_files(folder);
}

/*
 * "/opt/gcc-13/libexec/gcc/x/13/cc1" gives "/opt/gcc-13"; "/home/me/bin/gcc" gives "/home/me/bin"; "/home/me/gcc" gives
 * NULL.
 */
static char *
folder_to_show(const char *component)
{
	const char *at = component;

	while ((at = strchr(at, '/')) != NULL) {
		at++;
		size_t n = strcspn(at, "/");

		if (at[n] == '\0' || !is_install_folder(at, n))
			continue;
		char *prefix = xstrndup(component, (size_t)(at - 1 - component));

		if (prefix[0] != '\0' && !is_broad(prefix) && !is_personal(prefix))
			return prefix;
		free(prefix);
		return xstrndup(component, (size_t)(at + n - component));
	}
	char *dir = path_dir(component);

	if (!is_broad(dir) && !is_personal(dir))
		return dir;
	free(dir);
	return NULL;
}

static void
show_component(struct jail_plan *p, const char *component)
{
	if (is_below_link(p, component) || jail_plan_find_cover(p, component) != &p->covers[0])
		return;
	char *folder = folder_to_show(component);
	struct stat st;

	/* A link in the middle of a path has no place in a tree of mounts: the link's end is shown as a folder. */
	if (folder != NULL && stat(folder, &st) == 0 && S_ISDIR(st.st_mode)) {
		jail_plan_add_cover(p, folder, JAIL_COVER_TOOLCHAIN);
	} else if (folder == NULL && !has_cover(p, component) && lstat(component, &st) == 0 && !S_ISDIR(st.st_mode)) {
		add_file_cover(p, component, JAIL_COVER_TOOLCHAIN);
		/* A driver finds its programs by where the link leads. */
		p->covers[p->cover_count - 1].is_link = S_ISLNK(st.st_mode);
	}
	free(folder);
}

/* The component and all files that the links to it pass through. */
static void
show_chain(struct jail_plan *p, const char *component)
{
	char *path = path_normalise("/", component);
	bool is_system = is_below_link(p, path) || jail_plan_find_cover(p, path) != &p->covers[0];

	for (int hop = 0; hop < LINK_HOPS; hop++) {
		char target[PATH_MAX];

		show_component(p, path);
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		if (n <= 0)
			break;
		target[n] = '\0';
		char *dir = path_dir(path);
		char *next = path_normalise(dir, target);

		free(dir);
		free(path);
		path = next;
	}
	free(path);
	/* A folder on its way may be a link too; those of the system lead to the system. */
	char *real = is_system ? NULL : realpath(component, NULL);

	if (real != NULL)
		show_component(p, real);
	free(real);
}

/*
 * PREFIX/lib/gcc-cross/TARGET/VERSION/cc1 looks for its assembler in PREFIX/TARGET/bin first; what it would find in
 * PATH is another machine's.
 */
static void
show_programs_of_target(struct jail_plan *p, const char *component)
{
	static const char *const folders[] = {"/lib/gcc/", "/lib/gcc-cross/", "/libexec/gcc/"};

	for (size_t i = 0; i < COUNT(folders); i++) {
		const char *at = strstr(component, folders[i]);

		if (at == NULL)
			continue;
		const char *target = at + strlen(folders[i]);
		char *path = xasprintf("%.*s/%.*s/bin", (int)(at - component), component, (int)strcspn(target, "/"), target);

		if (!is_below_link(p, path) && jail_plan_find_cover(p, path) == &p->covers[0])
			add_system_folder(p, path);
		free(path);
	}
}

/* A link on the way to it could lead anywhere. */
static bool
is_way_plain(const char *path)
{
	char *dir = path_dir(path);
	char *real = realpath(dir, NULL);
	bool is_plain = real != NULL && strcmp(real, dir) == 0;

	free(real);
	free(dir);
	return is_plain;
}

static void
add_system_of_view(const struct jail_job *job, struct jail_plan *p)
{
	const struct strv *system = job->view != NULL ? job->view->system : NULL;

	for (size_t i = 0; system != NULL && i < system->count; i++) {
		const char *folder = system->items[i];

		if (!is_below_link(p, folder) && jail_plan_find_cover(p, folder) == &p->covers[0] && is_way_plain(folder))
			add_system_folder(p, folder);
	}
}

static void
add_covers(const struct jail_job *job, struct jail_plan *p)
{
	jail_plan_add_cover(p, "/", JAIL_COVER_ROOT);
	for (size_t i = 0; i < COUNT(program_folders); i++)
		add_system_folder(p, program_folders[i]);
	add_system_folder(p, "/etc/alternatives");
	add_system_of_view(job, p);
	for (size_t i = 0; job->toolchain != NULL && i < job->toolchain->count; i++) {
		show_chain(p, job->toolchain->items[i]);
		show_programs_of_target(p, job->toolchain->items[i]);
	}
	if (job->compiler != NULL)
		show_chain(p, job->compiler);
	if (access("/etc/ld.so.cache", R_OK) == 0)
		add_file_cover(p, "/etc/ld.so.cache", JAIL_COVER_TOOLCHAIN);
	for (size_t i = 0; i < COUNT(devices); i++)
		add_file_cover(p, devices[i], JAIL_COVER_DEVICE);
}

static int
compare_covers(const void *a, const void *b)
{
	const struct jail_cover *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* raw: relative to cwd, or absolute. */
static enum err
add_folder(const struct jail_job *job, const char *raw, struct jail_plan *p)
{
	char *folder = path_normalise(job->cwd, raw);

	if (strv_has(&p->folders, folder)) {
		free(folder);
		return OK;
	}
	char *place = job->view != NULL ? view_resolve(job->view->view, job->cwd, raw) : xstrdup(folder);

	strv_take(&p->folders, folder);
	if (place == NULL)
		return jail_plan_deny(folder);
	strv_take(&p->places, place);
	return OK;
}

static enum err
add_folder_of(const struct jail_job *job, const char *file, struct jail_plan *p)
{
	char *dir = path_dir(file);
	enum err e = add_folder(job, dir, p);

	free(dir);
	/* "a/../x.o" needs a as well: the kernel takes the components one by one. */
	for (const char *at = file; e == OK && (at = strstr(at, "/../")) != NULL; at += 3) {
		char *way = xstrndup(file, (size_t)(at - file));

		e = add_folder(job, way, p);
		free(way);
	}
	return e;
}

enum err
jail_plan_folders(const struct jail_job *job, struct jail_plan *plan)
{
	enum err e = add_folder(job, job->cwd, plan);

	if (e == OK && job->source != NULL)
		e = add_folder_of(job, job->source, plan);
	for (size_t i = 0; e == OK && job->outputs != NULL && i < job->outputs->count; i++)
		e = add_folder_of(job, job->outputs->items[i], plan);
	return e;
}

enum err
jail_plan_deny(const char *path)
{
	log_info("the jail cannot show the client's path %s", path);
	return ERR_DENIED;
}

/* Commas, colons and backslashes have a meaning among an overlay's options. */
static bool
can_be_lower(const char *path)
{
	return strpbrk(path, ",:\\") == NULL;
}

static enum err
place_folders(struct jail_plan *p)
{
	size_t written = 1;

	for (size_t i = 0; i < p->places.count; i++) {
		const char *folder = p->places.items[i];

		for (size_t k = 0; k < COUNT(reserved); k++)
			if (path_is_below(folder, reserved[k]))
				return jail_plan_deny(folder);
		if (is_below_link(p, folder))
			return jail_plan_deny(folder);
		struct jail_cover *c = jail_plan_find_cover(p, folder);

		if (c->is_written)
			continue;
		c->is_written = true;
		if (++written > JAIL_LAYERS_MAX || !can_be_lower(c->path))
			return jail_plan_deny(folder);
	}
	return OK;
}

enum err
jail_plan_make(const struct jail_job *job, struct jail_plan *plan)
{
	struct jail_plan p = {0};

	add_covers(job, &p);
	enum err e = jail_plan_folders(job, &p);

	if (e == OK && job->view != NULL)
		e = jail_view_place(job, &p);
	qsort(p.covers, p.cover_count, sizeof(*p.covers), compare_covers);
	if (job->source != NULL)
		p.source = path_normalise(job->cwd, job->source);
	if (e == OK)
		e = place_folders(&p);

	if (e == OK)
		*plan = p;
	else
		jail_plan_release(&p);
	return e;
}

void
jail_plan_release(struct jail_plan *plan)
{
	for (size_t i = 0; i < plan->cover_count; i++)
		free(plan->covers[i].path);
	free(plan->covers);
	strv_release(&plan->links);
	strv_release(&plan->folders);
	strv_release(&plan->places);
	free(plan->source);
	*plan = (struct jail_plan){0};
}

/* What would make the compiler, or its loader, another one than the identified. */
static bool
is_kept(const char *variable)
{
	static const char *const dropped[] = {"LD_", "PATH=", "GCC_EXEC_PREFIX=", "COMPILER_PATH=", "TMPDIR="};

	for (size_t i = 0; i < COUNT(dropped); i++)
		if (strncmp(variable, dropped[i], strlen(dropped[i])) == 0)
			return false;
	return true;
}

void
jail_plan_environment(const struct jail_job *job, const char *tmp, struct strv *env)
{
	for (size_t i = 0; job->env != NULL && i < job->env->count; i++)
		if (is_kept(job->env->items[i]))
			strv_add(env, job->env->items[i]);
	char *folder = path_dir(job->compiler);

	/* The compiler's own folder first, as it is for who has it in front of his PATH. */
	if (strcmp(folder, "/usr/bin") == 0 || strcmp(folder, "/bin") == 0)
		strv_add(env, "PATH=/usr/bin:/bin");
	else
		strv_take(env, xasprintf("PATH=%s:/usr/bin:/bin", folder));
	strv_take(env, xasprintf("TMPDIR=%s", tmp));
	free(folder);
}
