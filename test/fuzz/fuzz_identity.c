/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache file's parser: what it takes, it must be able to write and take again unchanged. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "identity.h"

static void
write_and_parse(const struct identity *id, struct buffer *text, struct identity *again)
{
	if (identity_format(id, text) != OK || identity_parse(text->data, text->len, again) != OK)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity first = {0}, second = {0}, third = {0};
	struct buffer one = {0}, two = {0};

	if (identity_parse(data, size, &first) != OK)
		return 0;
	write_and_parse(&first, &one, &second);
	write_and_parse(&second, &two, &third);
	if (one.len != two.len || memcmp(one.data, two.data, one.len) != 0)
		abort();
	identity_release(&first);
	identity_release(&second);
	identity_release(&third);
	buffer_release(&one);
	buffer_release(&two);
	return 0;
}
