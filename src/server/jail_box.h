/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_BOX_H
#define DCC_JAIL_BOX_H

#include <stdint.h>

#include "jail.h"
#include "jail_cgroup.h"
#include "jail_plan.h"

/* What the process that becomes the jail is given; it is a copy, so nothing in it comes back. */
struct jail_box {
	enum jail_kind kind;
	const struct jail_job *job;
	const struct jail_filter *filter;
	struct jail_plan plan;
	struct strv argv;
	struct strv env;
	struct jail_cgroup_job cgroup;
	char *directory; /* JAIL_DIRECTORY: the private one */
	uid_t uid;       /* ours, outside */
	gid_t gid;
	int view_fd;     /* the view's folder, in the jail's own namespace; opened inside */
	int caller_fd;   /* the caller's end of report_fd, closed inside */
	int report_fd;   /* to the caller */
	int stdin_fd, stdout_fd, stderr_fd;
	const char *failed_step; /* set where something fails, with its errno */
	int failed_errno;
};

enum jail_report_type {
	JAIL_REPORT_READY,  /* with descriptors: each written layer; for a FIFO, itself and its folder */
	JAIL_REPORT_FAILED,
	JAIL_REPORT_END
};

/* From the inside to the caller, one packet each; both are the same program, so the layout is C's. */
struct jail_report {
	enum jail_report_type type;
	enum err code;  /* FAILED */
	int error;      /* FAILED: errno */
	char step[64];  /* FAILED: what did not work */
	int status;     /* END */
	int64_t cpu_us; /* END */
	int64_t peak_kb;
};

/* JAIL_LAYERS_MAX layers, the FIFO, its folder. */
#define JAIL_FDS_MAX (JAIL_LAYERS_MAX + 2)

/* jail_run, which logs nothing; *step (yours) is set to what could not be done, and why, if the inside said so. */
enum err
jail_run_explained(enum jail_kind kind, const struct jail_job *job, struct jail_result *result, char **step);

/* Notes what failed, with errno, for the report. Returns ERR_SYSTEM. */
enum err
jail_box_fail(struct jail_box *b, const char *step);
/* Same for what a path of the client made impossible: ERR_DENIED, unless errno says that we lack resources. */
enum err
jail_box_deny(struct jail_box *b, const char *step);

#endif
