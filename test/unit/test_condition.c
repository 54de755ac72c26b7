/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buffer.h"
#include "condition.h"
#include "expansion_text.h"

#define CXX (EXPANSION_GNU | PROGRAM_CXX)

static enum unmodelled
evaluate(unsigned mode, const char *macros, const char *text, bool *value)
{
	struct expanded e;

	expanded_begin(&e, mode, macros, text);
	*value = condition_evaluate(&e.x, false);
	enum unmodelled why = e.x.why;

	expanded_end(&e);
	return why;
}

static void
check_as(unsigned mode, const char *macros, const char *text, bool expected)
{
	bool value;

	assert_int_equal(evaluate(mode, macros, text, &value), UNMODELLED_NONE);
	if (value != expected)
		fail_msg("%s", text);
}

/* All are true. */
static void
check(const char *text)
{
	check_as(EXPANSION_GNU, "#define ONE 1\n#define EMPTY\n#define F(x) x\n", text, true);
}

static void
refuse(const char *text, enum unmodelled why)
{
	bool value;

	assert_int_equal(evaluate(EXPANSION_GNU, "#define EMPTY\n", text, &value), why);
}

static void
operators_bind_as_in_c(void **state)
{
	(void)state;
	check("1 + 2 * 3 == 7");
	check("(1 + 2) * 3 == 9");
	check("7 - 2 - 1 == 4");
	check("1 << 2 + 1 == 8");
	check("(6 & 3) == 2 && (6 | 3) == 7 && (6 ^ 3) == 5 && ~0 == -1");
	check("1 || 0 && 0");
	check("!0 && !!5 && -1 < 0 && +1");
	check("7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1");
	check("1 ? 1 : 0 ? 0 : 0");
	check("(0 ? 2 : 3) == 3 && (1 ? 2, 4 : 3) == 4");
	check("0, 1");
	check("1 <= 1 && 2 >= 1 && 1 != 2 && 3 > 2");
}

static void
integers_have_64_bits_and_a_sign(void **state)
{
	(void)state;
	check("0xffffffffffffffff == -1");
	check("-1 > 0u");
	check("(-1 < 0) && !(-1 < 0u)");
	check("(0 ? -1 : 0u) - 1 > 0");
	check("-1 >> 1 == -1");
	check("-1u >> 1 == 0x7fffffffffffffff");
	check("(1 == 1u) - 2 < 0");
	check("(-1 || 0u) - 2 < 0");
	check("9223372036854775807 + 1 < 0");
}

static void
shifts_by_much_are_gccs(void **state)
{
	bool value;

	(void)state;
	check("1 << 64 == 0 && -1 >> 100 == -1");
	check("1 << -1 == 0 && 4 >> -1 == 8");
	assert_int_equal(evaluate(EXPANSION_GNU | PROGRAM_CLANG, "", "1 << 64", &value), UNMODELLED_EXTENSION);
	assert_int_equal(evaluate(EXPANSION_GNU | PROGRAM_CLANG, "", "0 && 1 << 64", &value), UNMODELLED_NONE);
}

static void
names_are_nothing_unless_they_are_macros(void **state)
{
	(void)state;
	check("!UNKNOWN && ONE && F(1) && !F");
	check("defined ONE && defined(ONE) && !defined UNKNOWN && defined F && defined __LINE__");
	check_as(EXPANSION_GNU, "#define HAS defined(A) && defined B\n#define A\n#define B\n", "HAS", true);
	check_as(EXPANSION_GNU, "#define true 0\n", "true", false);
	check_as(EXPANSION_GNU, "", "true", false);
}

static void
cxx_has_words_for_operators_and_truth(void **state)
{
	(void)state;
	check_as(CXX, "", "true and not false or 0", true);
	check_as(CXX, "", "(6 bitand 3) == 2 and (6 bitor 1) == 7 and (6 xor 3) == 5 and compl 0 == -1 and 1 not_eq 2", true);
	refuse("1 and 1", UNMODELLED_SYNTAX);
}

static void
c23_may_know_true(void **state)
{
	bool value;

	(void)state;
	assert_int_equal(evaluate(EXPANSION_GNU, "#define __STDC_VERSION__ 202000L\n", "true", &value), UNMODELLED_EXTENSION);
	check_as(EXPANSION_GNU, "#define __STDC_VERSION__ 201710L\n", "true", false);
	check_as(EXPANSION_GNU, "#define __STDC_VERSION__ 202000L\n", "false", false);
}

static void
characters_are_numbers(void **state)
{
	(void)state;
	check("'a' == 97 && 'ab' == 24930 && '\\377' < 0 && L'x' == 120");
	refuse("'\xc3\xa9'", UNMODELLED_CHARACTER);
}

static void
what_is_not_evaluated_may_be_wrong(void **state)
{
	(void)state;
	check("1 || 1 / 0");
	check("!(0 && 1 / 0)");
	check("(1 ? 1 : 1 / 0) && (0 ? 1 / 0 : 1)");
	refuse("1 / 0", UNMODELLED_SYNTAX);
	refuse("1 % 0", UNMODELLED_SYNTAX);
	refuse("(-9223372036854775807 - 1) / -1", UNMODELLED_SYNTAX);
}

static void
wrong_expressions_end_the_run(void **state)
{
	static const char *const texts[] = {"", "EMPTY", "1 +", "(1", "1)", "1 2", "1 ? 2", "* 1", "defined", "defined(A", "defined 1",
	                                    "1.0", "08", "\"a\"", "1 = 1", "A B", "1 ? : 2", "@"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refuse(texts[i], UNMODELLED_SYNTAX);
	refuse("#cpu(x)", UNMODELLED_ASSERT);
	refuse("1 \x01", UNMODELLED_LINE_COMMENT);
	refuse("a\\u00e9", UNMODELLED_CHARACTER);
}

static void
nesting_has_an_end(void **state)
{
	static const char *const operators[] = {"(", "!", "1?", "1?1:"};

	(void)state;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		struct buffer text = {0};

		for (int k = 0; k < 10000; k++)
			buffer_add_string(&text, operators[i]);
		buffer_add_string(&text, "1");
		char *s = buffer_take_string(&text);

		refuse(s, UNMODELLED_LIMIT);
		free(s);
	}
}

static void
a_poisoned_name_ends_the_run(void **state)
{
	struct expanded e;

	(void)state;
	expanded_begin(&e, EXPANSION_GNU, "", "defined A");
	struct symbol *a = symbols_intern(e.symbols, "A", 1);

	a->macro = &e.x.builtins[SPECIAL_NONE];
	a->epoch = e.x.epoch;
	condition_evaluate(&e.x, false);
	assert_int_equal(e.x.why, UNMODELLED_POISON);
	expanded_end(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_bind_as_in_c),
		cmocka_unit_test(integers_have_64_bits_and_a_sign),
		cmocka_unit_test(shifts_by_much_are_gccs),
		cmocka_unit_test(names_are_nothing_unless_they_are_macros),
		cmocka_unit_test(cxx_has_words_for_operators_and_truth),
		cmocka_unit_test(c23_may_know_true),
		cmocka_unit_test(characters_are_numbers),
		cmocka_unit_test(what_is_not_evaluated_may_be_wrong),
		cmocka_unit_test(wrong_expressions_end_the_run),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(a_poisoned_name_ends_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
