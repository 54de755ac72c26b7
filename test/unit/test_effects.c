/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory_world.h"

static void
a_computed_include_is_a_string_or_a_name_in_brackets(void **state)
{
	(void)state;
	assert_trace("#define A \"a.h\"\n#include A\n#define B <e.h>\n#include B /* x */\n#define C(x) <x.h>\n#include C(e)\n"
	             "#define S(x) #x\n#include S(d.h)\n",
	             "m.c a.h 1/e.h 1/e.h d.h ");
}

static void
the_file_itself_can_be_included_by_its_name(void **state)
{
	(void)state;
	assert_trace("#ifndef X\n#define X\n#include __FILE__\n#else\n#include \"a.h\"\n#endif\n", "m.c m.c a.h ");
	assert_trace("#line 7 \"a.h\"\n#include __FILE__\n#ifndef X\n#define X\n#include __BASE_FILE__ \n#endif\n", "m.c a.h m.c a.h ");
}

static void
a_name_that_is_none_ends_the_run(void **state)
{
	(void)state;
	assert_unmodelled("#include A\n", UNMODELLED_SYNTAX, "m.c:1: a directive does not compile: a file's name is missing");
	assert_unmodelled("#include <a\n", UNMODELLED_SYNTAX, "m.c:1: a directive does not compile: a file's name without '>'");
	assert_unmodelled("#include L\"a.h\"\n", UNMODELLED_SYNTAX, "m.c:1: a directive does not compile: a file's name is missing");
	assert_unmodelled_as(WORLD_CLANG, "#include \"a\\b.h\"\n", UNMODELLED_EXTENSION,
	                     "m.c:1: an extension is not followed: a backslash in a file's name");
}

static void
lines_count_and_can_be_changed(void **state)
{
	(void)state;
	assert_trace("\n#if __LINE__ == 2\n#include \"a.h\"\n#endif\n#line 100\n#if __LINE__ == 100\n#include \"b.h\"\n#endif\n"
	             "#define N 012\n#line N \"x\"\n\n#if __LINE__ == 13\n#include \"c.h\"\n#endif\n",
	             "m.c a.h b.h c.h ");
	assert_trace("# 33 \"x\"\n#if __LINE__ == 33\n#include \"a.h\"\n#endif\n# 7 \"y\" 3\n#include \"b.h\"\n", "m.c a.h *b.h ");
	assert_unmodelled("# 7 \"y\" 1\n#if __INCLUDE_LEVEL__\n#endif\n", UNMODELLED_EXTENSION,
	                  "m.c:2: an extension is not followed: __INCLUDE_LEVEL__ behind a line marker");
	assert_unmodelled("#line x\n", UNMODELLED_SYNTAX, "m.c:1: a directive does not compile: #line");
	assert_unmodelled("#line 1 2\n", UNMODELLED_SYNTAX, "m.c:1: a directive does not compile: #line");
}

static void
a_line_among_several_is_not_known(void **state)
{
	(void)state;
	assert_unmodelled("#if \\\n __LINE__\n#endif\n", UNMODELLED_LINE, "m.c:1: __LINE__ matters in a directive of several lines");
	assert_unmodelled("#line 5 /*\n*/\n#if __LINE__\n#endif\n", UNMODELLED_LINE,
	                  "m.c:3: __LINE__ matters in a directive of several lines");
}

static void
macros_are_pushed_and_popped(void **state)
{
	(void)state;
	assert_trace("#define X 1\n#pragma push_macro(\"X\")\n#undef X\n#pragma push_macro(\"X\")\n#define X 3\n"
	             "#pragma pop_macro(\"X\")\n#ifndef X\n#include \"a.h\"\n#endif\n#pragma pop_macro(\"X\")\n#if X == 1\n#include \"b.h\"\n"
	             "#endif\n#pragma pop_macro(\"X\")\n#if X == 1\n#include \"c.h\"\n#endif\n",
	             "m.c a.h b.h c.h ");
	assert_trace("#define X 1\n#define Y 1\n#pragma push_macro(\"X\")\n#pragma push_macro(\"Y\")\n#undef X\n#undef Y\n"
	             "#pragma pop_macro(\"X\")\n#if defined X && !defined Y\n#include \"a.h\"\n#endif\n#pragma pop_macro(\"Y\")\n#ifdef Y\n"
	             "#include \"b.h\"\n#endif\n",
	             "m.c a.h b.h ");
	assert_trace("_Pragma(\"push_macro(\\\"__FILE__\\\")\")\n#undef __FILE__\n_Pragma(\"pop_macro(\\\"__FILE__\\\")\")\n#ifdef __FILE__\n"
	             "#include \"a.h\"\n#endif\n",
	             "m.c a.h ");
}

static void
a_macro_for_pragmas_acts_alone_on_its_line(void **state)
{
	(void)state;
	assert_trace("#define X_PUSH_MACROS _Pragma(\"push_macro(\\\"X\\\")\") _Pragma(\"push_macro(\\\"Y\\\")\")\n"
	             "#define X_POP_MACROS _Pragma(\"pop_macro(\\\"X\\\")\") _Pragma(\"pop_macro(\\\"Y\\\")\")\n#define X\n#define Y\n"
	             "X_PUSH_MACROS\n#undef X\n#undef Y\nX_POP_MACROS\n#if defined X && defined Y\n#include \"a.h\"\n#endif\n"
	             "X_PUSH_MACROS\n#undef X\nX_POP_MACROS\n#ifdef X\n#include \"b.h\"\n#endif\nX_PUSH_NOTHING\n",
	             "m.c a.h b.h ");
}

