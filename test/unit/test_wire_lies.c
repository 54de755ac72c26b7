/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a peer that lies: wrong lengths, counts and values. */
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
put_number(struct buffer *b, uint32_t v)
{
	const unsigned char bytes[] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
	                               (unsigned char)(v >> 8), (unsigned char)v};

	buffer_add(b, bytes, sizeof(bytes));
}

static void
put_text(struct buffer *b, const char *text)
{
	put_number(b, (uint32_t)strlen(text));
	buffer_add_string(b, text);
}

static void
strings_keep_their_limits(void **state)
{
	(void)state;
	for (size_t len = 4095; len <= 4097; len++) {
		struct buffer b = {0};
		char *text = xcalloc(len + 1, 1);

		memset(text, 'x', len);
		wire_put_refused(&b, &(struct wire_refused){1, text});
		assert_int_equal(get_refused(body(&b), body_len(&b)), len <= 4096 ? OK : ERR_LIMIT);
		buffer_clear(&b);
		text[0] = '/';
		wire_put_file(&b, &(struct wire_file){WIRE_ROLE_OUTPUT, 0644, text});
		assert_int_equal(get_file(body(&b), body_len(&b)), len <= WIRE_PATH_MAX ? OK : ERR_LIMIT);
		free(text);
		buffer_release(&b);
	}
	for (size_t len = 256; len <= 257; len++) {
		struct buffer b = {0};
		char *text = xcalloc(len + 1, 1);

		memset(text, 'x', len);
		wire_put_hello(&b, &(struct wire_hello){.version = 1, .software = text});
		assert_int_equal(get_hello(body(&b), body_len(&b)), len <= 256 ? OK : ERR_LIMIT);
		free(text);
		buffer_release(&b);
	}
}

static void
a_string_that_lies_about_its_length_is_refused(void **state)
{
	static const uint32_t lengths[] = {5, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct buffer b = {0};

		put_number(&b, REASON_FULL);
		put_number(&b, lengths[i]);
		buffer_add_string(&b, "four");
		assert_int_equal(get_copy(get_refused, b.data, b.len),
		                 lengths[i] <= 4096 ? ERR_PROTOCOL : ERR_LIMIT);
		buffer_release(&b);
	}
}

static void
a_string_with_a_nul_is_refused(void **state)
{
	struct buffer b = {0};

	(void)state;
	put_number(&b, REASON_FULL);
	put_number(&b, 3);
	buffer_add(&b, "a\0b", 3);
	assert_int_equal(get_copy(get_refused, b.data, b.len), ERR_PROTOCOL);
	buffer_release(&b);
}

