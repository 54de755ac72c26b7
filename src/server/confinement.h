/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CONFINEMENT_H
#define DCC_CONFINEMENT_H

#include "account.h"
#include "err.h"
#include "jail.h"
#include "settings.h"

/* What confines every job of this daemon, chosen once at its start. */
struct confinement {
	enum jail_kind kind;
	struct jail_filter *filter; /* of that kind */
	struct jail_cgroup *cgroup; /* NULL: not reserved */
	char *why_not_more;         /* why there are no namespaces, or NULL */
};

#define CONFINEMENT_INIT {.kind = JAIL_NONE}

/* As who started the daemon: a place for the cgroups of account's jobs. */
void
confinement_reserve(struct confinement *c, const struct settings *s, const struct account *account);
/*
 * As the account that jobs run as: finds out what works here. ERR_DENIED: nothing does, or not what the settings ask for;
 * *error (yours) says so.
 */
enum err
confinement_choose(struct confinement *c, const struct settings *s, char **error);
/* Says in the log what confines jobs, and what does not. */
void
confinement_announce(const struct confinement *c);
/* The kind for dccd --check; constant. */
const char *
confinement_name(const struct confinement *c);
void
confinement_release(struct confinement *c);

#endif
