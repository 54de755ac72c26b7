/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_FARMKEY_H
#define DCC_FARMKEY_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "err.h"

/*
 * The keys that a farm shares, as a file: one "NAME KEY" a line, KEY in 64 hexadecimal digits; '#' begins a comment.
 * dccd knows every key of its file; a client uses the first of its own. Pure.
 */
#define FARMKEY_SIZE 32u
#define FARMKEY_NAME_MAX 64u
#define FARMKEY_COUNT_MAX 4096u
#define FARMKEY_FILE_MAX ((size_t)1 << 20)
/* In front of the name when it travels, so that it is never mistaken for a session ticket. */
#define FARMKEY_PREFIX "dcc-key:"
#define FARMKEY_IDENTITY_MAX (sizeof(FARMKEY_PREFIX) + FARMKEY_NAME_MAX)

struct farmkey {
	char name[FARMKEY_NAME_MAX + 1];
	unsigned char secret[FARMKEY_SIZE];
};

struct farmkeys {
	struct farmkey *list;
	size_t count;
};

/* Letters, digits and "._-", at most FARMKEY_NAME_MAX. */
bool
farmkey_is_name(const char *name);
/* At least one key. ERR_USAGE: *error (yours) names the line and what is wrong with it, without the key. */
enum err
farmkey_parse(const char *text, struct farmkeys *keys, char **error);
/* The secrets are overwritten. Safe on {0}, and twice. */
void
farmkey_release(struct farmkeys *keys);
/* Appends the line of one key. */
void
farmkey_format(const struct farmkey *key, struct buffer *out);
/* NULL: none of this name. */
const struct farmkey *
farmkey_find(const struct farmkeys *keys, const char *name);
/* What travels to say which key is meant; NUL-terminated. */
void
farmkey_put_identity(const char *name, char identity[FARMKEY_IDENTITY_MAX]);
/* ERR_MISSING: no identity of ours, such as a session ticket; ERR_PROTOCOL: ours, with a bad name. */
enum err
farmkey_get_identity(const unsigned char *bytes, size_t len, char name[FARMKEY_NAME_MAX + 1]);

#endif
