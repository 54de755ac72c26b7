/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "distcc_wire.h"

static enum err
get(const char *text, const char name[4], uint32_t *value)
{
	unsigned char bytes[DISTCC_TOKEN_SIZE];

	memcpy(bytes, text, sizeof(bytes));
	return distcc_get_token(bytes, name, value);
}

static void
put_token_writes_lower_case_digits(void **state)
{
	struct buffer b = {0};

	(void)state;
	distcc_put_token(&b, "DOTI", 0x1b5u);
	distcc_put_token(&b, "STAT", 0xFEDCBA98u);
	assert_int_equal(b.len, 24);
	assert_memory_equal(b.data, "DOTI000001b5STATfedcba98", 24);
	buffer_release(&b);
}

static void
put_string_writes_length_and_bytes(void **state)
{
	struct buffer b = {0};

	(void)state;
	distcc_put_string(&b, "ARGV", "-c");
	distcc_put_string(&b, "ARGV", "");
	assert_int_equal(b.len, 26);
	assert_memory_equal(b.data, "ARGV00000002-cARGV00000000", 26);
	buffer_release(&b);
}

static void
get_token_reads_what_put_wrote(void **state)
{
	static const uint32_t values[] = {0, 1, 0x1b5, 0x7fffffff, 0x80000000, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct buffer b = {0};
		uint32_t value = 7;

		distcc_put_token(&b, "ARGC", values[i]);
		assert_int_equal(distcc_get_token(b.data, "ARGC", &value), OK);
		assert_int_equal(value, values[i]);
		buffer_release(&b);
	}
}

static void
get_token_accepts_upper_case(void **state)
{
	uint32_t value = 0;

	(void)state;
	assert_int_equal(get("DOTI0000ABCD", "DOTI", &value), OK);
	assert_int_equal(value, 0xabcd);
}

static void
get_token_refuses_other_names(void **state)
{
	uint32_t value = 7;

	(void)state;
	assert_int_equal(get("DOTO00000001", "DOTI", &value), ERR_PROTOCOL);
	assert_int_equal(get("doti00000001", "DOTI", &value), ERR_PROTOCOL);
	assert_int_equal(value, 7);
}

static void
get_token_refuses_what_is_no_hexadecimal(void **state)
{
	static const char *const bad[] = {"DOTI 0000001", "DOTI+0000001", "DOTI-0000001",
	                                  "DOTI0x000001", "DOTI0000000g", "DOTI0000001 "};
	uint32_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(get(bad[i], "DOTI", &value), ERR_PROTOCOL);
	assert_int_equal(value, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_token_writes_lower_case_digits),
		cmocka_unit_test(put_string_writes_length_and_bytes),
		cmocka_unit_test(get_token_reads_what_put_wrote),
		cmocka_unit_test(get_token_accepts_upper_case),
		cmocka_unit_test(get_token_refuses_other_names),
		cmocka_unit_test(get_token_refuses_what_is_no_hexadecimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
