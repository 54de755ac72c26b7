/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"
#include "xalloc.h"

/* The get of a message whose contents are of no interest. */
typedef enum err (*get_fn)(const unsigned char *p, size_t len);

static enum err
get_hello(const unsigned char *p, size_t len)
{
	struct wire_hello m;
	enum err e = wire_get_hello(p, len, &m);

	wire_hello_release(&m);
	return e;
}

static enum err
get_job(const unsigned char *p, size_t len)
{
	struct wire_job m;
	enum err e = wire_get_job(p, len, &m);

	wire_job_release(&m);
	return e;
}

static enum err
get_file(const unsigned char *p, size_t len)
{
	struct wire_file m;
	enum err e = wire_get_file(p, len, &m);

	wire_file_release(&m);
	return e;
}

static enum err
get_end(const unsigned char *p, size_t len)
{
	struct wire_end m;

	return wire_get_end(p, len, &m);
}

static enum err
get_queued(const unsigned char *p, size_t len)
{
	struct wire_queued m;

	return wire_get_queued(p, len, &m);
}

static enum err
get_run(const unsigned char *p, size_t len)
{
	struct wire_run m;

	return wire_get_run(p, len, &m);
}

static enum err
get_result(const unsigned char *p, size_t len)
{
	struct wire_result m;

	return wire_get_result(p, len, &m);
}

static enum err
get_want(const unsigned char *p, size_t len)
{
	struct wire_want m;
	enum err e = wire_get_want(p, len, &m);

	wire_want_release(&m);
	return e;
}

static enum err
get_proof(const unsigned char *p, size_t len)
{
	struct wire_proof m;

	return wire_get_proof(p, len, &m);
}

static enum err
get_refused(const unsigned char *p, size_t len)
{
	struct wire_refused m;
	enum err e = wire_get_refused(p, len, &m);

	wire_refused_release(&m);
	return e;
}

/* From memory of exactly len bytes, so that a sanitizer sees a byte too many. */
static enum err
get_copy(get_fn get, const unsigned char *p, size_t len)
{
	unsigned char *copy = xmalloc(len);

	if (len != 0)
		memcpy(copy, p, len);
	enum err e = get(copy, len);

	free(copy);
	return e;
}

/* The frame in b: its header is right for its sender, each shorter body and a longer one are refused. */
static void
check_frame(struct buffer *b, enum wire_side from, enum wire_type wanted, get_fn get)
{
	enum wire_type type;
	size_t len;

	assert_int_equal(wire_get_header(b->data, from, &type, &len), OK);
	assert_int_equal(type, wanted);
	assert_int_equal(len, b->len - WIRE_HEADER_SIZE);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(get_copy(get, b->data + WIRE_HEADER_SIZE, n), ERR_PROTOCOL);
	assert_int_equal(get_copy(get, b->data + WIRE_HEADER_SIZE, len), OK);
	buffer_add(b, "", 1);
	assert_int_equal(get_copy(get, b->data + WIRE_HEADER_SIZE, len + 1), ERR_PROTOCOL);
	b->len--;
}

static const unsigned char *
body(const struct buffer *b)
{
	return b->data + WIRE_HEADER_SIZE;
}

static size_t
body_len(const struct buffer *b)
{
	return b->len - WIRE_HEADER_SIZE;
}

/* Each message comes back as it went, and in no other length. */

static void
hello_round_trips(void **state)
{
	char software[] = "dccd 0.1.0";
	const struct wire_hello m = {1, 0x8000000000000001U, software, 10, 3, 4294967295U};
	struct wire_hello got;
	struct buffer b = {0};

	(void)state;
	wire_put_hello(&b, &m);
	check_frame(&b, WIRE_CLIENT, WIRE_HELLO, get_hello);
	check_frame(&b, WIRE_VOLUNTEER, WIRE_HELLO, get_hello);
	assert_int_equal(wire_get_hello(body(&b), body_len(&b), &got), OK);
	assert_int_equal(got.version, 1);
	assert_true(got.features == m.features);
	assert_string_equal(got.software, software);
	assert_int_equal(got.slots, 10);
	assert_int_equal(got.running, 3);
	assert_int_equal(got.queued, 4294967295U);
	wire_hello_release(&got);
	wire_hello_release(&got);
	buffer_release(&b);
}

