/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "confinement.h"
#include "jail_cgroup.h"
#include "log.h"
#include "xalloc.h"

static unsigned
wanted_controls(const struct settings *s)
{
	return JAIL_CGROUP_MEMORY | JAIL_CGROUP_PROCESSES | (s->job_processors != 0 ? JAIL_CGROUP_PROCESSORS : 0);
}

void
confinement_reserve(struct confinement *c, const struct settings *s, const struct account *account)
{
	c->cgroup = jail_cgroup_new("/proc/self", account->uid, account->gid, wanted_controls(s));
}

/* rlimits are no substitute for a bound of processors. */
static enum err
check_processors(const struct confinement *c, const struct settings *s, char **error)
{
	if (s->job_processors == 0 || c->cgroup == NULL || (jail_cgroup_controls(c->cgroup) & JAIL_CGROUP_PROCESSORS) != 0)
		return OK;
	char *bounds = jail_cgroup_describe(c->cgroup);

	*error = xasprintf("--job-processors needs the cgroup controller cpu, and cannot have it; %s", bounds);
	free(bounds);
	return ERR_DENIED;
}

enum err
confinement_choose(struct confinement *c, const struct settings *s, char **error)
{
	c->kind = jail_probe(s->store_dir, &c->why_not_more);
	if (c->kind == JAIL_NONE) {
		*error = xasprintf("no job can be confined here: %s", c->why_not_more != NULL ? c->why_not_more : "no way works");
		return ERR_DENIED;
	}
	c->filter = jail_filter_new(c->kind);
	if (c->filter == NULL) {
		*error = xstrdup("no system call filter could be made");
		return ERR_DENIED;
	}
	jail_cgroup_try(c->cgroup);
	return check_processors(c, s, error);
}

void
confinement_announce(const struct confinement *c)
{
	char *bounds = jail_cgroup_describe(c->cgroup);

	log_notice("%s", bounds);
	free(bounds);
	if (c->kind == JAIL_DIRECTORY)
		log_warning("no namespaces (%s): only jobs without absolute paths and debug information are served",
		            c->why_not_more != NULL ? c->why_not_more : "the kernel forbids them");
}

const char *
confinement_name(const struct confinement *c)
{
	return c->kind == JAIL_NAMESPACES ? "namespaces" : "private directories";
}

void
confinement_release(struct confinement *c)
{
	jail_filter_free(c->filter);
	jail_cgroup_free(c->cgroup);
	free(c->why_not_more);
	*c = (struct confinement)CONFINEMENT_INIT;
}
