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
#include "program_code.h"

static void
branches_jump_to_the_next_and_to_the_end(void **state)
{
	(void)state;
	assert_code("#if A > 1\n#define X\n#elif B\n#define Y\n#else\n#define Z\n#endif\n",
	            "0:if A > 1 >3; 1:define X; 2:jump >7; 3:if B >6; 4:define Y; 5:jump >7; 6:define Z; ");
	assert_code("#ifdef A\n#ifndef B\n#define X\n#endif\n#endif\n", "0:ifdef A >3; 1:ifndef B >3; 2:define X; ");
	assert_code("#if A\n#define X\n#elifdef B\n#define Y\n#elifndef C\n#define Z\n#endif\n",
	            "0:if A >3; 1:define X; 2:jump >8; 3:ifdef B >6; 4:define Y; 5:jump >8; 6:ifndef C >8; 7:define Z; ");
}

static void
plain_questions_need_no_evaluation(void **state)
{
	(void)state;
	assert_code("#if defined A\n#define X\n#endif\n", "0:ifdef A >2; 1:define X; ");
	assert_code("#if !defined ( A )\n#define X\n#endif\n#define Y", "0:ifndef A >2; 1:define X; 2:define Y; ");
	assert_code("#if defined A && 1\n#define X\n#endif\n", "0:if defined A && 1 >2; 1:define X; ");
	assert_code("#if defined defined\n#define X\n#endif\n", "0:if defined defined >2; 1:define X; ");
}

static void
dead_groups_leave_nothing(void **state)
{
	(void)state;
	assert_code("#if 0\n#define X\n#bad\n#if A\n#elif\n#else x\n#endif\n#endif\n", "");
	assert_code("#if 0\n#define X\n#else\n#define Y\n#endif\n", "0:define Y; ");
	assert_code("#if 1\n#define X\n#elif A\n#define Y\n#else\n#define Z\n#endif\n", "0:define X; ");
	assert_code("#if 0\n#elif A\n#define Y\n#else\n#define Z\n#endif\n", "0:if A >3; 1:define Y; 2:jump >4; 3:define Z; ");
	assert_code("#if A\n#define X\n#elif 0\n#define Y\n#else\n#define Z\n#endif\n",
	            "0:if A >3; 1:define X; 2:jump >4; 3:define Z; ");
	assert_code("#if A\n#define X\n#elif 1\n#define Y\n#else\n#define Z\n#endif\n",
	            "0:if A >3; 1:define X; 2:jump >4; 3:define Y; ");
}

static void
an_empty_conditional_vanishes_unless_its_condition_may_act(void **state)
{
	(void)state;
	assert_code("#ifdef A\nx\n#else\ny\n#endif\n", "");
	assert_code("#if defined(A) && !defined B || 1 > 2\nx\n#endif\n", "");
	assert_code("#if A\nx\n#endif\n", "0:if A >1; ");
	assert_code("#if __has_include(<a.h>)\n#endif\n", "0:if __has_include(<a.h>) >1; ");
	assert_code("#if\n#endif\n", "0:if >1; ");
	assert_code("#ifdef A\n#ifdef B\n#endif\n#if 0\n#define X\n#endif\n#endif\n#define Y\n", "0:define Y; ");
}

static void
what_has_no_beginning_or_end_breaks_the_file(void **state)
{
	(void)state;
	assert_code("#define A\n#if A\n", "0:fail(syntax) conditional without #endif; ");
	assert_code("#define A\n#endif\n", "0:fail(syntax) #endif; ");
	assert_code("#else\n", "0:fail(syntax) #else; ");
	assert_code("#elif 1\n", "0:fail(syntax) #elif; ");
	assert_code("#if 0\n#if 1\n#else\n#else\n#endif\n#endif\n", "0:fail(syntax) #else; ");
	assert_code("#ifdef A\n#else\n#elif 1\n#endif\n", "0:fail(syntax) #elif; ");
	assert_code("/*", "0:fail(literal); ");
}

static void
a_question_without_a_name_is_said_when_reached(void **state)
{
	(void)state;
	assert_code("#ifdef 1\n#define X\n#endif\n", "0:fail(syntax) #ifdef of no name; 1:jump >3; 2:define X; ");
}

static void
elifdef_is_unknown_to_some(void **state)
{
	(void)state;
	assert_string_equal(code_of("#ifdef A\n#elifdef B\n#define X\n#endif\n", CODE_GNU & ~(unsigned)PROGRAM_ELIFDEF),
	                    "0:ifdef A >3; 1:fail(directive) elifdef; 2:define X; ");
	assert_string_equal(code_of("#if 0\n#elifdef B\n#define X\n#endif\n", CODE_GNU & ~(unsigned)PROGRAM_ELIFDEF), "");
}

static void
a_thousand_conditionals_may_be_open(void **state)
{
	struct buffer text = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		buffer_add_string(&text, "#ifdef A\n");
	buffer_add_string(&text, "#define X\n");
	for (int i = 0; i < 1000; i++)
		buffer_add_string(&text, "#endif\n");
	struct symbols *s = symbols_new();
	struct program *program = program_new(s, (const char *)text.data, text.len, CODE_GNU);

	assert_int_equal(program->code[0].target, 1001);
	program_free(program);
	symbols_free(s);
	buffer_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_jump_to_the_next_and_to_the_end),
		cmocka_unit_test(plain_questions_need_no_evaluation),
		cmocka_unit_test(dead_groups_leave_nothing),
		cmocka_unit_test(an_empty_conditional_vanishes_unless_its_condition_may_act),
		cmocka_unit_test(what_has_no_beginning_or_end_breaks_the_file),
		cmocka_unit_test(a_question_without_a_name_is_said_when_reached),
		cmocka_unit_test(elifdef_is_unknown_to_some),
		cmocka_unit_test(a_thousand_conditionals_may_be_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