static void
a_poisoned_word_may_not_be_used(void **state)
{
	(void)state;
	assert_trace("#pragma GCC poison X\n#include \"a.h\"\n", "m.c a.h ");
	assert_unmodelled("#pragma GCC poison X\n#ifdef X\n#endif\n#ifdef X\n#include \"a.h\"\n#endif\n", UNMODELLED_POISON,
	                  "m.c:4: a poisoned word is used: X");
	assert_unmodelled("#pragma GCC poison X\n#if X\n#endif\n", UNMODELLED_POISON, "m.c:2: a poisoned word is used: X");
	assert_trace("#pragma clang poison X\n#ifndef X\n#include \"a.h\"\n#endif\n", "m.c a.h ");
}

static void
a_changed_target_may_not_decide(void **state)
{
	(void)state;
	assert_trace("#pragma GCC push_options\n#pragma GCC target(\"avx2\")\n#ifdef __x86_64__\n#include \"a.h\"\n#else\n#include \"b.h\"\n#endif\n"
	             "#pragma GCC pop_options\n#ifdef __AVX2__\n#include \"c.h\"\n#endif\n",
	             "m.c b.h ");
	assert_unmodelled("#pragma GCC target(\"avx2\")\n#if defined __AVX2__ && X\n#endif\n", UNMODELLED_TARGET,
	                  "m.c:2: a condition depends on what #pragma GCC target or optimize changes: __AVX2__");
	assert_unmodelled("#pragma GCC optimize(\"O3\")\n#ifdef __OPTIMIZE__\n#include \"a.h\"\n#endif\n", UNMODELLED_TARGET,
	                  "m.c:2: a condition depends on what #pragma GCC target or optimize changes: __OPTIMIZE__");
	assert_trace("#pragma GCC target(\"avx2\")\n#pragma GCC reset_options\n#ifndef __AVX2__\n#include \"a.h\"\n#endif\n", "m.c a.h ");
	assert_trace("#pragma GCC target(\"avx2\")\n#define __AVX2__ 1\n#if __AVX2__\n#include \"a.h\"\n#endif\n", "m.c a.h ");
	assert_trace("#pragma GCC target(\"general-regs-only\")\n#ifndef __CRC32__\n#include \"a.h\"\n#endif\n", "m.c a.h ");
	assert_trace_as(WORLD_CLANG, "#pragma GCC target(\"avx2\")\n#ifndef __AVX2__\n#include \"a.h\"\n#endif\n", "m.c a.h ");
}

static void
other_files_are_read_and_not_executed(void **state)
{
	(void)state;
	assert_trace("#pragma GCC dependency \"a.h\"\n#pragma GCC dependency <no.h> text\n", "m.c !a.h !no.h ");
	assert_trace("#embed \"a.h\" limit(3)\n", "m.c !a.h a.h ");
	assert_unmodelled("#embed <no.bin>\n", UNMODELLED_MISSING, "m.c:1: a file to include is not there: no.bin");
	assert_trace("asm(\".incbin \\\"a.h\\\"\");\n", "m.c !a.h ");
	assert_unmodelled("asm(\".incbin \\\"no.bin\\\"\");\n", UNMODELLED_ASSEMBLER,
	                  "m.c:1: a file that the assembler reads is not known: no.bin");
	assert_unmodelled("asm(\".incbin \" X);\n", UNMODELLED_ASSEMBLER, "m.c:1: a file that the assembler reads is not known");
	assert_trace_as(PROGRAM_ASSEMBLER | PROGRAM_LINE_COMMENTS, "# comment's\n.incbin \"a.h\"\n#include \"b.h\"\n", "m.c !a.h b.h ");
}

static void
once_in_the_main_file_counts_for_gcc_alone(void **state)
{
	static const char text[] = "#pragma once\n#ifndef X\n#define X\n#include \"m.c\"\n#else\n#include \"a.h\"\n#endif\n";

	(void)state;
	assert_trace(text, "m.c -m.c ");
	assert_trace_as(WORLD_CLANG, text, "m.c m.c a.h ");
}

static void
modules_and_assertions_are_not_followed(void **state)
{
	(void)state;
	assert_trace("import <a>;\n", "m.c ");
	assert_unmodelled("#define __cpp_modules 1\nimport <a>;\n", UNMODELLED_MODULE, "m.c:2: modules are not followed");
	assert_unmodelled("#define __OBJC__ 1\n@import A;\n", UNMODELLED_MODULE, "m.c:2: modules are not followed");
	assert_unmodelled("#assert a(b)\n", UNMODELLED_ASSERT, "m.c:1: #assert and its questions are not followed");
	assert_unmodelled_as(WORLD_CLANG, "#pragma clang module import A\n", UNMODELLED_MODULE, "m.c:1: modules are not followed");
	assert_trace("#pragma clang module import A\n#pragma hdrstop\n", "m.c ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_computed_include_is_a_string_or_a_name_in_brackets),
		cmocka_unit_test(the_file_itself_can_be_included_by_its_name),
		cmocka_unit_test(a_name_that_is_none_ends_the_run),
		cmocka_unit_test(lines_count_and_can_be_changed),
		cmocka_unit_test(a_line_among_several_is_not_known),
		cmocka_unit_test(macros_are_pushed_and_popped),
		cmocka_unit_test(a_macro_for_pragmas_acts_alone_on_its_line),
		cmocka_unit_test(a_poisoned_word_may_not_be_used),
		cmocka_unit_test(a_changed_target_may_not_decide),
		cmocka_unit_test(other_files_are_read_and_not_executed),
		cmocka_unit_test(once_in_the_main_file_counts_for_gcc_alone),
		cmocka_unit_test(modules_and_assertions_are_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
