/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte is a size of piece, then comes the source's name up to a newline, then the text: in
 * pieces it gives what it gives at once, and never more than went in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "textfilter.h"
#include "xalloc.h"

static void
filter(const char *source, const uint8_t *text, size_t len, size_t step, struct buffer *out)
{
	struct textfilter f = {0};

	textfilter_init(&f, source);
	for (size_t at = 0; at < len; at += step)
		textfilter_add(&f, text + at, len - at < step ? len - at : step, out);
	textfilter_finish(&f, out);
	textfilter_release(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;

	if (end == NULL)
		return 0;
	char *source = xstrndup((const char *)data + 1, (size_t)(end - data) - 1);
	size_t len = size - (size_t)(end + 1 - data);
	struct buffer whole = {0}, pieces = {0};

	filter(source, end + 1, len, len != 0 ? len : 1, &whole);
	filter(source, end + 1, len, (size_t)data[0] % 32 + 1, &pieces);
	if (whole.len > len || whole.len != pieces.len ||
	    (whole.len != 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	buffer_release(&whole);
	buffer_release(&pieces);
	free(source);
	return 0;
}