static enum err
get_list_of(uint32_t claimed, uint32_t given)
{
	struct buffer b = {0};

	put_text(&b, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	put_number(&b, claimed);
	for (uint32_t i = 0; i < given; i++)
		put_text(&b, "w");
	put_text(&b, "/w");
	put_number(&b, 0);
	put_number(&b, 1);
	put_number(&b, 0);
	put_number(&b, ARGS_FORM_CPP);
	put_number(&b, 022);
	put_number(&b, 0);
	put_number(&b, 0);
	enum err e = get_copy(get_job, b.data, b.len);

	buffer_release(&b);
	return e;
}

static void
a_list_that_lies_about_its_count_is_refused(void **state)
{
	(void)state;
	assert_int_equal(get_list_of(3, 3), OK);
	assert_int_not_equal(get_list_of(2, 3), OK);
	assert_int_equal(get_list_of(4, 3), ERR_PROTOCOL);
	assert_int_equal(get_list_of(WIRE_LIST_MAX, WIRE_LIST_MAX), OK);
	assert_int_equal(get_list_of(WIRE_LIST_MAX + 1, WIRE_LIST_MAX + 1), ERR_LIMIT);
	assert_int_equal(get_list_of(WIRE_LIST_MAX, 3), ERR_PROTOCOL);
	assert_int_equal(get_list_of(0xffffffffU, 3), ERR_LIMIT);
}

/* What a job says must make sense. */

static enum err
get_changed_job(void (*change)(struct wire_job *m))
{
	struct wire_job m;
	struct buffer b = {0};

	fill_job(&m);
	change(&m);
	wire_put_job(&b, &m);
	enum err e = get_copy(get_job, body(&b), body_len(&b));

	wire_job_release(&m);
	buffer_release(&b);
	return e;
}

static void
change_nothing(struct wire_job *m)
{
	(void)m;
}

static void
shorten_digest(struct wire_job *m)
{
	m->digest[63] = '\0';
}

static void
raise_digest(struct wire_job *m)
{
	m->digest[10] = 'A';
}

static void
lengthen_digest(struct wire_job *m)
{
	char *longer = xasprintf("%s0", m->digest);

	free(m->digest);
	m->digest = longer;
}

static void
source_is_compiler(struct wire_job *m)
{
	m->source = 0;
}

static void
source_is_last(struct wire_job *m)
{
	m->source = 3;
}

static void
source_is_behind(struct wire_job *m)
{
	m->source = 4;
}

static void
source_is_far(struct wire_job *m)
{
	m->source = UINT32_MAX;
}

static void
no_arguments(struct wire_job *m)
{
	strv_release(&m->argv);
	m->source = 0;
}

static void
one_argument(struct wire_job *m)
{
	strv_release(&m->argv);
	strv_add(&m->argv, "gcc");
	m->source = 1;
}

static void
relative_cwd(struct wire_job *m)
{
	m->cwd[0] = 'x';
}

static void
empty_cwd(struct wire_job *m)
{
	m->cwd[0] = '\0';
}

static void
largest_umask(struct wire_job *m)
{
	m->umask = 0777;
}

static void
umask_beyond(struct wire_job *m)
{
	m->umask = 01000;
}

static void
form_none(struct wire_job *m)
{
	m->form = 0;
}

static void
form_first(struct wire_job *m)
{
	m->form = ARGS_FORM_AS_IS;
}

static void
form_beyond(struct wire_job *m)
{
	m->form = ARGS_FORM_FILES + 1;
}

static void
a_job_must_make_sense(void **state)
{
	static const struct {
		void (*change)(struct wire_job *m);
		enum err wanted;
	} rows[] = {{change_nothing, OK},
	            {shorten_digest, ERR_PROTOCOL},
	            {raise_digest, ERR_PROTOCOL},
	            {lengthen_digest, ERR_LIMIT},
	            {source_is_compiler, ERR_PROTOCOL},
	            {source_is_last, OK},
	            {source_is_behind, ERR_PROTOCOL},
	            {source_is_far, ERR_PROTOCOL},
	            {no_arguments, ERR_PROTOCOL},
	            {one_argument, ERR_PROTOCOL},
	            {relative_cwd, ERR_PROTOCOL},
	            {empty_cwd, ERR_PROTOCOL},
	            {largest_umask, OK},
	            {umask_beyond, ERR_PROTOCOL},
	            {form_none, ERR_PROTOCOL},
	            {form_first, OK},
	            {form_beyond, ERR_PROTOCOL}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(get_changed_job(rows[i].change), rows[i].wanted);
}

static enum err
get_this_file(uint32_t role, uint32_t mode, const char *path)
{
	struct wire_file m = {role, mode, xstrdup(path)};
	struct buffer b = {0};

	wire_put_file(&b, &m);
	enum err e = get_copy(get_file, body(&b), body_len(&b));

	wire_file_release(&m);
	buffer_release(&b);
	return e;
}

static void
a_file_must_make_sense(void **state)
{
	(void)state;
	assert_int_equal(get_this_file(0, 0, ""), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_STDERR, 0, ""), OK);
	assert_int_equal(get_this_file(WIRE_ROLE_DEPENDENCIES, 0, ""), OK);
	assert_int_equal(get_this_file(WIRE_ROLE_DEPENDENCIES + 1, 0, ""), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_OUTPUT, 0777, "/a"), OK);
	assert_int_equal(get_this_file(WIRE_ROLE_OUTPUT, 04755, "/a"), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_OUTPUT, 0644, "a"), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_OUTPUT, 0644, ""), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_STDOUT, 0, "/a"), ERR_PROTOCOL);
}

