/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PROOF_H
#define DCC_PROOF_H

#include "args.h"
#include "jail.h"
#include "strv.h"
#include "wire.h"

/*
 * The compiler's own list of the files that it has read: where it comes from without a change of anything
 * that the compiler writes, and what it says.
 */
struct proof {
	enum wire_proof_kind kind;
	char *file;        /* of the user's, absolute, as the command names it; NULL: one of ours, in JAIL_TMP */
	bool lacks_source; /* ours: the list leaves out the source itself */
	enum args_compiler compiler;
};

/* The name in JAIL_TMP that jail_job.kept has to be. */
#define PROOF_KEPT "dcc-dependencies"

/* Decides, for a scanned command of form 4. ERR_DENIED: there is no way that leaves the object as it is. */
enum err
proof_plan(struct proof *p, const struct args *a, enum args_compiler compiler, const char *cwd);
/* The command that runs, which also writes the list: argv gets its words, env what it needs beside the user's. */
void
proof_command(const struct proof *p, const struct strv *words, struct strv *argv, struct strv *env);
void
proof_release(struct proof *p);
/* Reads the list of a finished job; no list is an empty one. names (yours) are sorted, and changed as deps_digest does. */
void
proof_read(const struct proof *p, const struct jail_result *r, const char *source, struct strv *names,
           struct wire_proof *m);

#endif
