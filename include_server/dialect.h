/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_DIALECT_H
#define DCC_DIALECT_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "err.h"
#include "interview.h"
#include "strv.h"
#include "table.h"

/* What a compiler says of the language that a set of options gives: its macros, traits and answers. Pure. */
struct dialect {
	char *predefines;
	unsigned mode;        /* as in struct interview */
	struct strv implied, implied_system; /* as in struct oracle_view */
	struct table answers; /* of struct interview_answer, by question */
};

/* Starts as {0}. */
void
dialect_release(struct dialect *d);
/* ERR_MISSING: not asked yet. ERR_DENIED: the compiler has no answer. */
enum err
dialect_find(const struct dialect *d, const char *question, int64_t *value);
/* Adds an answer, which is not there yet; question is copied. */
void
dialect_add(struct dialect *d, const char *question, const struct interview_answer *answer);

/* As text, for the disk. ERR_PROTOCOL: damaged. */
void
dialect_format(const struct dialect *d, struct buffer *out);
enum err
dialect_parse(char *text, struct dialect *d);

#endif
