/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_DISTCC_WIRE_H
#define DCC_DISTCC_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "err.h"

/*
 * distcc's tokens (its doc/protocol-1.txt and protocol-2.txt): four letters and eight hexadecimal
 * digits, then a body for the string and bulk tokens. Pure.
 */
#define DISTCC_TOKEN_SIZE 12u
#define DISTCC_ARGC_MAX 65536u
#define DISTCC_ARG_MAX ((size_t)1 << 20)
#define DISTCC_ARGV_MAX ((size_t)4 << 20)  /* all arguments together */
#define DISTCC_BULK_MAX ((size_t)1 << 30)  /* a source or an object, on the wire */

enum distcc_protocol { DISTCC_RAW = 1, DISTCC_LZO = 2 };

void
distcc_put_token(struct buffer *b, const char name[4], uint32_t value);
/* A string token with its body. */
void
distcc_put_string(struct buffer *b, const char name[4], const char *s);
/* The value of a token that must be name. ERR_PROTOCOL: another name, or not eight hexadecimal digits (upper case is
 * accepted; blanks, signs, "0x" are not). */
enum err
distcc_get_token(const unsigned char bytes[DISTCC_TOKEN_SIZE], const char name[4], uint32_t *value);

#endif
