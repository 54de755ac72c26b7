/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of either side, as a peer would get them: the first byte says which side sends. What a get accepts, put
 * gives back byte for byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "scan.h"

static void
check_same(struct buffer *b, const unsigned char *p, size_t len)
{
	if (b->len != SCAN_HEADER_SIZE + len || memcmp(b->data + SCAN_HEADER_SIZE, p, len) != 0)
		abort();
	buffer_release(b);
}

static enum err
get_request(enum scan_type type, const unsigned char *p, size_t len)
{
	struct scan_request m;
	struct buffer b = {0};
	enum err e = scan_get_request(p, len, &m);

	if (e != OK)
		return e;
	scan_put_request(&b, type, &m);
	check_same(&b, p, len);
	scan_request_release(&m);
	return OK;
}

static enum err
get_answer(const unsigned char *p, size_t len)
{
	struct scan_answer m;
	struct buffer b = {0};
	enum err e = scan_get_answer(p, len, &m);

	if (e != OK)
		return e;
	scan_put_answer(&b, &m);
	check_same(&b, p, len);
	scan_answer_release(&m);
	return OK;
}

static enum err
get_want(const unsigned char *p, size_t len)
{
	struct scan_want m;
	struct buffer b = {0};
	enum err e = scan_get_want(p, len, &m);

	if (e != OK)
		return e;
	scan_put_want(&b, &m);
	check_same(&b, p, len);
	scan_want_release(&m);
	return OK;
}

static enum err
get_body(enum scan_type type, const unsigned char *p, size_t len)
{
	switch (type) {
	case SCAN_ASK:
	case SCAN_LIST:
	case SCAN_DIFFERS:
		return get_request(type, p, len);
	case SCAN_WANT:
		return get_want(p, len);
	case SCAN_ANSWER:
		return get_answer(p, len);
	case SCAN_KNOWN:
	case SCAN_STATISTICS:
	case SCAN_STOP:
	case SCAN_BUSY:
	case SCAN_RELAY:
	case SCAN_TEXT:
	case SCAN_END:
		return OK;
	}
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	enum scan_side from = data[0] & 1 ? SCAN_SERVER : SCAN_CLIENT;

	data++;
	size--;
	while (size >= SCAN_HEADER_SIZE) {
		enum scan_type type;
		size_t len;

		if (scan_get_header(data, from, &type, &len) != OK || len > size - SCAN_HEADER_SIZE)
			break;
		if (get_body(type, data + SCAN_HEADER_SIZE, len) != OK)
			break;
		data += SCAN_HEADER_SIZE + len;
		size -= SCAN_HEADER_SIZE + len;
	}
	return 0;
}
