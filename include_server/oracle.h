/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ORACLE_H
#define DCC_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "args_search.h"
#include "err.h"
#include "program.h"
#include "resolver.h"
#include "strv.h"
#include "unmodelled.h"

/*
 * What only the real compiler knows: its macros, the folders that it searches, its answers to __has_attribute and
 * the like. Asked once for a compiler and a set of options; kept in memory, and on the disk for the next server.
 */
struct oracle;

struct oracle_request {
	const char *compiler;            /* absolute path of the driver */
	const char *cwd;
	const struct strv *env;          /* what environment.h selects, of the client */
	enum args_language language;
	const struct args_search *search;
	void (*alive)(void *context);    /* called now and then while a compiler works; may be NULL */
	void *context;
};

/* Borrowed until the next oracle_consult. */
struct oracle_view {
	enum args_compiler compiler;
	unsigned mode;                      /* enum program_mode */
	unsigned rules;                     /* enum resolver_rules */
	const struct program *predefines;
	const struct search *search;
	bool has_preinclude;                /* it enters <stdc-predef.h> before all else */
	const struct strv *hidden;          /* every folder that it searches, where there is none too: absolute, links followed */
	const struct strv *implied;         /* files that it reads for its options' sake, and lists */
	const struct strv *implied_system;  /* those that it lists among system headers */
	const struct strv *shown;           /* folders that exist on the way there, absolute */
};

struct oracle_counts {
	uint64_t runs;      /* of compilers */
	uint64_t dialects;
	uint64_t lists;
	uint64_t questions; /* answered by compilers */
};

/* dir: as closure_new's. */
struct oracle *
oracle_new(struct symbols *symbols, const char *dir);
void
oracle_free(struct oracle *o);
/* UNMODELLED_NONE: *view is filled. detail is yours. */
enum unmodelled
oracle_consult(struct oracle *o, const struct oracle_request *q, struct oracle_view *view, char **detail);
/* Is the search list of the last view still what the compiler would say? */
bool
oracle_is_current(const struct oracle *o);
/* Has the last view's compiler files of its own (other than headers) below dir? */
bool
oracle_is_needed(const struct oracle *o, const char *dir);
/*
 * A question about the last view, as in expander_world.ask. ERR_MISSING: not asked yet, but noted now.
 * ERR_DENIED: the compiler has no answer.
 */
enum err
oracle_answer(struct oracle *o, const char *question, int64_t *value);
/* Asks what was noted, all at once. */
enum unmodelled
oracle_ask_noted(struct oracle *o, const struct oracle_request *q, char **detail);
void
oracle_count(const struct oracle *o, struct oracle_counts *c);

#endif
