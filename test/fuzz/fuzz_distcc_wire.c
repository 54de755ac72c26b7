/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "distcc_wire.h"
#include "fuzz.h"

/* A token that is accepted is written again as it was, but for the case of its digits. */
static void
check_token(const unsigned char *bytes)
{
	char name[4];
	uint32_t value, again;
	struct buffer b = {0};

	memcpy(name, bytes, sizeof(name));
	if (distcc_get_token(bytes, name, &value) != OK)
		return;
	distcc_put_token(&b, name, value);
	if (b.len != DISTCC_TOKEN_SIZE || memcmp(b.data, bytes, 4) != 0 ||
	    distcc_get_token(b.data, name, &again) != OK || again != value)
		abort();
	buffer_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t at = 0; at + DISTCC_TOKEN_SIZE <= size; at++)
		check_token(data + at);
	return 0;
}
