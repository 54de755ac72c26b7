/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Candidates, best first: $DCC_DIR, or ~/.dcc; then /tmp/dcc-UID. /tmp is meant literally: a build
 * with a TMPDIR of its own and a monitor without one must meet in the same place. On a network file
 * system the locks would be shared by machines that do not see each other's inotify events, so
 * waiters would sleep for ever; in another user's home (sudo without -H) our files would be in that
 * user's way.
 */
/* statfs(2) is Linux's: POSIX's statvfs does not tell the kind of a file system. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "path.h"
#include "userdir.h"
#include "xalloc.h"

/* So much of a place's name is in its marker's. */
#define PLACE_MAX ((size_t)200)

/* Why a candidate is passed over; the word names the marker file. */
struct objection {
	const char *word;
	const char *sentence;
};

static const struct objection no_home = {"no-home", "HOME is not set"};
static const struct objection foreign = {"foreign", "the home belongs to another user"};
static const struct objection unwritable = {"unwritable", "it cannot be written"};
static const struct objection network = {
	"network", "it lies on a network file system, whose locks other machines would share"};

/* The kinds that other machines may mount too; linux/magic.h does not have them all. */
static bool
is_network_kind(uint32_t kind)
{
	static const uint32_t kinds[] = {
		0x6969,     /* NFS */
		0x517b,     /* SMB */
		0xff534d42, /* CIFS */
		0xfe534d42, /* SMB2 */
		0x01021997, /* 9p */
		0x65735546, /* FUSE: sshfs, GlusterFS */
		0x5346414f, /* OpenAFS */
		0x6b414653, /* AFS */
		0x73757245, /* Coda */
		0x00c36400, /* Ceph */
		0x0bd00bd0, /* Lustre */
		0x47504653, /* GPFS */
		0x01161970, /* GFS2 */
		0x7461636f, /* OCFS2 */
		0x786f4256, /* VirtualBox shared folder */
		0xaad7aaea, /* PanFS */
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

/* Path itself or, while it does not exist, the nearest directory above it. */
static bool
is_on_network(const char *path)
{
	char *p = xstrdup(path);
	struct statfs fs;
	int got;

	while ((got = statfs(p, &fs)) < 0 && errno == ENOENT && strcmp(p, "/") != 0 &&
	       strcmp(p, ".") != 0) {
		char *up = path_dir(p);

		free(p);
		p = up;
	}
	free(p);
	return got == 0 && is_network_kind((uint32_t)fs.f_type);
}

/* Asked before anything is made: every job comes here, and only the first has to create. */
static bool
is_writable(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0;
}

static bool
is_writable_dir(const char *path, mode_t mode)
{
	return is_writable(path) || (io_make_dirs(path, mode) == OK && is_writable(path));
}

static void
set_base(struct userdir *u, const char *base)
{
	userdir_release(u);
	u->base = xstrdup(base);
	u->lock = path_join(base, "lock");
	u->state = path_join(base, "state");
	u->identity = path_join(base, "identity");
}

/* Creates base and its directories; false if one of them is not ours to write. */
static bool
make_tree(struct userdir *u, const char *base, mode_t mode)
{
	set_base(u, base);
	return is_writable_dir(u->base, mode) && is_writable_dir(u->lock, mode) &&
	       is_writable_dir(u->state, mode) && is_writable_dir(u->identity, mode);
}

/* NULL: u is set to the chosen or the home directory. */
static const struct objection *
try_configured(const struct config *c, struct userdir *u, const char *wanted)
{
	struct stat home;

	if (wanted == NULL)
		return &no_home;
	/*
	 * A directory that the user names may be shared by a group; a home may not be borrowed, nor
	 * made.
	 */
	if (config_string(c, CONFIG_DIR) == NULL) {
		if (stat(getenv("HOME"), &home) < 0)
			return &unwritable;
		if (home.st_uid != geteuid())
			return &foreign;
	}
	if (is_on_network(wanted))
		return &network;
	return make_tree(u, wanted, 0777) ? NULL : &unwritable;
}

/* Nobody else may have made the directory, or be able to write there. */
static bool
is_private_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 0777) == 0700;
}

static enum err
use_tmp(struct userdir *u)
{
	char *base = xasprintf("/tmp/dcc-%lu", (unsigned long)geteuid());
	enum err e = OK;

	if (mkdir(base, 0700) < 0 && errno != EEXIST) {
		log_warning("cannot create %s: %s", base, strerror(errno));
		e = ERR_SYSTEM;
	} else if (!is_private_dir(base)) {
		log_warning("%s is not a directory of this user with mode 0700: not used", base);
		e = ERR_SYSTEM;
	} else if (!make_tree(u, base, 0700)) {
		log_warning("cannot write below %s: %s", base, strerror(errno));
		e = ERR_SYSTEM;
	}
	free(base);
	return e;
}

/* Another place that cannot be used is news again. */
static char *
marker_name(const char *wanted, const struct objection *o)
{
	size_t len = wanted != NULL ? strlen(wanted) : 0;
	const char *end_of_place = len > PLACE_MAX ? wanted + (len - PLACE_MAX) : wanted;
	char *name = xasprintf("said-%s%s", o->word, len != 0 ? end_of_place : "");

	for (char *p = name; *p != '\0'; p++)
		if (*p == '/')
			*p = '!';
	return name;
}

/* The marker's creation is what makes it once, also among jobs that start together. */
static void
say_once(const struct userdir *u, const char *wanted, const struct objection *o)
{
	char *name = marker_name(wanted, o);
	char *marker = path_join(u->base, name);
	int fd = open(marker, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		log_warning("%s%s%s: locks and state are kept in %s", wanted != NULL ? wanted : "",
		            wanted != NULL ? " is not used: " : "", o->sentence, u->base);
	io_close(&fd);
	free(marker);
	free(name);
}

enum err
userdir_open(const struct config *c, struct userdir *u)
{
	char *wanted = userdir_config_path(c, "");
	const struct objection *o = try_configured(c, u, wanted);
	enum err e = OK;

	if (o != NULL) {
		e = use_tmp(u);
		if (e == OK)
			say_once(u, wanted, o);
		else
			userdir_release(u);
	}
	free(wanted);
	return e;
}

void
userdir_release(struct userdir *u)
{
	free(u->base);
	free(u->lock);
	free(u->state);
	free(u->identity);
	*u = (struct userdir){0};
}

char *
userdir_config_path(const struct config *c, const char *name)
{
	const char *dir = config_string(c, CONFIG_DIR);
	const char *home = getenv("HOME");
	const char *slash = name[0] != '\0' ? "/" : "";

	if (dir != NULL)
		return xasprintf("%s%s%s", dir, slash, name);
	if (home == NULL || home[0] == '\0')
		return NULL;
	return xasprintf("%s/.dcc%s%s", home, slash, name);
}
