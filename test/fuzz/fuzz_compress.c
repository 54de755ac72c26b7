/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of a peer through both decompressors: output stays within its bounds, nothing is read beyond
 * the end. Then the same bytes as a plain text, there and back. The first byte sizes the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compress.h"
#include "fuzz.h"

#define TOTAL_MAX ((size_t)1 << 20)

static enum err
collect(void *context, const void *data, size_t len)
{
	struct buffer *out = context;

	if (len == 0 || len > COMPRESS_PIECE)
		abort();
	if (out->len >= TOTAL_MAX)
		return ERR_LIMIT;
	buffer_add(out, data, len);
	return OK;
}

/* All of data in pieces of step; ERR_CLOSED: no frame's end. */
static enum err
unpack(const unsigned char *data, size_t size, size_t step, struct buffer *out)
{
	struct decompressor *d = decompressor_new();
	enum err e = OK;

	for (size_t at = 0; e == OK && at < size; at += step)
		e = decompressor_add(d, data + at, size - at < step ? size - at : step, collect, out);
	if (e == OK && !decompressor_has_ended(d))
		e = ERR_CLOSED;
	decompressor_free(d);
	return e;
}

static void
there_and_back(const uint8_t *data, size_t size, size_t step)
{
	struct compressor *c = compressor_new();
	struct buffer packed = {0}, plain = {0};

	for (size_t at = 0; at < size; at += step)
		compressor_add(c, data + at, size - at < step ? size - at : step, COMPRESS_MORE, &packed);
	compressor_add(c, NULL, 0, COMPRESS_FINISH, &packed);
	compressor_free(c);
	if (size < TOTAL_MAX && unpack(packed.data, packed.len, step, &plain) != OK)
		abort();
	if (size < TOTAL_MAX && (plain.len != size || (size != 0 && memcmp(plain.data, data, size) != 0)))
		abort();
	buffer_clear(&packed);
	buffer_clear(&plain);
	compress_lzo(data, size, &packed);
	if (decompress_lzo(packed.data, packed.len, size, &plain) != OK || plain.len != size ||
	    (size != 0 && memcmp(plain.data, data, size) != 0))
		abort();
	buffer_release(&packed);
	buffer_release(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = {0};

	if (size == 0)
		return 0;
	size_t step = (size_t)data[0] * 16 + 1;

	data++;
	size--;
	/* Any result will do: what counts is that nothing breaks on the way. */
	enum err e = unpack(data, size, step, &out);

	buffer_clear(&out);
	if (e != OK || out.len == 0)
		e = decompress_lzo(data, size, TOTAL_MAX, &out);
	if (e == OK && out.len > TOTAL_MAX)
		abort();
	buffer_release(&out);
	there_and_back(data, size, step);
	return 0;
}
