/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"
#include "xalloc.h"

static void
fill_request(struct scan_request *m)
{
	*m = (struct scan_request){.version = SCAN_VERSION,
	                           .host = xstrdup("tcp_red_3632"),
	                           .compiler = xstrdup("/usr/bin/gcc"),
	                           .cwd = xstrdup("/w")};
	strv_add(&m->argv, "gcc");
	strv_add(&m->argv, "-c");
	strv_add(&m->argv, "a.c");
	strv_add(&m->env, "PWD=/w");
	strv_add(&m->names, "a.c");
}

static const unsigned char *
body_of(const struct buffer *b, enum scan_side from, enum scan_type wanted, size_t *len)
{
	enum scan_type type;

	assert_true(b->len >= SCAN_HEADER_SIZE);
	assert_int_equal(scan_get_header(b->data, from, &type, len), OK);
	assert_int_equal(type, wanted);
	assert_int_equal(b->len, SCAN_HEADER_SIZE + *len);
	return b->data + SCAN_HEADER_SIZE;
}

static void
a_request_comes_back(void **state)
{
	struct scan_request in, out;
	struct buffer b = {0};
	size_t len;

	(void)state;
	fill_request(&in);
	scan_put_request(&b, SCAN_DIFFERS, &in);
	const unsigned char *p = body_of(&b, SCAN_CLIENT, SCAN_DIFFERS, &len);

	assert_int_equal(scan_get_request(p, len, &out), OK);
	assert_string_equal(out.host, "tcp_red_3632");
	assert_string_equal(out.compiler, "/usr/bin/gcc");
	assert_string_equal(out.cwd, "/w");
	assert_int_equal(out.argv.count, 3);
	assert_string_equal(out.env.items[0], "PWD=/w");
	assert_string_equal(out.names.items[0], "a.c");
	scan_request_release(&in);
	scan_request_release(&out);
	buffer_release(&b);
}

static void
a_request_of_another_version_is_refused_whatever_follows(void **state)
{
	static const unsigned char body[] = {0, 0, 0, SCAN_VERSION + 1, 0xff};
	struct scan_request m;

	(void)state;
	assert_int_equal(scan_get_request(body, sizeof(body), &m), ERR_USAGE);
}

/* As fill_request, but for one thing. */
static enum err
get_altered(void (*alter)(struct scan_request *m))
{
	struct scan_request m;
	struct buffer b = {0};

	fill_request(&m);
	alter(&m);
	scan_put_request(&b, SCAN_ASK, &m);
	scan_request_release(&m);
	enum err e = scan_get_request(b.data + SCAN_HEADER_SIZE, b.len - SCAN_HEADER_SIZE, &m);

	scan_request_release(&m);
	buffer_release(&b);
	return e;
}

static void
make_cwd_relative(struct scan_request *m)
{
	m->cwd[0] = 'w';
}

static void
leave_the_compiler_alone(struct scan_request *m)
{
	while (m->argv.count > 1)
		strv_remove(&m->argv, 1);
}

static void
name_no_compiler(struct scan_request *m)
{
	m->compiler[0] = '\0';
}

static void
a_request_that_cannot_be_scanned_is_refused(void **state)
{
	(void)state;
	assert_int_equal(get_altered(make_cwd_relative), ERR_PROTOCOL);
	assert_int_equal(get_altered(leave_the_compiler_alone), ERR_PROTOCOL);
	assert_int_equal(get_altered(name_no_compiler), ERR_PROTOCOL);
}

static void
a_request_cut_anywhere_is_refused(void **state)
{
	struct scan_request m, out;
	struct buffer b = {0};

	(void)state;
	fill_request(&m);
	scan_put_request(&b, SCAN_ASK, &m);
	for (size_t n = 0; n < b.len - SCAN_HEADER_SIZE; n++)
		assert_int_not_equal(scan_get_request(b.data + SCAN_HEADER_SIZE, n, &out), OK);
	scan_request_release(&m);
	buffer_release(&b);
}

static void
an_answer_comes_back(void **state)
{
	char word[] = "counter", detail[] = "a.h:1: __COUNTER__";
	struct scan_answer in = {.verdict = SCAN_HERE, .word = word, .detail = detail}, out;
	struct buffer b = {0};
	size_t len;

	(void)state;
	memset(in.expected, 1, sizeof(in.expected));
	memset(in.expected_user, 2, sizeof(in.expected_user));
	scan_put_answer(&b, &in);
	const unsigned char *p = body_of(&b, SCAN_SERVER, SCAN_ANSWER, &len);

	assert_int_equal(scan_get_answer(p, len, &out), OK);
	assert_int_equal(out.verdict, SCAN_HERE);
	assert_string_equal(out.word, "counter");
	assert_string_equal(out.detail, "a.h:1: __COUNTER__");
	assert_memory_equal(out.expected, in.expected, sizeof(in.expected));
	assert_memory_equal(out.expected_user, in.expected_user, sizeof(in.expected));
	scan_answer_release(&out);
	for (size_t n = 0; n < len; n++)
		assert_int_not_equal(scan_get_answer(p, n, &out), OK);
	buffer_release(&b);
}

