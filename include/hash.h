/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_HASH_H
#define DCC_HASH_H

#include <stddef.h>

#include "err.h"

/* SHA-256 by libcrypto. Never linked into dcc, whose start would pay for it. */
#define HASH_SIZE 32
#define HASH_HEX_SIZE (2 * HASH_SIZE + 1)

struct hash;
/* Makes libcrypto ready, which takes it a millisecond: for a process whose children will hash. */
void
hash_prepare(void);
/* Yours until hash_finish. A libcrypto that cannot compute SHA-256 ends the process. */
struct hash *
hash_new(void);
void
hash_add(struct hash *h, const void *data, size_t len);
/* Adds len (8 bytes, lowest first) and then the bytes, so that two fields never run into each other. */
void
hash_add_field(struct hash *h, const void *data, size_t len);
/* Writes the digest in hexadecimal (lower case, NUL-terminated) and frees h. */
void
hash_finish(struct hash *h, char hex[HASH_HEX_SIZE]);
/* The same as bytes. */
void
hash_finish_binary(struct hash *h, unsigned char digest[HASH_SIZE]);
/* Bytes to hexadecimal and back; ERR_PROTOCOL for what is not 64 digits in lower case. */
void
hash_format(const unsigned char digest[HASH_SIZE], char hex[HASH_HEX_SIZE]);
enum err
hash_parse(const char *hex, unsigned char digest[HASH_SIZE]);
/* Digest of a file's bytes; ERR_MISSING, ERR_SYSTEM (errno set). Logs nothing. */
enum err
hash_file(const char *path, char hex[HASH_HEX_SIZE]);

#endif
