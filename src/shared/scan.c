/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Put and get of the include server's messages, one pair each, beside a comment with the layout of
 * the body. Both sides are of one user and mostly of one build: a version that does not fit is answered with a close.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "scan.h"
#include "xalloc.h"

static const struct rule {
	size_t max;
	bool from_client;
	bool from_server;
} rules[] = {
	[SCAN_ASK] = {SCAN_REQUEST_MAX, true, false},
	[SCAN_WANT] = {SCAN_REQUEST_MAX, true, false},
	[SCAN_KNOWN] = {0, true, false},
	[SCAN_LIST] = {SCAN_REQUEST_MAX, true, false},
	[SCAN_DIFFERS] = {SCAN_REQUEST_MAX, true, false},
	[SCAN_STATISTICS] = {0, true, false},
	[SCAN_STOP] = {0, true, false},
	[SCAN_BUSY] = {0, false, true},
	[SCAN_ANSWER] = {SCAN_PIECE_MAX, false, true},
	[SCAN_RELAY] = {SCAN_PIECE_MAX, false, true},
	[SCAN_TEXT] = {SCAN_PIECE_MAX, false, true},
	[SCAN_END] = {0, false, true},
};

enum err
scan_get_header(const unsigned char bytes[SCAN_HEADER_SIZE], enum scan_side from,
                enum scan_type *type, size_t *len)
{
	size_t n = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
	unsigned t = bytes[4];

	if (t >= sizeof(rules) / sizeof(rules[0]))
		return ERR_PROTOCOL;
	if (from == SCAN_CLIENT ? !rules[t].from_client : !rules[t].from_server)
		return ERR_PROTOCOL;
	if (n > rules[t].max)
		return ERR_LIMIT;
	*type = (enum scan_type)t;
	*len = n;
	return OK;
}

static void
fill_header(unsigned char header[SCAN_HEADER_SIZE], enum scan_type type, size_t len)
{
	header[0] = (unsigned char)(len >> 24);
	header[1] = (unsigned char)(len >> 16);
	header[2] = (unsigned char)(len >> 8);
	header[3] = (unsigned char)len;
	header[4] = (unsigned char)type;
}

/* Room for a header; finish fills it in once the body's length is known. */
static size_t
begin(struct buffer *b)
{
	static const unsigned char blank[SCAN_HEADER_SIZE];
	size_t start = b->len;

	buffer_add(b, blank, sizeof(blank));
	return start;
}

static void
finish(struct buffer *b, size_t start, enum scan_type type)
{
	fill_header(b->data + start, type, b->len - start - SCAN_HEADER_SIZE);
}

/* Ask, List, Differs: u32 version | string host | string compiler | string cwd | list argv | list env | list names */
void
scan_put_request(struct buffer *b, enum scan_type type, const struct scan_request *m)
{
	size_t start = begin(b);

	field_put_u32(b, m->version);
	field_put_string(b, m->host);
	field_put_string(b, m->compiler);
	field_put_string(b, m->cwd);
	field_put_list(b, &m->argv);
	field_put_list(b, &m->env);
	field_put_list(b, &m->names);
	finish(b, start, type);
}

/* Something that can be scanned? */
static bool
is_sound(const struct scan_request *m)
{
	return m->argv.count > 1 && m->cwd[0] == '/' && m->compiler[0] != '\0';
}

enum err
scan_get_request(const unsigned char *p, size_t len, struct scan_request *m)
{
	struct field_cursor c = {p, len, OK};

	*m = (struct scan_request){0};
	m->version = field_get_u32(&c);
	/* Of another version nothing else is known, and nothing else is of interest. */
	if (c.e == OK && m->version != SCAN_VERSION)
		return ERR_USAGE;
	m->host = field_get_string(&c, len);
	m->compiler = field_get_string(&c, len);
	m->cwd = field_get_string(&c, len);
	field_get_list(&c, SCAN_LIST_MAX, &m->argv);
	field_get_list(&c, SCAN_LIST_MAX, &m->env);
	field_get_list(&c, SCAN_LIST_MAX, &m->names);
	enum err e = field_done(&c);

	if (e == OK && !is_sound(m))
		e = ERR_PROTOCOL;
	if (e != OK)
		scan_request_release(m);
	return e;
}

