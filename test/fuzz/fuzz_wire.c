/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of either side, as a peer would get them: the first byte says which side sends. What a get accepts, put
 * gives back byte for byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire.h"

static void
check_same(struct buffer *b, const unsigned char *p, size_t len)
{
	if (b->len != WIRE_HEADER_SIZE + len || memcmp(b->data + WIRE_HEADER_SIZE, p, len) != 0)
		abort();
	buffer_release(b);
}

static enum err
get_hello(const unsigned char *p, size_t len)
{
	struct wire_hello m;
	struct buffer b = {0};
	enum err e = wire_get_hello(p, len, &m);

	if (e != OK)
		return e;
	wire_put_hello(&b, &m);
	check_same(&b, p, len);
	wire_hello_release(&m);
	return OK;
}

static enum err
get_job(const unsigned char *p, size_t len)
{
	struct wire_job m;
	struct buffer b = {0};
	enum err e = wire_get_job(p, len, &m);

	if (e != OK)
		return e;
	wire_put_job(&b, &m);
	check_same(&b, p, len);
	wire_job_release(&m);
	return OK;
}

static enum err
get_file(const unsigned char *p, size_t len)
{
	struct wire_file m;
	struct buffer b = {0};
	enum err e = wire_get_file(p, len, &m);

	if (e != OK)
		return e;
	wire_put_file(&b, &m);
	check_same(&b, p, len);
	wire_file_release(&m);
	return OK;
}

static enum err
get_refused(const unsigned char *p, size_t len)
{
	struct wire_refused m;
	struct buffer b = {0};
	enum err e = wire_get_refused(p, len, &m);

	if (e != OK)
		return e;
	wire_put_refused(&b, &m);
	check_same(&b, p, len);
	wire_refused_release(&m);
	return OK;
}

static enum err
get_want(const unsigned char *p, size_t len)
{
	struct wire_want m;
	struct buffer b = {0};
	enum err e = wire_get_want(p, len, &m);

	if (e != OK)
		return e;
	wire_put_want(&b, &m);
	check_same(&b, p, len);
	wire_want_release(&m);
	return OK;
}

static enum err
get_proof(const unsigned char *p, size_t len)
{
	struct wire_proof m;
	struct buffer b = {0};
	enum err e = wire_get_proof(p, len, &m);

	if (e != OK)
		return e;
	wire_put_proof(&b, &m);
	check_same(&b, p, len);
	return OK;
}

static enum err
get_numbers(enum wire_type type, const unsigned char *p, size_t len)
{
	struct wire_end end;
	struct wire_queued queued;
	struct wire_result result;
	struct wire_run run;
	struct buffer b = {0};
	enum err e = type == WIRE_END      ? wire_get_end(p, len, &end)
	             : type == WIRE_QUEUED ? wire_get_queued(p, len, &queued)
	             : type == WIRE_RUN    ? wire_get_run(p, len, &run)
	                                   : wire_get_result(p, len, &result);

	if (e != OK)
		return e;
	if (type == WIRE_END)
		wire_put_end(&b, &end);
	else if (type == WIRE_QUEUED)
		wire_put_queued(&b, &queued);
	else if (type == WIRE_RUN)
		wire_put_run(&b, &run);
	else
		wire_put_result(&b, &result);
	check_same(&b, p, len);
	return OK;
}

static enum err
get_body(enum wire_type type, const unsigned char *p, size_t len)
{
	switch (type) {
	case WIRE_HELLO:
		return get_hello(p, len);
	case WIRE_JOB:
		return get_job(p, len);
	case WIRE_FILE:
		return get_file(p, len);
	case WIRE_REFUSED:
		return get_refused(p, len);
	case WIRE_END:
	case WIRE_QUEUED:
	case WIRE_RUN:
	case WIRE_RESULT:
		return get_numbers(type, p, len);
	case WIRE_WANT:
		return get_want(p, len);
	case WIRE_PROOF:
		return get_proof(p, len);
	case WIRE_DATA:
	case WIRE_COMPILE:
	case WIRE_MANIFEST:
		return OK;
	}
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	enum wire_side from = data[0] & 1 ? WIRE_VOLUNTEER : WIRE_CLIENT;

	data++;
	size--;
	while (size >= WIRE_HEADER_SIZE) {
		enum wire_type type;
		size_t len;

		if (wire_get_header(data, from, &type, &len) != OK || len > size - WIRE_HEADER_SIZE)
			break;
		if (get_body(type, data + WIRE_HEADER_SIZE, len) != OK)
			break;
		data += WIRE_HEADER_SIZE + len;
		size -= WIRE_HEADER_SIZE + len;
	}
	return 0;
}
