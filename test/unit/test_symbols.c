/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "symbols.h"

static void
the_same_name_is_the_same_symbol(void **state)
{
	struct symbols *s = symbols_new();
	struct symbol *a = symbols_intern(s, "alpha", 5);

	(void)state;
	assert_ptr_equal(symbols_intern(s, "alphabet", 5), a);
	assert_ptr_not_equal(symbols_intern(s, "alphabet", 8), a);
	assert_string_equal(a->name, "alpha");
	assert_int_equal(a->length, 5);
	assert_int_equal(a->special, SPECIAL_NONE);
	symbols_free(s);
}

static void
words_that_mean_something_are_known(void **state)
{
	struct symbols *s = symbols_new();

	(void)state;
	assert_int_equal(symbols_intern(s, "defined", 7)->special, SPECIAL_DEFINED);
	assert_int_equal(symbols_intern(s, "__has_include", 13)->special, SPECIAL_HAS_INCLUDE);
	assert_ptr_equal(symbols_special(s, SPECIAL_COUNTER), symbols_intern(s, "__COUNTER__", 11));
	symbols_free(s);
}

static void
a_hundred_thousand_names_stay_where_they_are(void **state)
{
	struct symbols *s = symbols_new();
	struct symbol *first = symbols_intern(s, "n0", 2);
	size_t before = symbols_memory(s);
	char name[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		int n = snprintf(name, sizeof(name), "n%d", i);

		assert_string_equal(symbols_intern(s, name, (size_t)n)->name, name);
	}
	assert_ptr_equal(symbols_intern(s, "n0", 2), first);
	assert_true(symbols_memory(s) > before + 100000 * sizeof(struct symbol));
	symbols_free(s);
}

static void
an_epoch_forgets_what_was_defined(void **state)
{
	struct symbols *s = symbols_new();
	struct symbol *a = symbols_intern(s, "a", 1);
	uint32_t epoch = symbols_begin(s);

	(void)state;
	assert_int_not_equal(a->epoch, epoch);
	a->epoch = epoch;
	assert_int_not_equal(symbols_begin(s), epoch);
	symbols_free(s);
}

static void
what_programs_parse_late_counts(void **state)
{
	struct symbols *s = symbols_new();
	size_t before = symbols_memory(s);

	(void)state;
	symbols_account(s, 1000, 0);
	assert_int_equal(symbols_memory(s), before + 1000);
	symbols_account(s, 0, 1000);
	assert_int_equal(symbols_memory(s), before);
	symbols_free(s);
	symbols_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_name_is_the_same_symbol),
		cmocka_unit_test(words_that_mean_something_are_known),
		cmocka_unit_test(a_hundred_thousand_names_stay_where_they_are),
		cmocka_unit_test(an_epoch_forgets_what_was_defined),
		cmocka_unit_test(what_programs_parse_late_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
