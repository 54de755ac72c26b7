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
#include "expansion_text.h"

static void
macros_are_replaced_until_none_is_left(void **state)
{
	(void)state;
	assert_expanded("#define A B\n#define B C 1\n#define E\n", "A E x B", "C 1 x C 1");
	assert_expanded("#define F(x, y) x + y\n", "F(1, 2) F (3,(4,5)) F", "1 + 2 3 + ( 4 , 5 ) F");
	assert_expanded("#define F() 1\n", "F() F( )", "1 1");
	assert_expanded("#define F(x) [x]\n", "F() F(a b)", "[ ] [ a b ]");
}

static void
a_name_is_not_replaced_within_itself(void **state)
{
	(void)state;
	assert_expanded("#define A A + 1\n", "A", "A + 1");
	assert_expanded("#define A B\n#define B A\n", "A B", "A B");
	assert_expanded("#define f(x) f(x + 1)\n", "f(f(2))", "f ( f ( 2 + 1 ) + 1 )");
	/* The standard's example of 6.10.3.5. */
	assert_expanded("#define x 3\n#define f(a) f(x * (a))\n#define z z[0]\n#define g f\n#define t(a) a\n#define p() int\n",
	                "g(x+(3,4)-1) | t(t(g)(0) + t)(1); p() z",
	                "f ( 3 * ( 3 + ( 3 , 4 ) - 1 ) ) | f ( 3 * ( 0 ) ) + t ( 1 ) ; int z [ 0 ]");
}

static void
a_painted_name_stays_painted(void **state)
{
	(void)state;
	assert_expanded("#define NIL(x) x\n#define G_0(a) NIL(G_1)(a)\n#define G_1(a) NIL(a)\n", "G_0(42)", "42");
	assert_expanded("#define A(x) x A\n", "A(1)(2)", "1 A ( 2 )");
	assert_expanded("#define f(x) x\n", "f(f)(1)", "f ( 1 )");
}

static void
a_call_may_go_on_behind_the_replacement(void **state)
{
	(void)state;
	assert_expanded("#define F(x) <x>\n#define G F\n#define H F(\n", "G(1) H 2)", "< 1 > < 2 >");
	assert_expanded("#define F(x) <x>\n#define E\n", "F E (1)", "F ( 1 )");
}

static void
arguments_are_expanded_alone(void **state)
{
	(void)state;
	assert_expanded("#define F(x) x\n#define G(x) x 2)\n#define P (\n", "F(G(1)) F(F P 1))", "1 2 ) F ( 1 )");
	assert_expanded("#define COMMA ,\n#define F(x) [x]\n#define G(x) F(x)\n", "F(COMMA) G(COMMA)", "[ , ]!syntax");
}

static void
an_argument_may_lie_in_several_replacements(void **state)
{
	(void)state;
	assert_expanded("#define F(x) [x|x]\n#define P F(1 +\n#define Q P 2 (a,\n", "Q 3) - 4 5) 6", "[ 1 + 2 ( a , 3 ) - 4 5 | 1 + 2 ( a , 3 ) - 4 5 ] 6");
	assert_expanded("#define F(x, ...) x{__VA_ARGS__}\n#define P F(1, 2,\n", "P 3, (4, 5), 6)", "1 { 2 , 3 , ( 4 , 5 ) , 6 }");
	assert_expanded("#define F(x) x x\n#define A F(1 A 2\n", "A 3)", "1 A 2 3 1 A 2 3");
	assert_expanded("#define F(x) x\n#define A 1\n", "F(b c A d F(e) A) F(b c)", "b c 1 d e 1 b c");
}

static void
a_header_among_arguments_is_its_tokens(void **state)
{
	(void)state;
	assert_expanded("#define linux 1\n#define F(x) x\n", "F(__has_include(<linux/a.h>)) z", "77 ( < 1 / a . h > ) z");
}

static void
builtins_and_words_are_asked_for(void **state)
{
	(void)state;
	assert_expanded("", "__LINE__ __has_include __has_feature", "77 77 __has_feature");
	assert_expanded("#define __LINE__ 3\n", "__LINE__", "3");
}

static void
wrong_calls_end_the_run(void **state)
{
	(void)state;
	assert_expanded("#define F(x) x\n", "F(1", "!syntax");
	assert_expanded("#define F(x) x\n", "F(1, 2)", "!syntax");
	assert_expanded("#define F(x, y) x\n", "F(1)", "!syntax");
	assert_expanded("#define F() x\n", "F(1)", "!syntax");
	assert_expanded("#define F(x, x) x\n", "1 F(1)", "1!syntax");
}

static void
work_without_end_is_ended(void **state)
{
	struct buffer text = {0};

	(void)state;
	assert_expanded("#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(A(A(A(x))))))\n", "B(B(1))", "!limit");
	for (int i = 0; i < 5000; i++)
		buffer_add_string(&text, "F(");
	buffer_add(&text, "", 1);
	for (int i = 0; i < 5000; i++)
		buffer_add_string(&text, ")");
	buffer_add(&text, "", 1);
	text.data[10000] = ')';
	assert_expanded("#define F(x) x\n", (const char *)text.data, "!limit");
	buffer_release(&text);
}

static void
raw_reading_leaves_names_as_they_are(void **state)
{
	struct expanded e;
	struct token t;

	(void)state;
	expanded_begin(&e, EXPANSION_GNU, "#define A 1\n#define B A\n", "A B A");
	expansion_next_raw(&e.x, &t);
	assert_string_equal(t.symbol->name, "A");
	expansion_next(&e.x, &t);
	assert_int_equal(t.kind, TOKEN_NUMBER);
	expansion_unread(&e.x, &t);
	expansion_next(&e.x, &t);
	assert_int_equal(t.kind, TOKEN_NUMBER);
	expansion_next_raw(&e.x, &t);
	assert_string_equal(t.symbol->name, "A");
	expansion_next(&e.x, &t);
	assert_int_equal(t.kind, TOKEN_END);
	expansion_next(&e.x, &t);
	assert_int_equal(t.kind, TOKEN_END);
	expanded_end(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macros_are_replaced_until_none_is_left),
		cmocka_unit_test(a_name_is_not_replaced_within_itself),
		cmocka_unit_test(a_painted_name_stays_painted),
		cmocka_unit_test(a_call_may_go_on_behind_the_replacement),
		cmocka_unit_test(arguments_are_expanded_alone),
		cmocka_unit_test(an_argument_may_lie_in_several_replacements),
		cmocka_unit_test(a_header_among_arguments_is_its_tokens),
		cmocka_unit_test(builtins_and_words_are_asked_for),
		cmocka_unit_test(wrong_calls_end_the_run),
		cmocka_unit_test(work_without_end_is_ended),
		cmocka_unit_test(raw_reading_leaves_names_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
