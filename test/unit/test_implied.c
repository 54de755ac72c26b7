/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "implied.h"

static void
lists_are_taken_from_the_compilers_command(void **state)
{
	static const char said[] =
		"clang version 14\n \"/usr/bin/clang\" \"-cc1\" \"-fsanitize=address\" "
		"\"-fsanitize-system-ignorelist=/usr/share/asan list.txt\" \"-fsanitize-ignorelist=mine.txt\" "
		"\"-fdepfile-entry=cover.txt\" \"-fdepfile-entry=mine.txt\" \"-x\" \"c\" \"/dev/null\"\n"
		" \"/usr/bin/as\" \"-fdepfile-entry=other.txt\"\n";
	struct strv names = {0}, system = {0};

	(void)state;
	assert_int_equal(implied_parse(said, &names, &system), OK);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.items[0], "mine.txt");
	assert_string_equal(names.items[1], "cover.txt");
	assert_int_equal(system.count, 1);
	assert_string_equal(system.items[0], "/usr/share/asan list.txt");
	strv_release(&names);
	strv_release(&system);
}

static void
without_a_command_there_is_no_answer(void **state)
{
	struct strv names = {0}, system = {0};

	(void)state;
	assert_int_equal(implied_parse("clang: error: no\n", &names, &system), ERR_PROTOCOL);
}

static void
only_clangs_sanitizers_and_profile_lists_are_asked_about(void **state)
{
	struct strv options = {0};

	(void)state;
	strv_add(&options, "-O2");
	assert_false(implied_is_likely(ARGS_CLANG, &options));
	strv_add(&options, "-fsanitize=address");
	assert_true(implied_is_likely(ARGS_CLANG, &options));
	assert_false(implied_is_likely(ARGS_GCC, &options));
	strv_release(&options);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_taken_from_the_compilers_command),
		cmocka_unit_test(without_a_command_there_is_no_answer),
		cmocka_unit_test(only_clangs_sanitizers_and_profile_lists_are_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
