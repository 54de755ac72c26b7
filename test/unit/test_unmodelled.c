/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unmodelled.h"

static void
every_reason_has_a_word_of_its_own_and_a_sentence(void **state)
{
	(void)state;
	for (int i = 0; i < UNMODELLED_COUNT; i++) {
		assert_true(strlen(unmodelled_word((enum unmodelled)i)) > 0);
		assert_true(strlen(unmodelled_sentence((enum unmodelled)i)) > 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(unmodelled_word((enum unmodelled)i),
			                        unmodelled_word((enum unmodelled)k));
	}
}

static void
what_cpp_gets_wrong_too_stays_here(void **state)
{
	(void)state;
	assert_int_equal(unmodelled_ladder(UNMODELLED_COUNTER), UNMODELLED_HERE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_a_word_of_its_own_and_a_sentence),
		cmocka_unit_test(what_cpp_gets_wrong_too_stays_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
