/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_STOCKWIRE_H
#define DCC_STOCKWIRE_H

#include "buffer.h"
#include "distcc_wire.h"
#include "peer.h"

/* Reading distcc's tokens from a client: the peer's errors, ERR_PROTOCOL, ERR_LIMIT. */

/* One LZO block must be in memory as a whole, on both sides of the decompressor. */
#define STOCKWIRE_LZO_MAX ((size_t)64 << 20)
#define STOCKWIRE_TEXT_MAX (BUFFER_MAX - ((size_t)1 << 20))

enum err
stockwire_read_token(struct peer *p, const char name[4], uint32_t *value);
/* One of two tokens: *which is 0 or 1. */
enum err
stockwire_read_either(struct peer *p, const char first[4], const char second[4], int *which, uint32_t *value);
/* len bytes, appended; memory is taken as they arrive. */
enum err
stockwire_read_body(struct peer *p, size_t len, struct buffer *body);
/* A token with a string of at most max bytes, yours. ERR_PROTOCOL: it has a NUL. */
enum err
stockwire_read_string(struct peer *p, const char name[4], size_t max, char **s);
/* len bytes of one LZO block; text gets what is in it. */
enum err
stockwire_read_lzo(struct peer *p, size_t len, struct buffer *text);

#endif
