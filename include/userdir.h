/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_USERDIR_H
#define DCC_USERDIR_H

#include "config.h"
#include "err.h"

/*
 * Where a user's dcc keeps locks, state records and caches on this machine: $DCC_DIR, else ~/.dcc,
 * else /tmp/dcc-UID (0700, owned by the user) where that is foreign (sudo), cannot be written or
 * lies on a network file system, whose locks other machines would share, and where HOME is unset.
 */
struct userdir {
	char *base;     /* the directory */
	char *lock;     /* base/lock */
	char *state;    /* base/state */
	char *identity; /* base/identity */
};

/*
 * Creates what is missing; *u starts as {0}. Says once per machine and cause (a marker file in
 * base) that it had to go to /tmp. ERR_SYSTEM, *u still {0}, when no place can be written at all
 * (logged).
 */
enum err
userdir_open(const struct config *c, struct userdir *u);
void
userdir_release(struct userdir *u);
/*
 * name in $DCC_DIR or ~/.dcc, where the user's own hosts and dcc.conf are read from, even if not
 * writable ("": the directory itself); NULL without HOME. Yours.
 */
char *
userdir_config_path(const struct config *c, const char *name);

#endif
