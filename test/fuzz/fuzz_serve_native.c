/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client's whole request in our own protocol behind its magic, in all forms, pump mode's manifest and blobs among them. The
 * sums of Run are made right first, which no fuzzer would guess. What the store keeps goes after each request.
 */
#define _GNU_SOURCE
#include "buffer.h"
#include "serve_native.h"
#include "served.h"
#include "sum.h"
#include "wire.h"

static void
put_sums(uint8_t *data, size_t size)
{
	struct sum sum;
	enum wire_type type;
	size_t len;

	sum_init(&sum);
	for (size_t at = 0; size - at >= WIRE_HEADER_SIZE; at += WIRE_HEADER_SIZE + len) {
		struct buffer run = {0};

		if (wire_get_header(data + at, WIRE_CLIENT, &type, &len) != OK || len > size - at - WIRE_HEADER_SIZE)
			return;
		wire_put_run(&run, &(struct wire_run){.sum = sum_value(&sum)});
		if (type == WIRE_RUN && run.len == WIRE_HEADER_SIZE + len)
			memcpy(data + at, run.data, run.len);
		buffer_release(&run);
		sum_add(&sum, data + at, WIRE_HEADER_SIZE + len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = xmalloc(size + 1);

	if (size > 0)
		memcpy(copy, data, size);
	put_sums(copy, size);
	feed(serve_native_run, copy, size);
	free(copy);
	removal_remove(AT_FDCWD, settings.store_dir);
	check(mkdir(settings.store_dir, 0700) == 0);
	return 0;
}
