/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lexer_events.h"

#define TRIGRAPHS (LEXER_GNU | PROGRAM_TRIGRAPHS)

static void
trigraphs_are_replaced_where_the_language_has_them(void **state)
{
	(void)state;
	assert_events("?\?=define A ?\?/\n 1\n#x\n", TRIGRAPHS, "1* #[define A  1] 3* #[x] ");
	assert_events("#define A ?\?/\n#x\n", LEXER_GNU, "1 #[define A ?\?/] 2 #[x] ");
	assert_events("#define A ?\?(?\?)?\?<?\?>?\?!?\?'?\?-\n", TRIGRAPHS, "1* #[define A []{}|^~] ");
	assert_events("// a ?\?/\n#no\n#x\n", TRIGRAPHS, "3* #[x] ");
	assert_events("#define A ?\?.?\n", TRIGRAPHS, "1 #[define A ?\?.?] ");
}

static void
a_splice_may_stand_within_anything(void **state)
{
	(void)state;
	assert_events("/\\\n* a\n#no *\\\n/\n#x\n", LEXER_GNU, "5* #[x] ");
	assert_events("/\\\n/ a\n#x\n", LEXER_GNU, "3* #[x] ");
	assert_events("s = \"a\\\\\n\" /* \";\n#x\n", LEXER_GNU, "3* #[x] ");
	assert_events("#if\\\ndef A\n#x\n", LEXER_GNU, "1* #[ifdef A] 3* #[x] ");
	assert_events("%\\\n:define A\n", LEXER_GNU, "1* #[define A] ");
	assert_events("a\\\n\\\n#no\n#x\n", LEXER_GNU, "4* #[x] ");
	/* A number with '$' and separators, and no character that would hide the comment. */
	assert_events("0$\\\na'b; /*'\n#no\n*/\n#x\n", LEXER_GNU | PROGRAM_DIGIT_SEPARATORS, "5* #[x] ");
}

static void
a_splice_in_a_raw_string_is_none(void **state)
{
	(void)state;
	assert_events("s = R\"a(\\\n)\\\na\"\n#no\n)a\"; i\\\nf\n#x\n", LEXER_GNU, "7* #[x] ");
	assert_events("s = R\\\n\"(\n#no)\";\n#x\n", LEXER_GNU, "4* #[x] ");
	assert_events("/* R\"( */ a\\\nb // R\"(\n#x\n", LEXER_GNU, "3* #[x] ");
	assert_events("s = \"R\"; a\\\nb = \"(\";\n#x\n", LEXER_GNU, "3* #[x] ");
}

static void
a_lone_carriage_return_is_a_newline_for_clang_alone(void **state)
{
	(void)state;
	assert_events("a\r#x\n#y\n", LEXER_GNU, "2* #[y] ");
	assert_events("a\r#x\n#y\n", LEXER_GNU | PROGRAM_CLANG, "2* #[x] 3* #[y] ");
}

static void
lines_keep_their_numbers(void **state)
{
	(void)state;
	assert_events("a\\\nb\\\nc\nd\n#x\ne\\\n/\\\n/ f\n#y\n", LEXER_GNU, "5* #[x] 9* #[y] ");
	assert_events("a\\\nb\\\n", LEXER_GNU, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trigraphs_are_replaced_where_the_language_has_them),
		cmocka_unit_test(a_splice_may_stand_within_anything),
		cmocka_unit_test(a_splice_in_a_raw_string_is_none),
		cmocka_unit_test(a_lone_carriage_return_is_a_newline_for_clang_alone),
		cmocka_unit_test(lines_keep_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
