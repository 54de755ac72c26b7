/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args.h"
#include "args_table.h"
#include "xalloc.h"

static void
the_table_is_sorted_and_every_row_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < args_table_size; i++) {
		char *words[] = {xstrdup(args_table[i].name), NULL};

		if (i > 0)
			assert_true(strcmp(args_table[i - 1].name, args_table[i].name) < 0);
		assert_ptr_equal(args_table_find(words, 0, 1).option, &args_table[i]);
		assert_int_equal(args_table[i].class == OPTION_HERE, args_table[i].reason != REASON_NONE);
		free(words[0]);
	}
}

static struct option_match
find(const char *word, const char *next)
{
	char *words[] = {xstrdup(word), xstrdup(next), NULL};
	struct option_match m = args_table_find(words, 0, 2);

	m.value = m.width == 2 ? next : NULL;
	free(words[0]);
	free(words[1]);
	return m;
}

static void
the_longest_name_wins(void **state)
{
	static const char *const rows[][2] = {
		{"-fprofile-use=x", "-fprofile-use"}, {"-fprofile-values", "-f"}, {"-include-pch", "-include-pch"},
		{"-includex", "-include"}, {"-Wa,-x", "-Wa,"}, {"-Wall", "-W"}, {"-MMD", "-MMD"},
		{"-MDx", NULL}, {"-pg", "-pg"}, {"-pgx", NULL}, {"-stdlib=x", "-stdlib="}, {"-std=x", "-std="},
		{"-fmodulo-sched", "-f"}, {"-zzz", "-z"}, {"-", NULL}, {"a.c", NULL}, {"--zzz", NULL}, {"-###", "-###"}
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct option_match m = find(rows[i][0], "next");

		if (rows[i][1] == NULL)
			assert_null(m.option);
		else
			assert_string_equal(m.option->name, rows[i][1]);
		assert_int_equal(m.width, strcmp(rows[i][0], "-include-pch") == 0 ? 2 : 1);
	}
}

static void
wp_words_are_taken_apart(void **state)
{
	(void)state;
	assert_string_equal(args_wp_dependency("-Wp,-MD,x.d"), "x.d");
	assert_string_equal(args_wp_dependency("-Wp,-MMD,x.d"), "x.d");
	assert_null(args_wp_dependency("-Wp,-MD,x.d,-MP"));
	assert_null(args_wp_dependency("-Wp,-MD,"));
	assert_null(args_wp_dependency("-Wp,-DX"));
	char *macros = args_wp_only("-Wp,-DX,-include,h.h,-D,Y", OPTION_MACRO);

	assert_string_equal(macros, "-Wp,-DX,-D,Y");
	free(macros);
	assert_null(args_wp_only("-Wp,-Ix,-P", OPTION_MACRO));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sorted_and_every_row_is_found),
		cmocka_unit_test(the_longest_name_wins),
		cmocka_unit_test(wp_words_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
