/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_CGROUP_H
#define DCC_JAIL_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/* Processes of one job. */
#define JAIL_PROCESSES_MAX 1024
#define JAIL_CGROUP_FOLDERS 3

/* A cgroup for each job, which bounds all its processes together. This is the daemon's part of it: where they are made. */
struct jail_cgroup;

enum jail_cgroup_control { JAIL_CGROUP_MEMORY = 1, JAIL_CGROUP_PROCESSES = 2, JAIL_CGROUP_PROCESSORS = 4 };

/* Of all processes of one job together; 0: not bounded. */
struct jail_cgroup_limits {
	int64_t memory;      /* bytes */
	unsigned processors; /* at once, in time: two of four, each half busy, are one */
};

/* One job's. {0}: none, nothing to do for all functions. */
struct jail_cgroup_job {
	char *folders[JAIL_CGROUP_FOLDERS];
	int entries[JAIL_CGROUP_FOLDERS]; /* opened by us: whoever writes "0" there is in it */
	unsigned count;
	unsigned controls;                /* what it bounds: enum jail_cgroup_control */
};

/*
 * Prepares a place for the jobs of the user uid, while we may: below the cgroup that proc ("/proc/self") says we are in, v2
 * where it has the controllers, else v1. What dead daemons left there is removed. A controller costs each job some time:
 * wanted has those that shall be there, of enum jail_cgroup_control. Never NULL; yours.
 */
struct jail_cgroup *
jail_cgroup_new(const char *proc, uid_t uid, gid_t gid, unsigned wanted);
/* As the user that jobs run as: does it work? Whatever does not is given up, and the rlimits hold instead. */
void
jail_cgroup_try(struct jail_cgroup *c);
/* What it bounds: enum jail_cgroup_control. */
unsigned
jail_cgroup_controls(const struct jail_cgroup *c);
/* One sentence for the log: what bounds a job here, and why not more. Yours. */
char *
jail_cgroup_describe(const struct jail_cgroup *c);
/* The folders go when the last process that has this open is gone (v1), or at the next start (v2). */
void
jail_cgroup_free(struct jail_cgroup *c);

/* A new cgroup. c may be NULL. What cannot be made (logged) is not in its controls. */
void
jail_cgroup_begin(const struct jail_cgroup *c, const struct jail_cgroup_limits *limits, struct jail_cgroup_job *job);
/* The calling process, and all that it starts, from now on. ERR_SYSTEM with errno. */
enum err
jail_cgroup_enter(const struct jail_cgroup_job *job);
/* Ends all of its processes, where the kernel has a way (v2 since Linux 5.14). */
void
jail_cgroup_kill(const struct jail_cgroup_job *job);
/* Has the kernel killed one of its processes for want of memory? */
bool
jail_cgroup_had_oom(const struct jail_cgroup_job *job);
/* Removes it; all of its processes are dead. */
void
jail_cgroup_end(struct jail_cgroup_job *job);

#endif