static void
an_output_path_must_be_normalised(void **state)
{
	static const char *const paths[] = {"/a/../b", "/..", "/a/./b", "/a//b", "/a/", "/"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(get_this_file(WIRE_ROLE_OUTPUT, 0644, paths[i]), ERR_PROTOCOL);
}

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
a_blob_is_named_by_its_digest(void **state)
{
	(void)state;
	assert_int_equal(get_this_file(WIRE_ROLE_BLOB, 0, DIGEST), OK);
	assert_int_equal(get_this_file(WIRE_ROLE_BLOB, 0, ""), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_BLOB, 0, DIGEST "0"), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_BLOB, 0, &DIGEST[1]), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_BLOB, 0, "F123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_BLOB, 0, "/a"), ERR_PROTOCOL);
	assert_int_equal(get_this_file(WIRE_ROLE_TEXT, 0, DIGEST), ERR_PROTOCOL);
}

static enum err
get_numbers(const char *bytes, size_t len)
{
	return get_copy(get_want, (const unsigned char *)bytes, len);
}

static void
wanted_numbers_rise(void **state)
{
	(void)state;
	assert_int_equal(get_numbers("\0\0\0\1\0\0\0\0", 8), OK);
	assert_int_equal(get_numbers("\0\0\0\0", 4), ERR_PROTOCOL);
	assert_int_equal(get_numbers("\x40\0\0\1\0\0\0\0", 8), ERR_PROTOCOL);
	assert_int_equal(get_numbers("\0\0\0\2\0\0\0\1\0\0\0\2", 12), OK);
	assert_int_equal(get_numbers("\0\0\0\2\0\0\0\2\0\0\0\2", 12), ERR_PROTOCOL);
	assert_int_equal(get_numbers("\0\0\0\2\0\0\0\2\0\0\0\1", 12), ERR_PROTOCOL);
	assert_int_equal(get_numbers("\0\0\0\1\0\0\0\1\0\0\0\2", 12), ERR_PROTOCOL);
}

static void
a_proof_must_make_sense(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind <= WIRE_PROOF_USER + 1; kind++) {
		struct wire_proof m = {.kind = kind};
		struct buffer b = {0};

		wire_put_proof(&b, &m);
		assert_int_equal(get_copy(get_proof, body(&b), body_len(&b)),
		                 kind >= WIRE_PROOF_ALL && kind <= WIRE_PROOF_USER ? OK : ERR_PROTOCOL);
		assert_int_equal(get_copy(get_proof, body(&b), body_len(&b) - 1), ERR_PROTOCOL);
		buffer_add(&b, "", 1);
		assert_int_equal(get_copy(get_proof, body(&b), body_len(&b)), ERR_PROTOCOL);
		buffer_release(&b);
	}
}

static void
only_an_output_has_a_path(void **state)
{
	static const uint32_t roles[] = {WIRE_ROLE_TEXT, WIRE_ROLE_ORIGINAL, WIRE_ROLE_STDOUT,
	                                 WIRE_ROLE_STDERR};

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		assert_int_equal(get_this_file(roles[i], 0, ""), OK);
		assert_int_equal(get_this_file(roles[i], 0, "x.c"), ERR_PROTOCOL);
	}
}

static void
a_result_must_be_a_status(void **state)
{
	static const struct {
		uint32_t exit_code, signal_number;
		enum err wanted;
	} rows[] = {{0, 0, OK}, {255, 127, OK}, {256, 0, ERR_PROTOCOL}, {0, 128, ERR_PROTOCOL}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer b = {0};

		wire_put_result(&b, &(struct wire_result){.exit_code = rows[i].exit_code,
		                                          .signal_number = rows[i].signal_number});
		assert_int_equal(get_copy(get_result, body(&b), body_len(&b)), rows[i].wanted);
		buffer_release(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_keep_their_limits),
		cmocka_unit_test(a_string_that_lies_about_its_length_is_refused),
		cmocka_unit_test(a_string_with_a_nul_is_refused),
		cmocka_unit_test(a_list_that_lies_about_its_count_is_refused),
		cmocka_unit_test(a_job_must_make_sense),
		cmocka_unit_test(a_file_must_make_sense),
		cmocka_unit_test(an_output_path_must_be_normalised),
		cmocka_unit_test(only_an_output_has_a_path),
		cmocka_unit_test(a_blob_is_named_by_its_digest),
		cmocka_unit_test(wanted_numbers_rise),
		cmocka_unit_test(a_proof_must_make_sense),
		cmocka_unit_test(a_result_must_be_a_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
