/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_PLAN_H
#define DCC_JAIL_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "jail.h"
#include "strv.h"

/* The compiler's own temporary files: never collected. */
#define JAIL_TMP "/dcc-tmp"
/* There: jail_job.specs. */
#define JAIL_SPECS JAIL_TMP "/dcc-specs"
/* Beside the source until it takes the FIFO's place. */
#define JAIL_ORIGINAL ".dcc-original"
/* Layers that a job may write to: a bound for what is passed between processes. */
#define JAIL_LAYERS_MAX 32

enum jail_cover_kind {
	JAIL_COVER_ROOT,      /* everything that no other cover has: always first, always written */
	JAIL_COVER_TOOLCHAIN, /* shown read-only as it is on this machine */
	JAIL_COVER_DEVICE,
	JAIL_COVER_HIDDEN,    /* there, and empty */
	JAIL_COVER_VIEW       /* what the view has there, and no more */
};

/* A part of the jail's tree with a mount of its own. A written one has folders of the client below it. */
struct jail_cover {
	char *path;
	enum jail_cover_kind kind;
	bool is_written;
	bool is_merged;       /* TOOLCHAIN: what the view has there, and this machine has not, is seen as well; ROOT: the whole view */
	bool is_file;
	bool is_link;    /* a symbolic link to a program, made as one instead of mounted */
};

/* What a job sees: decided before any process is made, so that the inside only carries it out. */
struct jail_plan {
	struct jail_cover *covers; /* a folder stands before what is below it */
	size_t cover_count;
	struct strv links;         /* pairs: "/bin", "usr/bin" */
	struct strv folders;       /* absolute, as the job names them: of its cwd, source and outputs */
	struct strv places;        /* the same, one for one, where links of the view lead */
	char *source;              /* absolute */
};

/* ERR_DENIED: a path of the job is where the jail has something else. */
enum err
jail_plan_make(const struct jail_job *job, struct jail_plan *plan);
void
jail_plan_release(struct jail_plan *plan);
/* The job's environment as the compiler gets it, with temporary files in tmp. */
void
jail_plan_environment(const struct jail_job *job, const char *tmp, struct strv *env);
/* Fills in folders and places. ERR_DENIED: links of the view that go round. */
enum err
jail_plan_folders(const struct jail_job *job, struct jail_plan *plan);
/* For jail_view.c. */
void
jail_plan_add_cover(struct jail_plan *p, const char *path, enum jail_cover_kind kind);
/* The deepest cover that is a folder and has the path; borrowed until the next one is added. */
struct jail_cover *
jail_plan_find_cover(struct jail_plan *p, const char *path);
/* Says which path of the client's cannot be shown; returns ERR_DENIED. */
enum err
jail_plan_deny(const char *path);

#endif
