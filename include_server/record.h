/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_RECORD_H
#define DCC_RECORD_H

#include "buffer.h"
#include "err.h"
#include "hash.h"

/*
 * Small texts on the disk, each under the digest of what it is about. They only save time: what cannot be read
 * or written is asked for again.
 */

/* Removes what nobody has used for a month, and all when there is very much. Makes dir. */
void
record_tidy(const char *dir);
/* The text, NUL-terminated, yours. ERR_MISSING: none, or damaged. */
enum err
record_load(const char *dir, const char key[HASH_HEX_SIZE], char **text);
/* Replaces it as a whole. */
void
record_save(const char *dir, const char key[HASH_HEX_SIZE], const struct buffer *text);

#endif
