/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PROGRAM_H
#define DCC_PROGRAM_H

#include <stddef.h>

#include "mode.h"

/*
 * A file reduced once to its directives, to be executed for each translation unit that reads it.
 * Pure; knows nothing of where the file lies.
 */
struct symbols; /* the interner of identifiers: one per process (symbols.h) */
struct program;

/* Never fails: what is not modelled becomes an instruction that says so when it is reached. text may be freed afterwards. */
struct program *
program_new(struct symbols *symbols, const char *text, size_t len, unsigned mode);
void
program_free(struct program *p);
/* The bits of enum program_mode that make a difference to this text. */
unsigned
program_mode_mask(const struct program *p);
/* Bytes of memory that it holds. */
size_t
program_memory(const struct program *p);

#endif
