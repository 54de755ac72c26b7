/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

static void
what_was_put_comes_back_in_order(void **state)
{
	struct buffer b = {0};
	struct strv in = {0}, out = {0};

	(void)state;
	strv_add(&in, "");
	strv_add(&in, "b c");
	field_put_u32(&b, 0xdeadbeef);
	field_put_u64(&b, UINT64_C(0x0102030405060708));
	field_put_string(&b, "text");
	field_put_list(&b, &in);

	struct field_cursor c = {b.data, b.len, OK};

	assert_int_equal(field_get_u32(&c), 0xdeadbeef);
	assert_true(field_get_u64(&c) == UINT64_C(0x0102030405060708));
	char *s = field_get_string(&c, 4);

	assert_string_equal(s, "text");
	field_get_list(&c, 2, &out);
	assert_int_equal(out.count, 2);
	assert_string_equal(out.items[1], "b c");
	assert_int_equal(field_done(&c), OK);
	free(s);
	strv_release(&in);
	strv_release(&out);
	buffer_release(&b);
}

static void
integers_are_big_endian(void **state)
{
	static const unsigned char bytes[] = {0, 0, 1, 2};
	struct field_cursor c = {bytes, sizeof(bytes), OK};

	(void)state;
	assert_int_equal(field_get_u32(&c), 258);
}

static void
three_bytes_are_no_u32(void **state)
{
	static const unsigned char bytes[] = {1, 2, 3};
	struct field_cursor c = {bytes, sizeof(bytes), OK};

	(void)state;
	assert_int_equal(field_get_u32(&c), 0);
	assert_int_equal(field_done(&c), ERR_PROTOCOL);
}

static void
the_first_error_stays(void **state)
{
	static const unsigned char bytes[] = {0, 0, 0, 9, 'a', 'b'};
	struct field_cursor c = {bytes, sizeof(bytes), OK};

	(void)state;
	assert_null(field_get_string(&c, 8));
	assert_int_equal(field_get_u32(&c), 0);
	assert_int_equal(field_done(&c), ERR_LIMIT);
}

static void
a_string_has_no_nul(void **state)
{
	static const unsigned char bytes[] = {0, 0, 0, 2, 'a', 0};
	struct field_cursor c = {bytes, sizeof(bytes), OK};

	(void)state;
	assert_null(field_get_string(&c, 2));
	assert_int_equal(field_done(&c), ERR_PROTOCOL);
}

static void
a_list_that_lies_about_its_count_ends_early(void **state)
{
	static const unsigned char bytes[] = {0, 0, 0xff, 0, 0, 0, 0, 1, 'a'};
	struct field_cursor c = {bytes, sizeof(bytes), OK};
	struct strv v = {0};

	(void)state;
	field_get_list(&c, 65536, &v);
	assert_int_equal(field_done(&c), ERR_PROTOCOL);
	assert_int_equal(v.count, 1);
	strv_release(&v);
}

static void
a_list_beyond_its_bound_is_a_limit(void **state)
{
	static const unsigned char bytes[] = {0, 0, 0, 3};
	struct field_cursor c = {bytes, sizeof(bytes), OK};
	struct strv v = {0};

	(void)state;
	field_get_list(&c, 2, &v);
	assert_int_equal(field_done(&c), ERR_LIMIT);
}

static void
what_is_left_over_is_an_error(void **state)
{
	static const unsigned char bytes[] = {0, 0, 0, 3, 0};
	struct field_cursor c = {bytes, sizeof(bytes), OK};

	(void)state;
	field_get_u32(&c);
	assert_int_equal(field_done(&c), ERR_PROTOCOL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_comes_back_in_order),
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(three_bytes_are_no_u32),
		cmocka_unit_test(the_first_error_stays),
		cmocka_unit_test(a_string_has_no_nul),
		cmocka_unit_test(a_list_that_lies_about_its_count_ends_early),
		cmocka_unit_test(a_list_beyond_its_bound_is_a_limit),
		cmocka_unit_test(what_is_left_over_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
