/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "err.h"

static void
each_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = OK; i <= ERR_BUG; i++) {
		assert_string_not_equal(err_name((enum err)i), "");
		assert_string_not_equal(err_name((enum err)i), "unknown");
		for (int other = OK; other < i; other++)
			assert_string_not_equal(err_name((enum err)i), err_name((enum err)other));
	}
}

static void
a_number_that_is_no_code_is_unknown(void **state)
{
	int number = ERR_BUG + 1;

	(void)state;
	assert_string_equal(err_name((enum err)number), "unknown");
}

static void
ok_is_zero(void **state)
{
	enum err none = {0};

	(void)state;
	assert_int_equal(none, OK);
	assert_string_equal(err_name(none), "ok");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_has_a_name_of_its_own),
		cmocka_unit_test(a_number_that_is_no_code_is_unknown),
		cmocka_unit_test(ok_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
