/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "environment.h"

static char *const items[] = {
	(char[]){"HOME=/home/me"}, (char[]){"CPATHS=/no"}, (char[]){"CPATH=/a:/b"}, (char[]){"SDKROOT="},
	(char[]){"XCPATH=/no"},    (char[]){"PATH=/bin"},  NULL,
};

static void
what_a_preprocessor_heeds_is_selected(void **state)
{
	struct strv out = {0};

	(void)state;
	environment_select(items, &out);
	assert_int_equal(out.count, 3);
	assert_string_equal(out.items[0], "CPATH=/a:/b");
	assert_string_equal(out.items[1], "SDKROOT=");
	assert_string_equal(out.items[2], "PATH=/bin");
	strv_release(&out);
}

static void
a_value_is_found_by_its_whole_name(void **state)
{
	struct strv env = {0};

	(void)state;
	strv_add_all(&env, items);
	assert_string_equal(environment_find(&env, "CPATH"), "/a:/b");
	assert_string_equal(environment_find(&env, "SDKROOT"), "");
	assert_null(environment_find(&env, "C_INCLUDE_PATH"));
	assert_null(environment_find(&env, "CPA"));
	strv_release(&env);
}

static void
only_lists_of_folders_have_user_folders(void **state)
{
	(void)state;
	for (size_t i = 0; i < environment_table_size; i++)
		assert_true(!environment_table[i].is_user_folder || environment_table[i].part == ENVIRONMENT_FOLDERS);
}

static void
what_decides_about_messages_and_dates_is_passed_on(void **state)
{
	(void)state;
	assert_true(environment_is_passed_on("LC_ALL=C"));
	assert_true(environment_is_passed_on("TERM="));
	assert_true(environment_is_passed_on("PWD=/w"));
	assert_false(environment_is_passed_on("TERM"));
	assert_false(environment_is_passed_on("LC_ALL"));
	assert_false(environment_is_passed_on("TERMINAL=x"));
	assert_false(environment_is_passed_on("CPATH=/a"));
	assert_false(environment_is_passed_on(""));
	assert_true(environment_names_folders("CPATH=/a"));
	assert_false(environment_names_folders("CPATHS=/a"));
	assert_false(environment_names_folders("PATH=/a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_preprocessor_heeds_is_selected),
		cmocka_unit_test(a_value_is_found_by_its_whole_name),
		cmocka_unit_test(what_decides_about_messages_and_dates_is_passed_on),
		cmocka_unit_test(only_lists_of_folders_have_user_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
