/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program_code.h"

static void
a_file_without_directives_is_an_empty_program(void **state)
{
	(void)state;
	assert_code("", "");
	assert_code("int main(void) { return 0; }\n", "");
}

static void
a_guard_is_found_whatever_text_is_around(void **state)
{
	(void)state;
	assert_code("/* x */\n#ifndef A_H\n#define A_H\n#endif\nint x;\n", "0:ifndef A_H >2; 1:define A_H; guard A_H");
	assert_code("#if !defined(A_H)\n#define A_H\n#endif\n", "0:ifndef A_H >2; 1:define A_H; guard A_H");
	assert_code("#pragma once\n#if ! defined A_H\n#define A_H\n#endif\n", "0:once; 1:ifndef A_H >3; 2:define A_H; guard A_H");
	assert_code("#ifndef A_H\n#define A_H\n#endif\n#define B\n", "0:ifndef A_H >2; 1:define A_H; 2:define B; ");
	assert_code("#ifndef A_H\n#define A_H\n#else\n#define B\n#endif\n",
	            "0:ifndef A_H >3; 1:define A_H; 2:jump >4; 3:define B; ");
}

static void
macros_stay_text_until_they_are_expanded(void **state)
{
	(void)state;
	assert_code("#define A\n#define B(x) x + 1\n#define C 2 /* 3 */\n#undef A\n",
	            "0:define A; 1:define B(x) x + 1; 2:define C 2; 3:undef A; ");
}

static void
memory_is_what_it_holds(void **state)
{
	struct symbols *s = symbols_new();
	static const char text[] = "#define A some text that is kept\n#if A > 1\n#include \"a.h\"\n#endif\n";
	struct program *empty = program_new(s, "", 0, CODE_GNU);
	struct program *p = program_new(s, text, sizeof(text) - 1, CODE_GNU);

	(void)state;
	assert_int_equal(program_memory(p), program_memory(empty) + 3 * sizeof(struct instruction) + sizeof(struct macro) +
	                                        sizeof(struct condition) + sizeof(" some text that is kept") + sizeof("A > 1") + 1);
	program_free(p);
	program_free(empty);
	program_free(NULL);
	symbols_free(s);
}

static void
tokens_of_a_condition_are_accounted_for(void **state)
{
	struct symbols *s = symbols_new();
	static const char text[] = "#if A > 1\n#include \"a.h\"\n#endif\n";
	struct program *p = program_new(s, text, sizeof(text) - 1, CODE_GNU);
	size_t before = symbols_memory(s);

	(void)state;
	program_tokenise(p, &p->conditions[0]);
	assert_int_equal(p->conditions[0].count, 3);
	assert_int_equal(symbols_memory(s), before + 3 * sizeof(struct token));
	program_free(p);
	assert_int_equal(symbols_memory(s), before);
	symbols_free(s);
}

static void
the_mask_has_what_mattered(void **state)
{
	struct symbols *s = symbols_new();
	static const char text[] = "#if A\n#elifdef B\n#endif\n// x\n";
	struct program *p = program_new(s, text, sizeof(text) - 1, CODE_GNU);

	(void)state;
	assert_int_equal(program_mode_mask(p), PROGRAM_ASSEMBLER | PROGRAM_ELIFDEF | PROGRAM_LINE_COMMENTS);
	program_free(p);
	symbols_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_without_directives_is_an_empty_program),
		cmocka_unit_test(a_guard_is_found_whatever_text_is_around),
		cmocka_unit_test(macros_stay_text_until_they_are_expanded),
		cmocka_unit_test(memory_is_what_it_holds),
		cmocka_unit_test(tokens_of_a_condition_are_accounted_for),
		cmocka_unit_test(the_mask_has_what_mattered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
