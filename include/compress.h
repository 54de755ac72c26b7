/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_COMPRESS_H
#define DCC_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "err.h"

/* zstd, streaming, in small memory (window of 2^COMPRESS_WINDOW_LOG bytes): our protocol. */
#define COMPRESS_WINDOW_LOG 19

struct compressor;
struct compressor *
compressor_new(void);
void
compressor_free(struct compressor *c);
enum compress_end { COMPRESS_MORE, COMPRESS_FINISH };
/* Appends what is ready to out; with COMPRESS_FINISH also the frame's end, after which a new frame may begin. */
void
compressor_add(struct compressor *c, const void *data, size_t len, enum compress_end end,
               struct buffer *out);

struct decompressor;
struct decompressor *
decompressor_new(void);
void
decompressor_free(struct decompressor *d);
/* Forget the current frame; the next byte begins a new one. */
void
decompressor_reset(struct decompressor *d);
/* Takes some decompressed bytes, never more than COMPRESS_PIECE. What is not OK ends decompressor_add with it. */
typedef enum err (*compress_sink_fn)(void *context, const void *data, size_t len);
#define COMPRESS_PIECE ((size_t)64 << 10)
/*
 * Hands all that data gives to the sink, piece by piece. ERR_PROTOCOL for bytes that are no zstd, for
 * a larger window, and for bytes behind the frame's end.
 */
enum err
decompressor_add(struct decompressor *d, const void *data, size_t len, compress_sink_fn sink,
                 void *context);
/* Did the last byte of the frame come? */
bool
decompressor_has_ended(const struct decompressor *d);

/* LZO1X, one block, as distcc's protocols 2 and 3 have it. An empty input gives an empty output. */
void
compress_lzo(const void *data, size_t len, struct buffer *out);
/* ERR_LIMIT beyond limit bytes of output, ERR_PROTOCOL for bytes that are no LZO1X. */
enum err
decompress_lzo(const void *data, size_t len, size_t limit, struct buffer *out);

#endif
