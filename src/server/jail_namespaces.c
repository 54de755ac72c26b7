/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of the job's own, made without privilege: in a user namespace that maps only ourselves. Folders of
 * the tmpfs:
 *
 *     root/      the job's root; bound onto itself, because a root must be a mount. Merged with a view: an overlay, with
 *                the view's folder below and upper/0 above
 *     upper/N    what the job writes below cover N of the plan, and the client's folders there
 *     work/N     the overlay's own
 *     void/      shown, read-only, where something is hidden
 *
 * An overlay stands only where the job writes beside what it reads (in /usr/src/linux over /usr): elsewhere a plain folder
 * of the tmpfs does the same and costs nothing. The folders of the client are made in the upper folder, where they
 * belong to us: one that is copied up from the machine's own would belong to a user the namespace does not map.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "jail_namespaces.h"
#include "jail_plan.h"
#include "path.h"
#include "xalloc.h"

/* umount2(2)'s: sys/mount.h, which has it, cannot stand beside linux/mount.h. */
#define LAZILY 2
/* Empty files take memory too, which only a cgroup would count. */
#define INODES_MAX 100000
#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)
#define FLAGS_OF_FOLDER (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
/* Of what belongs to the client: nothing of it is ever a program. */
#define FLAGS_OF_VIEW (FLAGS_OF_FOLDER | MOUNT_ATTR_NOEXEC)

pid_t
jail_namespaces_fork(void)
{
	unsigned long flags = (unsigned long)NAMESPACES | (unsigned long)SIGCHLD;

#if defined(__s390__) || defined(__CRIS__)
	return (pid_t)syscall(SYS_clone, NULL, flags, NULL, NULL, 0UL);
#else
	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0UL);
#endif
}

static enum err
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return ERR_SYSTEM;
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text) ? OK : ERR_SYSTEM;
}

