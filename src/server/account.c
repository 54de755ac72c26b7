/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux for prctl(2); setgroups(2) is in no standard. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "io.h"
#include "path.h"
#include "xalloc.h"

#define NOBODY 65534

static void
set(struct account *a, const struct passwd *pw)
{
	a->uid = pw->pw_uid;
	a->gid = pw->pw_gid;
	a->name = xstrdup(pw->pw_name);
}

static void
choose_default(struct account *a)
{
	static const char *const names[] = {"dccd", "distcc", "nobody"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct passwd *pw = getpwnam(names[i]);

		if (pw != NULL) {
			set(a, pw);
			return;
		}
	}
	a->uid = NOBODY;
	a->gid = NOBODY;
	a->name = xasprintf("%d", NOBODY);
}

enum err
account_choose(struct account *a, const char *wanted, char **error)
{
	const struct passwd *pw;

	*a = (struct account){.uid = geteuid(), .gid = getegid()};
	if (wanted == NULL && a->uid == 0) {
		choose_default(a);
		return OK;
	}
	if (wanted == NULL) {
		pw = getpwuid(a->uid);
		a->name = pw != NULL ? xstrdup(pw->pw_name) : xasprintf("%ld", (long)a->uid);
		return OK;
	}
	pw = getpwnam(wanted);
	if (pw == NULL) {
		*error = xasprintf("--user \"%s\": there is no such user", wanted);
		return ERR_USAGE;
	}
	if (a->uid != 0 && pw->pw_uid != a->uid) {
		*error = xasprintf("--user \"%s\": only root can become another user", wanted);
		return ERR_USAGE;
	}
	set(a, pw);
	return OK;
}

void
account_release(struct account *a)
{
	free(a->name);
	*a = (struct account){0};
}

static enum err
fail(char **error, const char *dir, const char *why)
{
	*error = xasprintf("the store directory %s cannot be used: %s", dir, why);
	return ERR_SYSTEM;
}

enum err
account_own_directory(const struct account *a, const char *dir, char **error)
{
	struct stat st;
	char *parent = path_dir(dir);
	enum err e = io_make_dirs(parent, 0755);

	free(parent);
	if (e != OK)
		return fail(error, dir, strerror(errno));
	if (mkdir(dir, 0700) == 0) {
		if (a->uid != geteuid() && lchown(dir, a->uid, a->gid) < 0)
			return fail(error, dir, strerror(errno));
	} else if (errno != EEXIST) {
		return fail(error, dir, strerror(errno));
	}
	if (stat(dir, &st) < 0)
		return fail(error, dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fail(error, dir, "it is no directory");
	if (st.st_uid == a->uid && (st.st_mode & 022) == 0)
		return OK;
	*error = xasprintf("the store directory %s must belong to %s alone: chown %s %s; chmod go-w %s",
	                   dir, a->name, a->name, dir, dir);
	return ERR_DENIED;
}

enum err
account_become(const struct account *a)
{
	if (geteuid() == 0 && a->uid != 0 &&
	    (setgroups(0, NULL) < 0 || setresgid(a->gid, a->gid, a->gid) < 0 ||
	     setresuid(a->uid, a->uid, a->uid) < 0))
		return ERR_SYSTEM;
	/* A change of user takes our own /proc files away, which a job needs for its namespaces. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return ERR_SYSTEM;
	return OK;
}
