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

static void
a_literal_pragma_among_the_text_is_seen(void **state)
{
	(void)state;
	assert_events("int a;\n_Pragma(\"push_macro(\\\"x\\\")\") int b;\n", LEXER_GNU, "2 _[push_macro(\\\"x\\\")] ");
	assert_events("_Pragma (\n\"once\" )\n#x\n", LEXER_GNU, "1 _[once] 3 #[x] ");
	assert_events("_Pragma(L\"once\")\n", LEXER_GNU, "1 _[once] ");
	assert_events("f() _Pragma(\"once\")\n", LEXER_GNU, "1 _[once] ");
}

static void
pragmas_without_effect_are_no_event(void **state)
{
	(void)state;
	assert_events("_Pragma(\"GCC diagnostic push\")\n_Pragma(\"omp parallel\")\n_Pragma(x)\n_Pragma\n", LEXER_GNU, "");
	assert_events("/* _Pragma(\"once\") */ \"_Pragma(\\\"once\\\")\" x_Pragma(\"once\")\n", LEXER_GNU, "");
}

static void
a_pragma_among_arguments_is_not_followed(void **state)
{
	(void)state;
	assert_events("f(_Pragma(\"once\"))\n", LEXER_GNU, "1 ![] ");
	assert_events("DO_PRAGMA(push_macro(\"x\"))\n", LEXER_GNU, "1 ![] ");
	assert_events("DO_PRAGMA(GCC target(\"avx\"))\nDO_PRAGMA(GCC diagnostic push)\n", LEXER_GNU, "1 ![] ");
}

static void
a_word_for_pragmas_is_seen_alone_on_its_line(void **state)
{
	(void)state;
	assert_events("_LIB_PUSH_MACROS\n  _LIB_POP_MACROS // a\n", LEXER_GNU, "1 w[_LIB_PUSH_MACROS] 2 w[_LIB_POP_MACROS] ");
	assert_events("PUSH(1)\nint POP;\n", LEXER_GNU, "");
}

static void
imports_are_seen_at_the_beginning_of_a_line(void **state)
{
	(void)state;
	assert_events("import <a>;\nexport import b;\n import c;\nx @import d;\n", LEXER_GNU, "1 i[] 2 i[] 3 i[] 4 i[] ");
	assert_events("export import a;\n", LEXER_GNU, "1 i[] ");
	assert_events("int import;\n", LEXER_GNU, "");
}

static void
what_the_assembler_reads_is_seen(void **state)
{
	unsigned assembler = PROGRAM_LINE_COMMENTS | PROGRAM_ASSEMBLER;

	(void)state;
	assert_events("x: .incbin \"a.bin\", 1\n", assembler, "1 r[a.bin] ");
	assert_events("_Pragma(\"once\")\n.incbin \"a.bin\"\n", assembler, "1 _[once] 2 r[a.bin] ");
	assert_events("x: .incbin FILE\n.include \"b.s\"\n", assembler, "1 ![] 2 ![] ");
	assert_events("asm(\"x: .incbin \\\"a.bin\\\"\\n\");\n", LEXER_GNU, "1 r[a.bin] ");
	assert_events("asm(\".incbin \" FILE);\n", LEXER_GNU, "1 r[] ");
	assert_events("asm(\"nop\\n.incbin \\\"a.bin\\\"\");\n", LEXER_GNU, "1 r[a.bin] ");
	assert_events("asm(\"nop\\012.incbin \" \"\\\"a.bin\\\"\");\n", LEXER_GNU, "1 r[] ");
	assert_events("char *s = \"x.incbin \\\"a.bin\\\"\";\n", LEXER_GNU, "");
	assert_events("s = \"my.include \"; t = a.include (b);\n", LEXER_GNU, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_literal_pragma_among_the_text_is_seen),
		cmocka_unit_test(pragmas_without_effect_are_no_event),
		cmocka_unit_test(a_pragma_among_arguments_is_not_followed),
		cmocka_unit_test(a_word_for_pragmas_is_seen_alone_on_its_line),
		cmocka_unit_test(imports_are_seen_at_the_beginning_of_a_line),
		cmocka_unit_test(what_the_assembler_reads_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
