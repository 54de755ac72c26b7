/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_WORK_H
#define DCC_WORK_H

#include "job.h"

/* The compile of a job, once its request is complete; the same for both languages. */
struct work {
	const struct toolchain_entry *entry; /* borrowed */
	const struct strv *argv;             /* borrowed, as all below */
	const struct strv *env;
	const struct strv *outputs;
	const char *cwd;
	const char *source;                  /* as in argv */
	const struct jail_view *view;        /* of a job in pump mode, whose source is in it; else NULL */
	const char *kept;                    /* name of a file in JAIL_TMP that is wanted, or NULL */
	const char *specs;                   /* of JAIL_SPECS, which argv names, or NULL */
	int text_fd;                         /* -1 with a view */
	int original_fd;                     /* -1: the text is an ordinary file */
	mode_t umask;
};

/*
 * Looks through the text, waits for a slot, runs the compiler in the jail, judges its end. OK: what
 * the compiler said is the answer, *result is yours. ERR_DENIED: the refusal is noted. ERR_CLOSED: the client is gone.
 */
enum err
work_run(struct job *j, const struct work *w, struct jail_result *result);

#endif
