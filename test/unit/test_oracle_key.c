/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args_line.h"
#include "oracle_key.h"

struct asked {
	struct args args;
	struct args_search search;
	struct strv env;
	struct identity identity;
	struct oracle_request request;
};

static void
ask(struct asked *a, const char *line, const char *variable)
{
	*a = (struct asked){0};
	set_command(&a->args, line);
	args_search_parse(&a->args, &a->search);
	if (variable != NULL)
		strv_add(&a->env, variable);
	a->identity.digest[IDENTITY_C] = xstrdup("d1");
	a->request = (struct oracle_request){.compiler = "/usr/bin/gcc", .cwd = "/work", .env = &a->env,
	                                     .language = a->args.language, .search = &a->search};
}

static void
release(struct asked *a)
{
	identity_release(&a->identity);
	strv_release(&a->env);
	args_search_release(&a->search);
	args_release(&a->args);
}

/* Do two commands share their dialect, and their list? */
static void
assert_shared(const char *line1, const char *line2, const char *variable2, bool dialect, bool list)
{
	struct asked a, b;

	ask(&a, line1, NULL);
	ask(&b, line2, variable2);
	char *dialect1 = oracle_key_dialect(&a.request, &a.identity);
	char *dialect2 = oracle_key_dialect(&b.request, &b.identity);
	char *list1 = oracle_key_list(&a.request, dialect1);
	char *list2 = oracle_key_list(&b.request, dialect2);

	assert_int_equal(strcmp(dialect1, dialect2) == 0, dialect);
	assert_int_equal(strcmp(list1, list2) == 0, list);
	free(list2);
	free(list1);
	free(dialect2);
	free(dialect1);
	release(&b);
	release(&a);
}

static void
names_and_macros_change_no_key(void **state)
{
	(void)state;
	assert_shared("gcc -O2 -c a.c -o a.o", "gcc -O2 -c b.c -o b.o -DX -include y.h -Wall", NULL, true, true);
}

static void
options_change_the_dialect_and_folders_the_list(void **state)
{
	(void)state;
	assert_shared("gcc -O2 -c a.c", "gcc -O3 -c a.c", NULL, false, false);
	assert_shared("gcc -c a.c", "gcc -I/x -c a.c", NULL, true, false);
	assert_shared("gcc -c a.c", "gcc -c a.S", NULL, false, false);
}

static void
variables_count_by_what_they_are_for(void **state)
{
	(void)state;
	assert_shared("gcc -c a.c", "gcc -c a.c", "CPATH=/x", true, false);
	assert_shared("gcc -c a.c", "gcc -c a.c", "GCC_EXEC_PREFIX=/x", false, false);
	assert_shared("gcc -c a.c", "gcc -c a.c", "PATH=/x", true, true);
}

static void
the_current_folder_counts_where_a_folder_is_relative(void **state)
{
	static const char *const lines[] = {"gcc -Ix -c a.c", "gcc -I/x -c a.c"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct asked a;

		ask(&a, lines[i], NULL);
		char *here = oracle_key_list(&a.request, "d");

		a.request.cwd = "/elsewhere";
		char *there = oracle_key_list(&a.request, "d");

		assert_int_equal(strcmp(here, there) == 0, i == 1);
		free(there);
		free(here);
		release(&a);
	}
}

static void
an_empty_item_of_a_list_is_the_current_folder(void **state)
{
	struct asked a;
	struct strv folders = {0};

	(void)state;
	ask(&a, "gcc -isystem y -Ix -c a.c", "CPATH=/a::b");
	oracle_key_user_folders(&a.request, &folders);
	assert_int_equal(folders.count, 4);
	assert_string_equal(folders.items[0], "x");
	assert_string_equal(folders.items[1], "/a");
	assert_string_equal(folders.items[2], ".");
	assert_string_equal(folders.items[3], "b");
	strv_release(&folders);
	oracle_key_named_folders(&a.request, &folders);
	assert_int_equal(folders.count, 5);
	assert_string_equal(folders.items[4], "y");
	strv_release(&folders);
	release(&a);
}

static void
a_variable_that_is_not_modelled_is_named(void **state)
{
	struct asked a;

	(void)state;
	ask(&a, "gcc -c a.c", "SUNPRO_DEPENDENCIES=x");
	assert_string_equal(oracle_key_refused_variable(&a.env), "SUNPRO_DEPENDENCIES");
	release(&a);
	ask(&a, "gcc -c a.c", "CPATH=x");
	assert_null(oracle_key_refused_variable(&a.env));
	release(&a);
}

static void
the_compiler_is_asked_in_english_with_the_clients_variables(void **state)
{
	struct asked a;
	struct strv argv = {0}, env = {0};

	(void)state;
	ask(&a, "gcc -O2 -I/x -DX -c a.S", "CPATH=/y");
	oracle_key_command(&a.request, &argv);
	oracle_key_environment(&a.request, &env);
	assert_string_equal(argv.items[0], "/usr/bin/gcc");
	assert_string_equal(argv.items[1], "-O2");
	assert_string_equal(argv.items[2], "-I/x");
	assert_string_equal(argv.items[argv.count - 2], "assembler-with-cpp");
	assert_true(strv_has(&env, "LC_ALL=C"));
	assert_true(strv_has(&env, "CPATH=/y"));
	strv_release(&env);
	strv_release(&argv);
	release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_macros_change_no_key),
		cmocka_unit_test(options_change_the_dialect_and_folders_the_list),
		cmocka_unit_test(variables_count_by_what_they_are_for),
		cmocka_unit_test(the_current_folder_counts_where_a_folder_is_relative),
		cmocka_unit_test(an_empty_item_of_a_list_is_the_current_folder),
		cmocka_unit_test(a_variable_that_is_not_modelled_is_named),
		cmocka_unit_test(the_compiler_is_asked_in_english_with_the_clients_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
