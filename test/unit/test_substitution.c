/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expansion_text.h"

static void
operands_of_paste_are_not_expanded(void **state)
{
	(void)state;
	assert_expanded("#define A 1\n#define CAT(x, y) x ## y\n#define XCAT(x, y) CAT(x, y)\n", "CAT(A, 2) XCAT(A, 2) CAT(A,)",
	                "A2 12 1");
	assert_expanded("#define A x ## 1\n#define x1 yes\n", "A", "yes");
	assert_expanded("#define F(x) a ## x ## b\n", "F() F(1) F(2 3)", "ab a1b a2 3b");
	assert_expanded("#define F(x, y) x ## y\n", "F(,) | F(<,<) F(L,'a') F(.,5)", "| << L'a' .5");
	assert_expanded("#define hash_hash # ## #\n#define mkstr(a) # a\n#define in_between(a) mkstr(a)\n"
	                "#define join(c, d) in_between(c hash_hash d)\n",
	                "join(x, y)", "\"x## y\"");
}

static void
a_paste_that_makes_no_token_is_an_error_but_in_assembler(void **state)
{
	(void)state;
	assert_expanded("#define F(x) + ## x\n", "F(a)", "!syntax");
	assert_expanded("#define F(x, y) x ## y\n", "F(/, /)", "!syntax");
	assert_expanded_as(PROGRAM_ASSEMBLER, "#define F(x) . ## x ## b\n", "F(a)", ". ab");
}

static void
strings_are_made_of_spellings(void **state)
{
	(void)state;
	assert_expanded("#define S(x) #x\n#define A 1\n", "S(A) S() S( a  b ) S(\"c\\n\" '\"')",
	                "\"A\" \"\" \"a b\" \"\\\"c\\\\n\\\" '\\\"'\"");
	assert_expanded("#define S(x) #x\n#define X(x) S(x)\n#define A 1\n", "X(A)", "\"1\"");
	assert_expanded("#define S(...) #__VA_ARGS__\n", "S(a,b , c)", "\"a,b , c\"");
}

static void
gcc_swallows_a_comma_before_omitted_arguments(void **state)
{
	struct expanded e;

	(void)state;
	assert_expanded("#define F(a, ...) [a, ## __VA_ARGS__]\n", "F(1) F(1,) F(1,2,3)", "[ 1 ] [ 1 , ] [ 1 , 2 , 3 ]");
	assert_expanded("#define F(a, r...) [a, ## r]\n", "F(1) F(1,2)", "[ 1 ] [ 1 , 2 ]");
	assert_expanded("#define F(...) [0, ## __VA_ARGS__]\n", "F() F(1)", "[ 0 ] [ 0 , 1 ]");
	expanded_begin(&e, EXPANSION_GNU, "#define F(...) [0, ## __VA_ARGS__]\n", "F()");
	e.x.is_strict = true;
	expanded_read(&e);
	assert_string_equal(e.out, "[ 0 , ]");
	expanded_end(&e);
}

static void
optional_tokens_depend_on_what_arguments_become(void **state)
{
	(void)state;
	assert_expanded("#define F(a, ...) a __VA_OPT__(+ __VA_ARGS__)\n#define E\n", "F(1) F(1,) F(1,E) F(1,2)",
	                "1 1 1 1 + 2");
	assert_expanded("#define F(a, ...) x ## __VA_OPT__(a ## b) y\n", "F(1) F(1,2)", "x y x1b y");
	assert_expanded("#define F(a, ...) #__VA_OPT__(a b)\n", "F(1) F(1,2)", "\"\" \"1 b\"");
	assert_expanded("#define F(a, ...) __VA_OPT__(()a)\n", "F(1,2)", "( ) 1");
	assert_expanded("#define F(...) __VA_OPT__\n", "F(2)", "!extension");
	assert_expanded("#define F(...) __VA_OPT__(x\n", "F(2)", "!extension");
	assert_expanded("#define F(x) __VA_OPT__(x)\n", "F(2)", "__VA_OPT__ ( 2 )");
}

static void
clang_has_optional_tokens_since_cxx20(void **state)
{
	(void)state;
	assert_expanded_as(EXPANSION_GNU | PROGRAM_CLANG, "#define F(...) __VA_OPT__(1)\n", "F(2)", "!extension");
	assert_expanded_as(EXPANSION_GNU | PROGRAM_CLANG, "#define __cplusplus 202002L\n#define F(...) __VA_OPT__(1)\n", "F(2)", "1");
}

/* The string that STR(text) is in an #include. */
static void
check_space(unsigned mode, const char *macros, const char *text, const char *expected)
{
	struct expanded e;

	expanded_begin(&e, mode, macros, text);
	e.x.wants_padding = true;
	expanded_read(&e);
	assert_string_equal(e.out, expected);
	expanded_end(&e);
}

static void
white_space_is_each_compilers_own(void **state)
{
	static const char macros[] = "#define STR(x) STR2(x)\n#define STR2(x) #x\n#define A 1\n#define E\n#define F(x) [ x]\n"
	                             "#define P(x) .x ## B\n#define L(x) x## b\n";

	(void)state;
	check_space(EXPANSION_GNU, macros, "STR(a/A)", "\"a/1\"");
	check_space(EXPANSION_GNU, macros, "STR(a A)", "\"a1\"");
	check_space(EXPANSION_GNU | PROGRAM_CLANG, macros, "STR(a A)", "\"a 1\"");
	check_space(EXPANSION_GNU, macros, "STR(F(2))", "\"[ 2]\"");
	check_space(EXPANSION_GNU | PROGRAM_CLANG, macros, "STR(F(2))", "\"[ 2]\"");
	check_space(EXPANSION_GNU | PROGRAM_CLANG, macros, "STR(a E/b)", "\"a /b\"");
	check_space(EXPANSION_GNU, macros, "STR(a E/b)", "\"a/b\"");
	check_space(EXPANSION_GNU, macros, "STR(a __LINE__)", "\"a77\"");
	check_space(EXPANSION_GNU | PROGRAM_CLANG, macros, "STR(a __LINE__)", "\"a 77\"");
	check_space(EXPANSION_GNU, macros, "STR(L())", "\"b\"");
	check_space(EXPANSION_GNU | PROGRAM_CLANG, macros, "STR(c L())", "\"c b\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operands_of_paste_are_not_expanded),
		cmocka_unit_test(a_paste_that_makes_no_token_is_an_error_but_in_assembler),
		cmocka_unit_test(strings_are_made_of_spellings),
		cmocka_unit_test(gcc_swallows_a_comma_before_omitted_arguments),
		cmocka_unit_test(optional_tokens_depend_on_what_arguments_become),
		cmocka_unit_test(clang_has_optional_tokens_since_cxx20),
		cmocka_unit_test(white_space_is_each_compilers_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
