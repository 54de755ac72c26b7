/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory_world.h"

static void
files_are_looked_for_and_not_entered(void **state)
{
	(void)state;
	assert_trace("#if __has_include(\"a.h\") && !__has_include(<no.h>)\n#include \"b.h\"\n#endif\n", "m.c ?a.h ?no.h b.h ");
	assert_trace("#define H(x) __has_include(x)\n#define N \"a.h\"\n#if H(N) && H(\"b.h\") && __has_include(N)\n#include \"c.h\"\n#endif\n",
	             "m.c ?a.h ?b.h ?a.h c.h ");
	assert_trace("#define linux 1\n#if __has_include(<linux/no.h>)\n#endif\n", "m.c ?linux/no.h ");
	assert_trace("#if defined __has_include && defined(__has_include_next)\n#include \"a.h\"\n#endif\n", "m.c a.h ");
	assert_unmodelled("#if __has_include(\"denied.h\")\n#endif\n", UNMODELLED_DENIED,
	                  "m.c:1: a file or folder on the way to an include cannot be read: denied.h");
	assert_unmodelled("#if __has_include\n#endif\n", UNMODELLED_SYNTAX, "m.c:1: a directive does not compile: '(' is missing");
}

static void
a_source_may_have_its_own_has_include(void **state)
{
	(void)state;
	assert_trace("#undef __has_include\n#define __has_include(x) 0\n#if __has_include(<a.h>)\n#else\n#include \"b.h\"\n#endif\n",
	             "m.c b.h ");
}

static void
gcc_looks_for_nothing_that_does_not_matter_and_clang_lists_it(void **state)
{
	static const char text[] = "#if 0 && __has_include(\"a.h\")\n#endif\n#if 1 || __has_include(\"b.h\")\n#endif\n";

	(void)state;
	assert_trace(text, "m.c ");
	assert_trace_as(WORLD_CLANG, text, "m.c ?a.h -a.h ?b.h -b.h ");
}

static void
questions_are_asked_as_the_compiler_reads_them(void **state)
{
	struct world w = world_new();

	(void)state;
	w.answers = "defined __has_attribute=1;defined __has_builtin=1;defined __has_cpp_attribute=1;__has_attribute(noreturn)=1;"
	            "__has_cpp_attribute(gnu::unused)=201603;__has_builtin(__builtin_x)=0;__has_builtin(Y)=1;";
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#define N noreturn\n#if __has_attribute(N)\n#include \"a.h\"\n#endif\n"
	                                    "#if __has_cpp_attribute( gnu :: unused ) == 201603\n#include \"b.h\"\n#endif\n"
	                                    "#define Y __builtin_x\n#if __has_builtin(Y)\n#include \"c.h\"\n#endif\n"),
	                 UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c a.h b.h ");
	world_release(&w);
}

static void
clang_asks_for_a_builtin_by_its_own_name(void **state)
{
	struct world w = world_new();

	(void)state;
	w.mode = WORLD_CLANG;
	w.answers = "defined __has_builtin=1;__has_builtin(Y)=1;";
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#define Y __builtin_x\n#if __has_builtin(Y)\n#include \"c.h\"\n#endif\n"), UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c c.h ");
	world_release(&w);
}

static void
what_is_not_answered_ends_the_run(void **state)
{
	(void)state;
	assert_unmodelled("#if __has_attribute(x)\n#endif\n", UNMODELLED_QUESTION,
	                  "m.c:1: the compiler does not answer a question in a condition: __has_attribute");
	assert_trace("#if 0 && __has_attribute(x)\n#endif\n#ifndef __has_feature\n#include \"a.h\"\n#endif\n", "m.c a.h ");
	assert_unmodelled("#ifdef __has_warning\n#include \"a.h\"\n#endif\n", UNMODELLED_QUESTION,
	                  "m.c:1: the compiler does not answer a question in a condition: __has_warning");
}

static void
each_word_is_asked_for_once_in_a_run(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#ifdef __has_builtin\n#include \"a.h\"\n#endif\n#ifdef __has_builtin\n#include \"a.h\"\n#endif\n"),
	                 UNMODELLED_NONE);
	assert_int_equal(w.asked, 1);
	world_release(&w);
}

static void
levels_and_names_of_files(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add_empty(&w);
	world_add(&w, "1/x.h", "#if __INCLUDE_LEVEL__ == 1\n#include \"a.h\"\n#endif\n#define S(x) #x\n#include __FILE_NAME__\n");
	world_add(&w, "x.h", "");
	assert_int_equal(world_run_text(&w, "#if __INCLUDE_LEVEL__ == 0\n#include <x.h>\n#endif\n"), UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c 1/x.h a.h x.h ");
	world_release(&w);
}

static void
the_date_may_not_decide(void **state)
{
	(void)state;
	assert_unmodelled("#if __TIME__\n#endif\n", UNMODELLED_DATE,
	                  "m.c:1: a directive depends on __DATE__, __TIME__ or __TIMESTAMP__");
	assert_unmodelled("#if _Pragma(\"x\") 1\n#endif\n", UNMODELLED_EXTENSION, "m.c:1: an extension is not followed: _Pragma");
}

static void
an_embedded_file_may_be_empty(void **state)
{
	struct world w = world_new();

	(void)state;
	w.answers = "defined __has_embed=1;";
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#if __has_embed(\"a.h\") && !__has_embed(<no.bin>)\n#include \"b.h\"\n#endif\n"), UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c !a.h !no.bin !a.h !no.bin b.h ");
	world_add(&w, "n.c", "#if __has_embed(\"a.h\") == 2\n#endif\n");
	assert_int_equal(world_run(&w, "n.c"), UNMODELLED_EXTENSION);
	world_add(&w, "o.c", "#if __has_embed(\"a.h\" limit(0))\n#endif\n");
	assert_int_equal(world_run(&w, "o.c"), UNMODELLED_EXTENSION);
	world_release(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_looked_for_and_not_entered),
		cmocka_unit_test(a_source_may_have_its_own_has_include),
		cmocka_unit_test(gcc_looks_for_nothing_that_does_not_matter_and_clang_lists_it),
		cmocka_unit_test(questions_are_asked_as_the_compiler_reads_them),
		cmocka_unit_test(clang_asks_for_a_builtin_by_its_own_name),
		cmocka_unit_test(what_is_not_answered_ends_the_run),
		cmocka_unit_test(each_word_is_asked_for_once_in_a_run),
		cmocka_unit_test(levels_and_names_of_files),
		cmocka_unit_test(the_date_may_not_decide),
		cmocka_unit_test(an_embedded_file_may_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
