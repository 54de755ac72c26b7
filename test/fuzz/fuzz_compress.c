/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of a peer through both decompressors: output stays within its bounds, nothing is read beyond
 * the end. Then the same bytes as a plain text, there and back. The first byte sizes the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compress.h"

#define TOTAL_MAX ((size_t)1 << 20)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All of data in pieces of step, the output at most limit at a time; ERR_CLOSED: no frame's end. */
static enum err
unpack(const unsigned char *data, size_t size, size_t step, size_t limit, struct buffer *out)
{
	struct decompressor *d = decompressor_new();
	bool ended = false;
	enum err e = OK;

	while (e == OK && size > 0 && out->len < TOTAL_MAX) {
		size_t n = size < step ? size : step;
		const unsigned char *p = data;
		size_t left = n, before = out->len;

		e = decompressor_add(d, &p, &left, limit, out, &ended);
		if (left > n || p != data + (n - left) || out->len - before > limit)
			abort();
		if (e == OK && left == n && out->len == before)
			break;
		data += n - left;
		size -= n - left;
	}
	for (size_t grown = limit; e == OK && !ended && grown != 0 && out->len < TOTAL_MAX;) {
		const unsigned char *p = data;
		size_t none = 0, before = out->len;

		e = decompressor_add(d, &p, &none, limit, out, &ended);
		grown = out->len - before;
	}
	decompressor_free(d);
	return e == OK && !ended ? ERR_CLOSED : e;
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
	if (size < TOTAL_MAX && unpack(packed.data, packed.len, step, step, &plain) != OK)
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
	enum err e = unpack(data, size, step, step, &out);

	buffer_clear(&out);
	if (e != OK || out.len == 0)
		e = decompress_lzo(data, size, TOTAL_MAX, &out);
	if (e == OK && out.len > TOTAL_MAX)
		abort();
	buffer_release(&out);
	there_and_back(data, size, step);
	return 0;
}
