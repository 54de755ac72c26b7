/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "word.h"

static void
a_head_is_compared_whole(void **state)
{
	(void)state;
	assert_true(word_starts_with("-march=native", "-march="));
	assert_true(word_starts_with("-march=", "-march="));
	assert_true(word_starts_with("", ""));
	assert_false(word_starts_with("-marc", "-march="));
	assert_false(word_starts_with("-mtune=native", "-march="));
}

static void
a_list_ends_with_null(void **state)
{
	static const char *const list[] = {"a", "b", NULL}, *const none[] = {NULL};

	(void)state;
	assert_true(word_is_one_of("b", list));
	assert_false(word_is_one_of("ab", list));
	assert_false(word_is_one_of("", list));
	assert_false(word_is_one_of("a", none));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_compared_whole),
		cmocka_unit_test(a_list_ends_with_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
