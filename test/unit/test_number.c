/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "number.h"

static void
check(const char *text, uint64_t bits, bool is_unsigned)
{
	struct number n;

	assert_true(number_parse(text, strlen(text), &n));
	assert_true(n.bits == bits);
	assert_int_equal(n.is_unsigned, is_unsigned);
}

static void
refuse(const char *text)
{
	struct number n;

	assert_false(number_parse(text, strlen(text), &n));
}

static void
integers_of_each_base_and_suffix(void **state)
{
	(void)state;
	check("0", 0, false);
	check("42", 42, false);
	check("017", 15, false);
	check("0xFf", 255, false);
	check("0b101", 5, false);
	check("1u", 1, true);
	check("1uLL", 1, true);
	check("1llU", 1, true);
	check("1l", 1, false);
	check("1zu", 1, true);
	check("201703L", 201703, false);
	check("1'000'000", 1000000, false);
}

static void
what_does_not_fit_a_signed_one_is_unsigned(void **state)
{
	(void)state;
	check("9223372036854775807", INT64_MAX, false);
	check("9223372036854775808", (uint64_t)1 << 63, true);
	check("0xffffffffffffffff", UINT64_MAX, true);
	check("18446744073709551615", UINT64_MAX, true);
	refuse("18446744073709551616");
	refuse("0x10000000000000000");
}

static void
what_is_no_integer_is_refused(void **state)
{
	(void)state;
	refuse("1.0");
	refuse("1e5");
	refuse("0x");
	refuse("08");
	refuse("0b2");
	refuse("1x");
	refuse("1uu");
	refuse("1lLl");
	refuse("1lL");
	refuse("1'");
	refuse("1_km");
}

static void
check_character(const char *text, bool char_is_unsigned, int64_t value)
{
	struct number n;

	assert_true(number_parse_character(text, strlen(text), char_is_unsigned, &n));
	assert_true((int64_t)n.bits == value);
}

static void
characters_have_the_value_of_their_bytes(void **state)
{
	(void)state;
	check_character("'a'", false, 'a');
	check_character("'\\n'", false, '\n');
	check_character("'\\0'", false, 0);
	check_character("'\\x41'", false, 'A');
	check_character("'\\101'", false, 'A');
	check_character("'\\''", false, '\'');
	check_character("'ab'", false, 'a' << 8 | 'b');
	check_character("'\\377\\377\\377\\377'", false, -1);
	check_character("L'a'", false, 'a');
	check_character("u8'a'", false, 'a');
}

static void
a_character_is_signed_or_not_as_char_is(void **state)
{
	(void)state;
	check_character("'\\377'", false, -1);
	check_character("'\\377'", true, 255);
}

static void
characters_that_depend_on_more_are_refused(void **state)
{
	static const char *const texts[] = {"''", "'\xc3\xa9'", "L'\\xff'", "u'ab'", "'abcde'", "'\\u00e9'", "'\\q'", "'\\x'"};
	struct number n;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (number_parse_character(texts[i], strlen(texts[i]), false, &n))
			fail_msg("%s", texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_of_each_base_and_suffix),
		cmocka_unit_test(what_does_not_fit_a_signed_one_is_unsigned),
		cmocka_unit_test(what_is_no_integer_is_refused),
		cmocka_unit_test(characters_have_the_value_of_their_bytes),
		cmocka_unit_test(a_character_is_signed_or_not_as_char_is),
		cmocka_unit_test(characters_that_depend_on_more_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
