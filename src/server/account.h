/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ACCOUNT_H
#define DCC_ACCOUNT_H

#include <sys/types.h>

#include "err.h"

/* The user that the daemon works as, and the directory that belongs to it. */
struct account {
	uid_t uid;
	gid_t gid;
	char *name;
};

/*
 * wanted: --user, or NULL. As root: that user, else the first that exists of dccd, distcc, nobody. Otherwise
 * ourselves; ERR_USAGE when another user is wanted or it does not exist: *error (yours) says so.
 */
enum err
account_choose(struct account *a, const char *wanted, char **error);
void
account_release(struct account *a);
/* Makes the directory, 0700, if it is missing, and gives it to the account. ERR_DENIED: it is another user's, or others may
 * write to it; ERR_SYSTEM. *error (yours) says which. */
enum err
account_own_directory(const struct account *a, const char *dir, char **error);
/* Becomes the account for good: no other group, no way back. ERR_SYSTEM with errno. */
enum err
account_become(const struct account *a);

#endif