static void
an_unknown_verdict_is_refused(void **state)
{
	char none[] = "";
	struct scan_answer in = {.verdict = SCAN_VERDICTS, .word = none, .detail = none}, out;
	struct buffer b = {0};

	(void)state;
	scan_put_answer(&b, &in);
	assert_int_equal(scan_get_answer(b.data + SCAN_HEADER_SIZE, b.len - SCAN_HEADER_SIZE, &out),
	                 ERR_PROTOCOL);
	buffer_release(&b);
}

static void
wanted_numbers_come_back_when_they_rise(void **state)
{
	uint32_t rising[] = {0, 3, 70000}, falling[] = {3, 3};
	struct scan_want in = {rising, 3}, out;
	struct buffer b = {0};
	size_t len;

	(void)state;
	scan_put_want(&b, &in);
	const unsigned char *p = body_of(&b, SCAN_CLIENT, SCAN_WANT, &len);

	assert_int_equal(scan_get_want(p, len, &out), OK);
	assert_int_equal(out.count, 3);
	assert_int_equal(out.numbers[2], 70000);
	scan_want_release(&out);
	assert_int_equal(scan_get_want(p, len - 1, &out), ERR_PROTOCOL);
	assert_int_equal(scan_get_want(p, 0, &out), ERR_PROTOCOL);
	buffer_clear(&b);
	in = (struct scan_want){falling, 2};
	scan_put_want(&b, &in);
	assert_int_equal(scan_get_want(b.data + SCAN_HEADER_SIZE, 8, &out), ERR_PROTOCOL);
	buffer_release(&b);
}

static void
long_texts_go_in_pieces(void **state)
{
	size_t size = SCAN_PIECE_MAX + 7, len;
	char *text = xcalloc(1, size);
	struct buffer b = {0};
	enum scan_type type;

	(void)state;
	scan_put_bytes(&b, SCAN_RELAY, text, size);
	assert_int_equal(scan_get_header(b.data, SCAN_SERVER, &type, &len), OK);
	assert_int_equal(type, SCAN_RELAY);
	assert_int_equal(len, SCAN_PIECE_MAX);
	assert_int_equal(scan_get_header(b.data + SCAN_HEADER_SIZE + len, SCAN_SERVER, &type, &len), OK);
	assert_int_equal(len, 7);
	assert_int_equal(b.len, size + (size_t)2 * SCAN_HEADER_SIZE);
	free(text);
	buffer_release(&b);
}

static void
each_side_has_its_own_types(void **state)
{
	unsigned char header[SCAN_HEADER_SIZE] = {0};
	enum scan_type type;
	size_t len;

	(void)state;
	for (unsigned t = 0; t < 256; t++) {
		header[4] = (unsigned char)t;
		bool is_client = t >= SCAN_ASK && t <= SCAN_STOP;
		bool is_server = t >= SCAN_BUSY && t <= SCAN_END;

		assert_int_equal(scan_get_header(header, SCAN_CLIENT, &type, &len) == OK, is_client);
		assert_int_equal(scan_get_header(header, SCAN_SERVER, &type, &len) == OK, is_server);
	}
}

static void
a_body_over_its_bound_is_a_limit(void **state)
{
	struct buffer b = {0};
	enum scan_type type;
	size_t len;

	(void)state;
	scan_put_empty(&b, SCAN_KNOWN);
	b.data[3] = 1;
	assert_int_equal(scan_get_header(b.data, SCAN_CLIENT, &type, &len), ERR_LIMIT);
	b.data[0] = 0xff;
	b.data[4] = SCAN_ASK;
	assert_int_equal(scan_get_header(b.data, SCAN_CLIENT, &type, &len), ERR_LIMIT);
	buffer_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_back),
		cmocka_unit_test(a_request_of_another_version_is_refused_whatever_follows),
		cmocka_unit_test(a_request_that_cannot_be_scanned_is_refused),
		cmocka_unit_test(a_request_cut_anywhere_is_refused),
		cmocka_unit_test(an_answer_comes_back),
		cmocka_unit_test(an_unknown_verdict_is_refused),
		cmocka_unit_test(wanted_numbers_come_back_when_they_rise),
		cmocka_unit_test(long_texts_go_in_pieces),
		cmocka_unit_test(each_side_has_its_own_types),
		cmocka_unit_test(a_body_over_its_bound_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
