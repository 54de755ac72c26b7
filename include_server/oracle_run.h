/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ORACLE_RUN_H
#define DCC_ORACLE_RUN_H

#include "buffer.h"
#include "err.h"
#include "strv.h"

/* One run of a compiler. */
struct oracle_run {
	const char *compiler;         /* absolute */
	const char *cwd;              /* where it is to run */
	const struct strv *argv;
	const struct strv *env;
	const struct buffer *input;   /* for its standard input */
	const char *scratch;          /* a folder for files without a name */
	void (*alive)(void *context); /* called while it runs; may be NULL */
	void *context;
};

/*
 * Runs it to its end, whatever its exit status. What it wrote is yours, NUL-terminated. ERR_MISSING: no such program or
 * folder; ERR_TIMEOUT: it was stopped; ERR_LIMIT: it wrote too much; ERR_SYSTEM. The cause is logged.
 */
enum err
oracle_run(const struct oracle_run *r, char **output, char **messages);

#endif
