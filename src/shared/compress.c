/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Level 1 with a small window: on preprocessed text it is as fast as LZO and half the size, and
 * the context stays near one megabyte however long the text is.
 */
#include <limits.h>
#include <lzo/lzo1x.h>
#include <stdint.h>
#include <stdlib.h>
#include <zstd.h>

#include "compress.h"
#include "xalloc.h"

#define LEVEL 1
/* Room offered to the library at a time. */
#define STEP ((size_t)64 << 10)

struct compressor {
	ZSTD_CCtx *context;
};

struct decompressor {
	ZSTD_DCtx *context;
	bool has_ended; /* the frame is complete */
	unsigned char piece[COMPRESS_PIECE];
};

struct compressor *
compressor_new(void)
{
	struct compressor *c = xmalloc(sizeof(*c));

	c->context = ZSTD_createCCtx();
	if (c->context == NULL ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(c->context, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(
		    ZSTD_CCtx_setParameter(c->context, ZSTD_c_windowLog, COMPRESS_WINDOW_LOG)))
		abort();
	return c;
}

void
compressor_free(struct compressor *c)
{
	if (c == NULL)
		return;
	ZSTD_freeCCtx(c->context);
	free(c);
}

void
compressor_add(struct compressor *c, const void *data, size_t len, enum compress_end end,
               struct buffer *out)
{
	ZSTD_inBuffer in = {data, len, 0};
	ZSTD_EndDirective directive = end == COMPRESS_FINISH ? ZSTD_e_end : ZSTD_e_continue;
	size_t left;

	do {
		ZSTD_outBuffer o = {buffer_reserve(out, STEP), STEP, 0};

		left = ZSTD_compressStream2(c->context, &o, &in, directive);
		/* Only a broken context fails here: every input can be compressed. */
		if (ZSTD_isError(left))
			abort();
		out->len += o.pos;
	} while (in.pos < in.size || (end == COMPRESS_FINISH && left != 0));
}

struct decompressor *
decompressor_new(void)
{
	struct decompressor *d = xcalloc(1, sizeof(*d));

	d->context = ZSTD_createDCtx();
	if (d->context == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(d->context, ZSTD_d_windowLogMax,
	                                                              COMPRESS_WINDOW_LOG)))
		abort();
	return d;
}

void
decompressor_free(struct decompressor *d)
{
	if (d == NULL)
		return;
	ZSTD_freeDCtx(d->context);
	free(d);
}

void
decompressor_reset(struct decompressor *d)
{
	ZSTD_DCtx_reset(d->context, ZSTD_reset_session_only);
	d->has_ended = false;
}

bool
decompressor_has_ended(const struct decompressor *d)
{
	return d->has_ended;
}

enum err
decompressor_add(struct decompressor *d, const void *data, size_t len, compress_sink_fn sink,
                 void *context)
{
	ZSTD_inBuffer in = {data, len, 0};
	bool is_full = false;

	while (in.pos < in.size || is_full) {
		if (d->has_ended)
			return ERR_PROTOCOL;
		ZSTD_outBuffer o = {d->piece, COMPRESS_PIECE, 0};
		size_t left = ZSTD_decompressStream(d->context, &o, &in);

		if (ZSTD_isError(left))
			return ERR_PROTOCOL;
		d->has_ended = left == 0;
		is_full = o.pos == COMPRESS_PIECE && !d->has_ended;
		enum err e = o.pos != 0 ? sink(context, d->piece, o.pos) : OK;

		if (e != OK)
			return e;
	}
	return OK;
}

void
compress_lzo(const void *data, size_t len, struct buffer *out)
{
	if (len == 0)
		return;
	void *work = xmalloc(LZO1X_1_MEM_COMPRESS);
	/* The bound in LZO 2.x's LZO.FAQ. */
	unsigned char *to = buffer_reserve(out, len + len / 16 + 64 + 3);
	lzo_uint n = 0;

	if (lzo1x_1_compress(data, len, to, &n, work) != LZO_E_OK)
		abort();
	out->len += n;
	free(work);
}

enum err
decompress_lzo(const void *data, size_t len, size_t limit, struct buffer *out)
{
	/* The format names no size: guess, and double while the guess is too small. */
	size_t room = len < limit / 8 ? len * 8 : limit;

	while (len != 0) {
		lzo_uint n = room;
		int r = lzo1x_decompress_safe(data, len, buffer_reserve(out, room), &n, NULL);

		if (r == LZO_E_OK) {
			out->len += n;
			break;
		}
		if (r != LZO_E_OUTPUT_OVERRUN)
			return ERR_PROTOCOL;
		if (room == limit)
			return ERR_LIMIT;
		room = room < limit / 2 ? room * 2 : limit;
	}
	return OK;
}