void
scan_request_release(struct scan_request *m)
{
	free(m->host);
	free(m->compiler);
	free(m->cwd);
	strv_release(&m->argv);
	strv_release(&m->env);
	strv_release(&m->names);
	*m = (struct scan_request){0};
}

/* Answer: u32 verdict | string word | string detail | 32 bytes expected | 32 bytes expected, user's */
void
scan_put_answer(struct buffer *b, const struct scan_answer *m)
{
	size_t start = begin(b);

	field_put_u32(b, m->verdict);
	field_put_string(b, m->word);
	field_put_string(b, m->detail);
	buffer_add(b, m->expected, SCAN_DIGEST_SIZE);
	buffer_add(b, m->expected_user, SCAN_DIGEST_SIZE);
	finish(b, start, SCAN_ANSWER);
}

enum err
scan_get_answer(const unsigned char *p, size_t len, struct scan_answer *m)
{
	struct field_cursor c = {p, len, OK};

	*m = (struct scan_answer){0};
	m->verdict = field_get_u32(&c);
	m->word = field_get_string(&c, len);
	m->detail = field_get_string(&c, len);
	const unsigned char *digests = field_take(&c, (size_t)2 * SCAN_DIGEST_SIZE);
	enum err e = field_done(&c);

	if (e == OK && m->verdict >= SCAN_VERDICTS)
		e = ERR_PROTOCOL;
	if (e != OK) {
		scan_answer_release(m);
		return e;
	}
	memcpy(m->expected, digests, SCAN_DIGEST_SIZE);
	memcpy(m->expected_user, digests + SCAN_DIGEST_SIZE, SCAN_DIGEST_SIZE);
	return OK;
}

void
scan_answer_release(struct scan_answer *m)
{
	free(m->word);
	free(m->detail);
	*m = (struct scan_answer){0};
}

/* Want: u32 each */
void
scan_put_want(struct buffer *b, const struct scan_want *m)
{
	size_t start = begin(b);

	for (size_t i = 0; i < m->count; i++)
		field_put_u32(b, m->numbers[i]);
	finish(b, start, SCAN_WANT);
}

enum err
scan_get_want(const unsigned char *p, size_t len, struct scan_want *m)
{
	struct field_cursor c = {p, len, OK};
	size_t count = len / 4;

	*m = (struct scan_want){0};
	if (len % 4 != 0 || count == 0)
		return ERR_PROTOCOL;
	m->numbers = xcalloc(count, sizeof(*m->numbers));
	m->count = count;
	for (size_t i = 0; i < count; i++) {
		m->numbers[i] = field_get_u32(&c);
		if (i != 0 && m->numbers[i] <= m->numbers[i - 1])
			c.e = ERR_PROTOCOL;
	}
	enum err e = field_done(&c);

	if (e != OK)
		scan_want_release(m);
	return e;
}

void
scan_want_release(struct scan_want *m)
{
	free(m->numbers);
	*m = (struct scan_want){0};
}

void
scan_put_empty(struct buffer *b, enum scan_type type)
{
	finish(b, begin(b), type);
}

void
scan_put_bytes(struct buffer *b, enum scan_type type, const void *data, size_t len)
{
	unsigned char header[SCAN_HEADER_SIZE];
	const unsigned char *p = data;

	while (len != 0) {
		size_t n = len < SCAN_PIECE_MAX ? len : SCAN_PIECE_MAX;

		fill_header(header, type, n);
		buffer_add(b, header, sizeof(header));
		buffer_add(b, p, n);
		p += n;
		len -= n;
	}
}
