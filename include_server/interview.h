/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_INTERVIEW_H
#define DCC_INTERVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args.h"
#include "buffer.h"
#include "err.h"
#include "strv.h"

/* The text that a compiler is given with "-E -dD -v" to learn what only it knows, and what it prints then. Pure. */

struct interview_answer {
	char *question;  /* as in expander_world.ask */
	int64_t value;
	bool is_known;   /* false: the compiler has no answer */
};

struct interview {
	/* Of its standard output. */
	char *predefines;        /* its own macros: lines of "#define" and "#undef" */
	unsigned mode;           /* enum program_mode, but for the bits that the language and the compiler decide */
	char *odd;               /* a trait of the language that the expander does not model, or NULL */
	bool has_preinclude;     /* it enters stdc-predef.h by itself */
	bool may_preinclude;     /* it would if it found one: set by who asked */
	/* Of its messages: folders as it spells them. */
	struct strv quote;       /* for "..." alone */
	struct strv bracket;
	size_t user_count;       /* so many of bracket, the first, are no system folders */
	struct strv missing;     /* asked for, but not there */
	struct strv duplicates;  /* there already under another name */
};
#define INTERVIEW_PREINCLUDE "stdc-predef.h"
#define INTERVIEW_QUESTION_MAX 1000

void
interview_release(struct interview *i);
/* Can it be asked as it stands? */
bool
interview_is_question(const char *question);
/* Appends the text to b. */
void
interview_format(const struct interview_answer answers[], size_t count, enum args_language language, struct buffer *b);
/* Standard output (which it cuts into lines): ERR_PROTOCOL when it ends too early. Fills in the answers. */
enum err
interview_parse_output(char *text, struct interview *i, struct interview_answer answers[], size_t count);
/*
 * Messages (cut into lines too): the lists of folders. user_folders are those that the command and the
 * environment name, in order, as in struct args_search. ERR_PROTOCOL: no list, or one with what is no folder.
 */
enum err
interview_parse_messages(char *text, const struct strv *user_folders, struct interview *i);

#endif