static void
fill_job(struct wire_job *m)
{
	*m = (struct wire_job){.source = 2, .language = 1, .form = ARGS_FORM_CPP, .umask = 022};
	m->digest = xstrdup("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	m->cwd = xstrdup("/home/me");
	strv_add(&m->argv, "g++");
	strv_add(&m->argv, "-c");
	strv_add(&m->argv, "a b.cc");
	strv_add(&m->argv, "");
	strv_add(&m->env, "LANG=C");
	strv_add(&m->outputs, "a.o");
}

static void
job_round_trips(void **state)
{
	struct wire_job m, got;
	struct buffer b = {0};

	(void)state;
	fill_job(&m);
	wire_put_job(&b, &m);
	check_frame(&b, WIRE_CLIENT, WIRE_JOB, get_job);
	assert_int_equal(wire_get_job(body(&b), body_len(&b), &got), OK);
	assert_string_equal(got.digest, m.digest);
	assert_string_equal(got.cwd, "/home/me");
	assert_int_equal(got.argv.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(got.argv.items[i], m.argv.items[i]);
	assert_null(got.argv.items[4]);
	assert_int_equal(got.env.count, 1);
	assert_string_equal(got.env.items[0], "LANG=C");
	assert_int_equal(got.outputs.count, 1);
	assert_string_equal(got.outputs.items[0], "a.o");
	assert_int_equal(got.source, 2);
	assert_int_equal(got.language, 1);
	assert_int_equal(got.form, ARGS_FORM_CPP);
	assert_int_equal(got.umask, 022);
	wire_job_release(&got);
	wire_job_release(&got);
	wire_job_release(&m);
	buffer_release(&b);
}

static void
file_round_trips(void **state)
{
	char path[] = "/home/me/a.o", none[] = "";
	const struct wire_file output = {WIRE_ROLE_OUTPUT, 0644, path};
	const struct wire_file text = {WIRE_ROLE_TEXT, 0, none};
	struct wire_file got;
	struct buffer b = {0};

	(void)state;
	wire_put_file(&b, &output);
	check_frame(&b, WIRE_VOLUNTEER, WIRE_FILE, get_file);
	assert_int_equal(wire_get_file(body(&b), body_len(&b), &got), OK);
	assert_int_equal(got.role, WIRE_ROLE_OUTPUT);
	assert_int_equal(got.mode, 0644);
	assert_string_equal(got.path, path);
	wire_file_release(&got);
	buffer_clear(&b);
	wire_put_file(&b, &text);
	check_frame(&b, WIRE_CLIENT, WIRE_FILE, get_file);
	buffer_release(&b);
}

static void
end_round_trips(void **state)
{
	const struct wire_end m = {0x123456789abcdef0U};
	struct wire_end got;
	struct buffer b = {0};

	(void)state;
	wire_put_end(&b, &m);
	check_frame(&b, WIRE_CLIENT, WIRE_END, get_end);
	check_frame(&b, WIRE_VOLUNTEER, WIRE_END, get_end);
	assert_int_equal(wire_get_end(body(&b), body_len(&b), &got), OK);
	assert_true(got.size == m.size);
	buffer_release(&b);
}

static void
queued_round_trips(void **state)
{
	const struct wire_queued m = {258};
	struct wire_queued got;
	struct buffer b = {0};

	(void)state;
	wire_put_queued(&b, &m);
	check_frame(&b, WIRE_VOLUNTEER, WIRE_QUEUED, get_queued);
	assert_int_equal(wire_get_queued(body(&b), body_len(&b), &got), OK);
	assert_int_equal(got.ahead, 258);
	buffer_release(&b);
}

static void
run_round_trips(void **state)
{
	const struct wire_run m = {0x0102030405060708};
	struct wire_run got;
	struct buffer b = {0};

	(void)state;
	wire_put_run(&b, &m);
	check_frame(&b, WIRE_CLIENT, WIRE_RUN, get_run);
	assert_int_equal(wire_get_run(body(&b), body_len(&b), &got), OK);
	assert_int_equal(got.sum, m.sum);
	buffer_release(&b);
}

static void
result_round_trips(void **state)
{
	const struct wire_result m = {139, 11, 1, (uint64_t)1 << 40, 3, UINT64_MAX, 77};
	struct wire_result got;
	struct buffer b = {0};

	(void)state;
	wire_put_result(&b, &m);
	check_frame(&b, WIRE_VOLUNTEER, WIRE_RESULT, get_result);
	assert_int_equal(wire_get_result(body(&b), body_len(&b), &got), OK);
	assert_int_equal(got.exit_code, 139);
	assert_int_equal(got.signal_number, 11);
	assert_true(got.cpu_us == 1 && got.peak_kb == (uint64_t)1 << 40 && got.wait_us == 3 &&
	            got.wall_us == UINT64_MAX && got.sum == 77);
	buffer_release(&b);
}

static void
refused_round_trips(void **state)
{
	char text[] = "not among the compilers here";
	const struct wire_refused m = {REASON_COMPILER, text};
	struct wire_refused got;
	struct buffer b = {0};

	(void)state;
	wire_put_refused(&b, &m);
	check_frame(&b, WIRE_VOLUNTEER, WIRE_REFUSED, get_refused);
	assert_int_equal(wire_get_refused(body(&b), body_len(&b), &got), OK);
	assert_int_equal(got.reason, REASON_COMPILER);
	assert_string_equal(got.text, text);
	wire_refused_release(&got);
	wire_refused_release(&got);
	buffer_release(&b);
}

static void
frames_follow_each_other(void **state)
{
	static const unsigned char wanted[] = {0, 0, 0, 8, WIRE_RUN, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, WIRE_COMPILE,
	                                       0, 0, 0, 4, WIRE_QUEUED, 0, 0, 0, 7};
	struct buffer b = {0};

	(void)state;
	wire_put_run(&b, &(struct wire_run){9});
	wire_put_empty(&b, WIRE_COMPILE);
	wire_put_queued(&b, &(struct wire_queued){7});
	assert_int_equal(b.len, sizeof(wanted));
	assert_memory_equal(b.data, wanted, sizeof(wanted));
	buffer_release(&b);
}

static void
want_round_trips(void **state)
{
	uint32_t numbers[] = {0, 7, 0xfffffffeU};
	struct wire_want m = {numbers, 3};
	struct wire_want got;
	struct buffer b = {0};

	(void)state;
	wire_put_want(&b, &m);
	assert_int_equal(wire_get_want(b.data + WIRE_HEADER_SIZE, b.len - WIRE_HEADER_SIZE, &got), OK);
	assert_int_equal(got.count, 3);
	assert_memory_equal(got.numbers, numbers, sizeof(numbers));
	wire_want_release(&got);
	check_frame(&b, WIRE_VOLUNTEER, WIRE_WANT, get_want);
	buffer_release(&b);
}

static void
proof_round_trips(void **state)
{
	struct wire_proof m = {.kind = WIRE_PROOF_USER};
	struct wire_proof got;
	struct buffer b = {0};

	(void)state;
	memset(m.digest, 0xc5, sizeof(m.digest));
	wire_put_proof(&b, &m);
	assert_int_equal(wire_get_proof(b.data + WIRE_HEADER_SIZE, b.len - WIRE_HEADER_SIZE, &got), OK);
	assert_int_equal(got.kind, WIRE_PROOF_USER);
	assert_memory_equal(got.digest, m.digest, sizeof(m.digest));
	check_frame(&b, WIRE_VOLUNTEER, WIRE_PROOF, get_proof);
	buffer_release(&b);
}

static void
a_manifest_is_carried_as_it_is(void **state)
{
	struct buffer b = {0};
	enum wire_type type;
	size_t len;

	(void)state;
	wire_put_manifest(&b, "zstd", 4);
	assert_int_equal(wire_get_header(b.data, WIRE_CLIENT, &type, &len), OK);
	assert_int_equal(type, WIRE_MANIFEST);
	assert_int_equal(len, 4);
	assert_memory_equal(b.data + WIRE_HEADER_SIZE, "zstd", 4);
	buffer_release(&b);
}

/* Headers. */

static enum err
get_header(size_t len, unsigned type, enum wire_side from)
{
	const unsigned char bytes[WIRE_HEADER_SIZE] = {
		(unsigned char)(len >> 24), (unsigned char)(len >> 16), (unsigned char)(len >> 8),
		(unsigned char)len, (unsigned char)type};
	enum wire_type got;
	size_t got_len;
	enum err e = wire_get_header(bytes, from, &got, &got_len);

	if (e == OK) {
		assert_int_equal(got, type);
		assert_int_equal(got_len, len);
	}
	return e;
}

static const struct {
	enum wire_type type;
	size_t max;
	bool from_client;
	bool from_volunteer;
} rules[] = {
	{WIRE_HELLO, 65536, true, true},     {WIRE_JOB, 4194304, true, false},
	{WIRE_FILE, 65536, true, true},      {WIRE_DATA, 65536, true, true},
	{WIRE_END, 65536, true, true},       {WIRE_RUN, 65536, true, false},
	{WIRE_QUEUED, 65536, false, true},   {WIRE_COMPILE, 0, false, true},
	{WIRE_RESULT, 65536, false, true},   {WIRE_REFUSED, 65536, false, true},
	{WIRE_MANIFEST, 4194304, true, false}, {WIRE_WANT, 1048576, false, true},
	{WIRE_PROOF, 65536, false, true},
};

static void
each_side_sends_its_own_messages_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		assert_int_equal(get_header(0, rules[i].type, WIRE_CLIENT),
		                 rules[i].from_client ? OK : ERR_PROTOCOL);
		assert_int_equal(get_header(0, rules[i].type, WIRE_VOLUNTEER),
		                 rules[i].from_volunteer ? OK : ERR_PROTOCOL);
	}
}

