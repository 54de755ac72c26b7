/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte is the mode, then comes a source. Bits of the mode that are not in the mask make no difference; the
 * careful way through the text (phases_clean, which a splice in front brings about) finds what the fast way finds.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "fuzz.h"
#include "lexer.h"
#include "mode.h"
#include "words.h"

static void
add_number(struct buffer *b, uint32_t n)
{
	buffer_add(b, &n, sizeof(n));
}

/*
 * All events but for blanks, which may be one or many, and what a backslash may have become that is no splice. Returns
 * the mask.
 */
static unsigned
write_events(const char *text, size_t length, unsigned mode, struct buffer *out)
{
	struct lexer l;
	enum lexer_event event;

	lexer_init(&l, text, length, mode);
	do {
		event = lexer_next(&l);
		if (l.broken != UNMODELLED_NONE)
			break;
		add_number(out, (uint32_t)event);
		if (event == LEXER_UNMODELLED)
			add_number(out, (uint32_t)l.why);
		for (size_t i = 0; event != LEXER_END && event != LEXER_UNMODELLED && event != LEXER_IMPORT && i < l.length; i++) {
			if (strchr(" \t\f\v\\\x7f", l.text[i]) == NULL || l.text[i] == '\0')
				buffer_add(out, &l.text[i], 1);
		}
	} while (event != LEXER_END);
	add_number(out, (uint32_t)l.broken);
	unsigned mask = l.mask;

	lexer_release(&l);
	return mask;
}

static bool
equal(const struct buffer *a, const struct buffer *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char splice[] = "a\\\nb\n";
	struct buffer events = {0}, others = {0}, careful = {0}, source = {0};

	if (size == 0)
		return 0;
	const char *text = (const char *)data + 1;
	size_t length = size - 1;
	unsigned mode = data[0];
	unsigned mask = write_events(text, length, mode, &events);

	write_events(text, length, mode ^ (0xffu & ~mask), &others);
	if (!equal(&events, &others))
		abort();
	if (length < 3 || memcmp(text, "\xef\xbb\xbf", 3) != 0) {
		buffer_add(&source, splice, sizeof(splice) - 1);
		buffer_add(&source, text, length);
		write_events((const char *)source.data, source.len, mode, &careful);
		if (!equal(&events, &careful))
			abort();
	}
	buffer_release(&events);
	buffer_release(&others);
	buffer_release(&careful);
	buffer_release(&source);
	return 0;
}
