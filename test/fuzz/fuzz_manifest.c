/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a volunteer unpacks from a client: the first byte says whether a manifest or a catalogue follows. What a get
 * accepts, put gives back byte for byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "manifest.h"

static void
check_same(struct buffer *b, const uint8_t *data, size_t size)
{
	if (b->len != size || memcmp(b->data, data, size) != 0)
		abort();
	buffer_release(b);
}

static void
try_manifest(const uint8_t *data, size_t size)
{
	struct manifest m;
	struct buffer b = {0};

	if (manifest_get(data, size, &m) != OK)
		return;
	manifest_put(&b, &m);
	check_same(&b, data, size);
	manifest_release(&m);
}

static void
try_catalogue(const uint8_t *data, size_t size)
{
	struct manifest_entry *entries;
	size_t count;
	struct buffer b = {0};

	if (manifest_get_catalogue(data, size, &entries, &count) != OK)
		return;
	manifest_put_catalogue(&b, entries, count);
	check_same(&b, data, size);
	free(entries);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] & 1)
		try_catalogue(data + 1, size - 1);
	else
		try_manifest(data + 1, size - 1);
	return 0;
}