static void
each_message_has_its_bound(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		enum wire_side from = rules[i].from_client ? WIRE_CLIENT : WIRE_VOLUNTEER;

		assert_int_equal(get_header(rules[i].max, rules[i].type, from), OK);
		assert_int_equal(get_header(rules[i].max + 1, rules[i].type, from), ERR_LIMIT);
		assert_int_equal(get_header(0xffffffffU, rules[i].type, from), ERR_LIMIT);
	}
}

static void
numbers_that_are_no_type_are_refused(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		if (type >= WIRE_HELLO && type <= WIRE_PROOF)
			continue;
		assert_int_equal(get_header(0, type, WIRE_CLIENT), ERR_PROTOCOL);
		assert_int_equal(get_header(0, type, WIRE_VOLUNTEER), ERR_PROTOCOL);
	}
}

static void
a_data_header_names_its_length(void **state)
{
	unsigned char header[WIRE_HEADER_SIZE];
	enum wire_type type;
	size_t len;

	(void)state;
	wire_put_data_header(header, WIRE_DATA_MAX);
	assert_int_equal(wire_get_header(header, WIRE_VOLUNTEER, &type, &len), OK);
	assert_int_equal(type, WIRE_DATA);
	assert_int_equal(len, WIRE_DATA_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_round_trips),
		cmocka_unit_test(job_round_trips),
		cmocka_unit_test(file_round_trips),
		cmocka_unit_test(end_round_trips),
		cmocka_unit_test(queued_round_trips),
		cmocka_unit_test(run_round_trips),
		cmocka_unit_test(result_round_trips),
		cmocka_unit_test(refused_round_trips),
		cmocka_unit_test(want_round_trips),
		cmocka_unit_test(proof_round_trips),
		cmocka_unit_test(a_manifest_is_carried_as_it_is),
		cmocka_unit_test(frames_follow_each_other),
		cmocka_unit_test(each_side_sends_its_own_messages_only),
		cmocka_unit_test(each_message_has_its_bound),
		cmocka_unit_test(numbers_that_are_no_type_are_refused),
		cmocka_unit_test(a_data_header_names_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
