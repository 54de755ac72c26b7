/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CLOSURE_H
#define DCC_CLOSURE_H

#include <stddef.h>

#include "hash.h"
#include "resolver.h"
#include "strv.h"
#include "unmodelled.h"

/* Source file -> every file that its compilation reads. */
struct closure;

struct closure_request {
	const char *compiler;    /* path of the driver on this machine */
	const char *cwd;         /* absolute, as $PWD spells it */
	const struct strv *argv; /* expanded: no @file */
	const struct strv *env;  /* "NAME=value": those that matter to a compiler, of the client */
};

struct closure_result {
	enum unmodelled why;         /* UNMODELLED_NONE: the rest is filled */
	char *detail;                /* of why; yours */
	struct strv names;           /* as the compiler will list them, in its order; names.items[0] is the source */
	struct strv user_names;      /* the same without system headers: -MMD's list */
	struct strv hidden;          /* search folders, absolute: whatever else the volunteer has there is hidden */
	struct piece *const *pieces; /* borrowed until the next scan */
	size_t piece_count;
	const struct piece *source;  /* the main file's piece */
};

/* dir: the user's dcc directory (userdir's base): identities are read there, and what compilers answered is kept there. */
struct closure *
closure_new(const char *dir);
void
closure_free(struct closure *c);
/* alive (may be NULL) is called now and then while it works. */
void
closure_scan(struct closure *c, const struct closure_request *q, void (*alive)(void *context), void *context,
             struct closure_result *result);
void
closure_result_release(struct closure_result *result);
struct resolver *
closure_resolver(struct closure *c);
struct oracle;
const struct oracle *
closure_oracle(const struct closure *c);

#endif