static enum err
map_ids(struct jail_box *b)
{
	char map[64];

	/* Files in /proc of a process that changed its user belong to root until it is dumpable again. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (write_text("/proc/self/setgroups", "deny") != OK)
		return jail_box_fail(b, "deny setgroups");
	snprintf(map, sizeof(map), "%u %u 1", b->uid, b->uid);
	if (write_text("/proc/self/uid_map", map) != OK)
		return jail_box_fail(b, "map the user");
	snprintf(map, sizeof(map), "%u %u 1", b->gid, b->gid);
	if (write_text("/proc/self/gid_map", map) != OK)
		return jail_box_fail(b, "map the group");
	return OK;
}

static enum err
mount_tmpfs(struct jail_box *b)
{
	char *at = xasprintf("%s/jail", b->job->work_dir);
	char *options = xasprintf("size=%lld,nr_inodes=%d,mode=0700", (long long)b->job->file_limit, INODES_MAX);
	enum err e = OK;

	if (mkdir(at, 0700) < 0 && errno != EEXIST)
		e = jail_box_fail(b, "make the folder jail in the work directory");
	else if (syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		e = jail_box_fail(b, "make the mounts private");
	else if (syscall(SYS_mount, "dcc", at, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) < 0)
		e = jail_box_fail(b, "mount a tmpfs");
	else if (chdir(at) < 0)
		e = jail_box_fail(b, "enter the tmpfs");
	free(at);
	free(options);
	return e;
}

/* Shows source (below the folder at, or at itself when "") at target with these mount attributes, submounts included. */
static enum err
bind_at(int at, const char *source, const char *target, uint64_t attributes)
{
	int fd = (int)syscall(SYS_open_tree, at, source,
	                      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
	struct mount_attr attr = {.attr_set = attributes};
	enum err e = OK;

	if (fd < 0)
		return ERR_SYSTEM;
	if (attributes != 0 &&
	    syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		e = ERR_SYSTEM;
	else if (syscall(SYS_move_mount, fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		e = ERR_SYSTEM;
	int why = errno;

	close(fd);
	errno = why;
	return e;
}

static enum err
bind(const char *source, const char *target, uint64_t attributes)
{
	return bind_at(AT_FDCWD, source, target, attributes);
}

/* The folder of the tmpfs that has what is written below cover i. */
static char *
layer_folder(const struct jail_box *b, size_t i)
{
	return i == 0 && !b->plan.covers[0].is_merged ? xstrdup("root") : xasprintf("upper/%zu", i);
}

/* A folder of the view: -1 with ENOENT when it has none of that path. No link is followed. */
static int
open_of_view(const struct jail_box *b, const char *path)
{
	static const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, b->view_fd, path[1] != '\0' ? path + 1 : ".", &how, sizeof(how));
}

static const struct jail_cover *
cover_of(const struct jail_plan *p, const char *path, size_t *index)
{
	*index = 0;
	for (size_t i = 1; i < p->cover_count; i++) {
		const char *c = p->covers[i].path;
		size_t n = strlen(c);

		/* Covers stand in the order of their names: the last that fits is the deepest. */
		if (!p->covers[i].is_file && strncmp(path, c, n) == 0 && (path[n] == '/' || path[n] == '\0'))
			*index = i;
	}
	return &p->covers[*index];
}

/* Makes a folder of the jail in the layer it belongs to. */
static enum err
make_folder(struct jail_box *b, const char *path)
{
	size_t i;
	const struct jail_cover *c = cover_of(&b->plan, path, &i);
	char *layer = layer_folder(b, i);
	char *folder = xasprintf("%s%s", layer, path + (i == 0 ? 0 : strlen(c->path)));
	enum err e = mkdir(folder, 0755) == 0 ? OK : io_make_dirs(folder, 0755);

	if (e != OK)
		e = jail_box_deny(b, "make the client's folders");
	free(layer);
	free(folder);
	return e;
}

static enum err
make_file(const struct jail_cover *c, const char *at)
{
	char target[PATH_MAX];
	ssize_t n = c->is_link ? readlink(c->path, target, sizeof(target) - 1) : 0;

	if (n < 0)
		return ERR_SYSTEM;
	target[n] = '\0';
	int r = c->is_link ? symlink(target, at) : mknod(at, S_IFREG | 0644, 0);

	return r == 0 ? OK : ERR_SYSTEM;
}

/* Most stand in /dev and /etc, which are there. */
static enum err
make_file_and_folders(const struct jail_cover *c, const char *at)
{
	enum err e = make_file(c, at);

	if (e == OK || errno != ENOENT)
		return e;
	char *dir = path_dir(at);

	e = io_make_dirs(dir, 0755);
	free(dir);
	return e == OK ? make_file(c, at) : e;
}

/* Where a cover is mounted there must be something; below one that is not written there is. */
static enum err
make_mount_point(struct jail_box *b, const struct jail_cover *c)
{
	const char *slash = strrchr(c->path, '/');
	char *parent = xstrndup(c->path, slash == c->path ? 1 : (size_t)(slash - c->path));
	size_t i;
	const struct jail_cover *around = cover_of(&b->plan, parent, &i);
	char *layer = layer_folder(b, i);
	char *at = xasprintf("%s%s", layer, c->path + (i == 0 ? 0 : strlen(around->path)));
	enum err e = OK;

	if (around->is_written && c->is_file)
		e = make_file_and_folders(c, at);
	else if (around->is_written && mkdir(at, 0755) < 0)
		e = errno == EEXIST ? OK : io_make_dirs(at, 0755);
	if (e != OK)
		e = jail_box_deny(b, "make a mount point");
	free(parent);
	free(layer);
	free(at);
	return e;
}

static enum err
make_link(struct jail_box *b, const char *layer, size_t i)
{
	const char *path = b->plan.links.items[i];
	char *at = xasprintf("%s%s", layer, path);
	size_t below;

	cover_of(&b->plan, path, &below);
	int r = below == 0 ? symlink(b->plan.links.items[i + 1], at) : 0;

	free(at);
	/* A link whose folder is not there (/etc/alternatives itself one) is of no use to the job. */
	return r < 0 && errno != ENOENT ? jail_box_fail(b, "make a link") : OK;
}

/* Once the folders are there. */
static enum err
make_links(struct jail_box *b)
{
	char *layer = layer_folder(b, 0);
	enum err e = OK;

	for (size_t i = 0; e == OK && i + 1 < b->plan.links.count; i += 2)
		e = make_link(b, layer, i);
	free(layer);
	return e;
}

static enum err
put_specs(struct jail_box *b, const char *layer)
{
	const char *text = b->job->specs;
	char *path = xasprintf("%s" JAIL_SPECS, layer);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	enum err e = fd >= 0 && io_write_exactly(fd, text, strlen(text), IO_NO_DEADLINE) == OK ? OK : jail_box_fail(b, "write specs");

	io_close(&fd);
	free(path);
	return e;
}

static enum err
make_root(struct jail_box *b, const char *layer)
{
	static const char *const folders[] = {"/tmp", "/proc", "/dev", "/etc", JAIL_TMP};
	enum err e = OK;

	for (size_t i = 0; e == OK && i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *at = xasprintf("%s%s", layer, folders[i]);

		if (mkdir(at, 0755) < 0 || (i == 0 && chmod(at, 01777) < 0))
			e = jail_box_fail(b, "make folders in the tmpfs");
		free(at);
	}
	return e == OK && b->job->specs != NULL ? put_specs(b, layer) : e;
}

static enum err
make_skeleton(struct jail_box *b)
{
	static const char *const folders[] = {"root", "upper", "work", "void", "upper/0"};
	char *layer = layer_folder(b, 0);
	enum err e = OK;

	for (size_t i = 0; e == OK && i < sizeof(folders) / sizeof(folders[0]); i++)
		if (mkdir(folders[i], 0755) < 0)
			e = jail_box_fail(b, "make folders in the tmpfs");
	if (e == OK)
		e = make_root(b, layer);
	free(layer);
	return e;
}

static enum err
make_layers(struct jail_box *b, int *layers, unsigned *count)
{
	for (size_t i = 0; i < b->plan.cover_count; i++) {
		if (!b->plan.covers[i].is_written)
			continue;
		char *layer = layer_folder(b, i);
		char *work = xasprintf("work/%zu", i);
		int fd = -1;

		if (mkdir(work, 0755) == 0 && (i == 0 || mkdir(layer, 0755) == 0))
			fd = open(layer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		free(layer);
		free(work);
		if (fd < 0)
			return jail_box_fail(b, "make a layer");
		layers[(*count)++] = fd;
	}
	return OK;
}

/*
 * lower: folders, the first above the others; with upper/i to write to where the cover is written. Read-only ones need two
 * folders.
 */
static enum err
mount_overlay(const struct jail_cover *c, const char *lower, size_t i, const char *target, unsigned long flags)
{
	char *options = c->is_written
	                        ? xasprintf("lowerdir=%s,upperdir=upper/%zu,workdir=work/%zu,userxattr", lower, i, i)
	                        : xasprintf("lowerdir=%s,userxattr", lower);
	long r = syscall(SYS_mount, "dcc", target, "overlay", MS_NOSUID | MS_NODEV | flags, options);

	free(options);
	return r == 0 ? OK : ERR_SYSTEM;
}

/* The view's folder as an overlay's option: a name without any character that has a meaning there. */
static char *
name_of_fd(int fd)
{
	return xasprintf("/proc/self/fd/%d", fd);
}

static enum err
mount_root(struct jail_box *b)
{
	/* By name: what was opened outside is no part of this namespace, and cannot be mounted in it. */
	if (b->job->view != NULL)
		b->view_fd = open(b->job->view->root, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (b->job->view != NULL && b->view_fd < 0)
		return ERR_SYSTEM;
	if (!b->plan.covers[0].is_merged)
		return bind("root", "root", 0);
	char *lower = name_of_fd(b->view_fd);
	enum err e = mount_overlay(&b->plan.covers[0], lower, 0, "root", MS_NOEXEC);

	free(lower);
	return e;
}

static enum err
mount_toolchain(struct jail_box *b, size_t i, const char *target)
{
	const struct jail_cover *c = &b->plan.covers[i];

	if (!c->is_merged && !c->is_written)
		return bind(c->path, target, FLAGS_OF_FOLDER | MOUNT_ATTR_RDONLY);
	if (!c->is_merged)
		return mount_overlay(c, c->path, i, target, 0);
	int fd = open_of_view(b, c->path);

	if (fd < 0)
		return ERR_SYSTEM;
	char *lower = xasprintf("%s:/proc/self/fd/%d", c->path, fd);
	enum err e = mount_overlay(c, lower, i, target, 0);

	free(lower);
	close(fd);
	return e;
}

static enum err
mount_view(struct jail_box *b, size_t i, const char *target)
{
	const struct jail_cover *c = &b->plan.covers[i];
	int fd = open_of_view(b, c->path);

	if (fd < 0 && errno != ENOENT)
		return ERR_SYSTEM;
	char *lower = fd >= 0 ? name_of_fd(fd) : xstrdup("void");
	enum err e = c->is_written ? mount_overlay(c, lower, i, target, MS_NOEXEC)
	             : fd >= 0     ? bind_at(fd, "", target, FLAGS_OF_VIEW | MOUNT_ATTR_RDONLY)
	                           : bind("void", target, FLAGS_OF_VIEW | MOUNT_ATTR_RDONLY);

	free(lower);
	if (fd >= 0)
		close(fd);
	return e;
}

static enum err
mount_cover(struct jail_box *b, size_t i)
{
	const struct jail_cover *c = &b->plan.covers[i];

	if (c->is_link)
		return OK;
	char *target = xasprintf("root%s", c->path);
	char *layer = layer_folder(b, i);
	enum err e = OK;

	switch (c->kind) {
	case JAIL_COVER_ROOT:
		e = mount_root(b);
		break;
	case JAIL_COVER_TOOLCHAIN:
		e = mount_toolchain(b, i, target);
		break;
	case JAIL_COVER_DEVICE:
		e = bind(c->path, target, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
		break;
	case JAIL_COVER_HIDDEN:
		if (c->is_written)
			e = bind(layer, target, FLAGS_OF_FOLDER);
		else
			e = bind("void", target, FLAGS_OF_FOLDER | MOUNT_ATTR_RDONLY);
		break;
	case JAIL_COVER_VIEW:
		e = mount_view(b, i, target);
		break;
	}
	free(target);
	free(layer);
	if (e == OK)
		return OK;
	if (c->kind == JAIL_COVER_VIEW || (c->kind == JAIL_COVER_TOOLCHAIN && (c->is_written || c->is_merged)))
		return jail_box_deny(b, "mount an overlay");
	return jail_box_fail(b, c->kind == JAIL_COVER_ROOT ? "mount the root" : "bind the toolchain");
}

/*
 * Containers that hide parts of their /proc do not let us mount one: then the one thing in it that a
 * compiler asks for (clang, where it is itself) is a link.
 */
static enum err
make_proc(struct jail_box *b)
{
	/* Nothing about the machine, nor about us, whose command line names files; before Linux 5.8 there are no such options. */
	static const char *const options[] = {"subset=pid,hidepid=invisible", NULL};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (syscall(SYS_mount, "dcc", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, options[i]) == 0)
			return OK;
	char *real = b->job->compiler != NULL ? realpath(b->job->compiler, NULL) : NULL;
	bool is_made = mkdir("root/proc/self", 0755) == 0 &&
	               (real == NULL || symlink(real, "root/proc/self/exe") == 0);

	free(real);
	return is_made ? OK : jail_box_fail(b, "make /proc/self/exe");
}

enum err
jail_namespaces_build(struct jail_box *b, int *layers, unsigned *count)
{
	*count = 0;
	enum err e = map_ids(b);

	if (e == OK)
		e = mount_tmpfs(b);
	if (e == OK)
		e = make_skeleton(b);
	if (e == OK)
		e = make_layers(b, layers, count);
	for (size_t i = 0; e == OK && i < b->plan.places.count; i++)
		e = make_folder(b, b->plan.places.items[i]);
	for (size_t i = 1; e == OK && i < b->plan.cover_count; i++)
		e = make_mount_point(b, &b->plan.covers[i]);
	if (e == OK)
		e = make_links(b);
	for (size_t i = 0; e == OK && i < b->plan.cover_count; i++)
		e = mount_cover(b, i);
	return e == OK ? make_proc(b) : e;
}

enum err
jail_namespaces_enter(struct jail_box *b)
{
	static const char name[] = "dcc";

	/* The old root ends up below the new one, and goes. */
	if (chdir("root") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || syscall(SYS_umount2, ".", LAZILY) < 0)
		return jail_box_fail(b, "change the root");
	if (chdir("/") < 0 || sethostname(name, sizeof(name) - 1) < 0)
		return jail_box_fail(b, "set the host name");
	return OK;
}

enum err
jail_namespaces_drop(struct jail_box *b)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}, {0}};

	/* Or root would get them all back at exec. */
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) < 0)
		return jail_box_fail(b, "lock the capabilities out");
	if (syscall(SYS_capset, &header, none) < 0)
		return jail_box_fail(b, "drop the capabilities");
	return OK;
}
