/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory_world.h"

static void
a_live_include_is_entered_and_a_dead_one_is_not(void **state)
{
	(void)state;
	assert_trace("#include \"a.h\"\n#if 0\n#include \"b.h\"\n#endif\n", "m.c a.h ");
	assert_trace("#ifdef X\n#include \"a.h\"\n#else\n#include \"b.h\"\n#endif\n", "m.c b.h ");
	assert_trace("#define X\n#ifdef X\n#include \"a.h\"\n#else\n#include \"b.h\"\n#endif\n", "m.c a.h ");
	assert_trace("#define X 2\n#if X == 1\n#include \"a.h\"\n#elif X == 2\n#include \"b.h\"\n#elif 1\n#include \"c.h\"\n#else\n"
	             "#include \"d.h\"\n#endif\n",
	             "m.c b.h ");
	assert_trace("#define X\n#undef X\n#ifndef X\n#include \"a.h\"\n#elifdef Y\n#include \"b.h\"\n#endif\n"
	             "#ifdef X\n#elifndef X\n#include \"c.h\"\n#endif\n",
	             "m.c a.h c.h ");
}

static void
a_guarded_file_is_entered_but_not_executed_twice(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "g.h", "/* x */\n#ifndef G_H\n#define G_H\n#include \"a.h\"\n#endif\n");
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#include \"g.h\"\n#include \"g.h\"\n#undef G_H\n#include \"g.h\"\n"), UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c g.h a.h g.h g.h a.h ");
	world_release(&w);
}

static void
two_files_may_have_one_guard(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "g.h", "#ifndef G_H\n#define G_H\n#include \"a.h\"\n#endif\n");
	world_add(&w, "h.h", "#ifndef G_H\n#define G_H\n#include \"b.h\"\n#endif\n");
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#include \"h.h\"\n#include \"g.h\"\n"), UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c h.h b.h g.h ");
	world_release(&w);
}

static void
a_file_with_pragma_once_is_skipped(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "1/o.h", "#pragma once\n#include \"a.h\"\n");
	world_add(&w, "2/o.h", "#pragma once\n#include \"a.h\"\n");
	world_add_empty(&w);
	w.files[1].source.once_key = w.files[0].source.once_key;
	assert_int_equal(world_run_text(&w, "#include <o.h>\n#include <o.h>\n#include \"2/o.h\"\n"), UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c 1/o.h a.h -1/o.h -2/o.h ");
	world_release(&w);
}

static void
an_imported_file_is_never_entered_again(void **state)
{
	(void)state;
	assert_trace("#import \"a.h\"\n#import \"a.h\"\n#include \"a.h\"\n", "m.c a.h -a.h -a.h ");
	assert_trace("#include \"a.h\"\n#include \"a.h\"\n#import \"a.h\"\n#include \"a.h\"\n", "m.c a.h a.h -a.h -a.h ");
	assert_unmodelled("#if __has_include(\"a.h\")\n#import \"a.h\"\n#endif\n", UNMODELLED_EXTENSION,
	                  "a.h:2: an extension is not followed: #import of a file that __has_include has found");
}

static void
include_next_goes_on_in_the_next_folder(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "1/n.h", "#include_next <n.h>\n");
	world_add(&w, "2/n.h", "#if __has_include_next(<n.h>)\n#include_next <n.h>\n#endif\n");
	world_add(&w, "3/n.h", "#if __has_include_next(<n.h>)\n#include \"a.h\"\n#endif\n");
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#include_next <n.h>\n#if __has_include_next(<n.h>)\n#include \"b.h\"\n#endif\n"),
	                 UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c 1/n.h 2/n.h ?n.h *3/n.h ?n.h ?n.h b.h ");
	world_release(&w);
}

static void
whose_a_file_is_goes_down_with_its_includes(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "3/s.h", "#include \"a.h\"\n");
	world_add(&w, "p.h", "#include \"b.h\"\n#pragma GCC system_header\n#include \"b.h\"\n");
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#include <s.h>\n#include \"a.h\"\n#include \"p.h\"\n#pragma GCC system_header\n"
	                                    "#include \"c.h\"\n"),
	                 UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c *3/s.h *a.h a.h p.h b.h *b.h c.h ");
	world_release(&w);
}

static void
options_come_in_the_compilers_order(void **state)
{
	struct world w = world_new();

	(void)state;
	w.predefines = "#define P 1\n#define Q 1\n";
	w.command_line = "#define D P\n#undef Q\n";
	w.imacros[0] = "i.h";
	w.includes[0] = "j.h";
	w.includes[1] = "k.h";
	world_add(&w, "i.h", "#define I D\n#include \"a.h\"\n");
	world_add(&w, "j.h", "#if I && !defined Q && __INCLUDE_LEVEL__ == 1\n#include \"b.h\"\n#endif\n#define J\n");
	world_add(&w, "k.h", "#ifdef J\n#include \"c.h\"\n#endif\n");
	world_add_empty(&w);
	assert_int_equal(world_run_text(&w, "#include \"d.h\"\n"), UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c i.h a.h j.h b.h k.h c.h d.h ");
	w.includes[1] = "nowhere.h";
	assert_int_equal(world_run(&w, "m.c"), UNMODELLED_MISSING);
	world_release(&w);
}

static void
runs_know_nothing_of_each_other(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "m.c", "#ifndef X\n#include \"a.h\"\n#endif\n#define X\n#include \"o.h\"\n#include \"o.h\"\n#pragma push_macro(\"X\")\n"
	                     "#pragma GCC push_options\n#pragma GCC target(\"avx\")\n#pragma GCC poison Y\n");
	world_add(&w, "n.c", "#ifndef Y\n#include \"a.h\"\n#endif\n#pragma pop_macro(\"X\")\n#ifdef X\n#include \"b.h\"\n#endif\n"
	                     "#ifndef __AVX__\n#include \"c.h\"\n#endif\n");
	world_add(&w, "o.h", "#pragma once\n");
	world_add_empty(&w);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(world_run(&w, "m.c"), UNMODELLED_NONE);
		assert_string_equal(w.trace, "m.c a.h o.h -o.h ");
		assert_int_equal(world_run(&w, "n.c"), UNMODELLED_NONE);
		assert_string_equal(w.trace, "n.c a.h c.h ");
	}
	world_release(&w);
}

static void
an_end_has_a_reason_and_a_place(void **state)
{
	struct world w = world_new();

	(void)state;
	assert_unmodelled("\n#include \"no.h\"\n", UNMODELLED_MISSING, "m.c:2: a file to include is not there: no.h");
	assert_unmodelled("#include \"denied.h\"\n", UNMODELLED_DENIED,
	                  "m.c:1: a file or folder on the way to an include cannot be read: denied.h");
	assert_unmodelled("#error \"Not today\"\n", UNMODELLED_ERROR, "m.c:1: an #error is reached: \"Not today\"");
	assert_unmodelled("#if 1 +\n#include \"a.h\"\n#endif\n", UNMODELLED_SYNTAX, "m.c:1: a directive does not compile: an operand is missing");
	assert_unmodelled("#if A\n", UNMODELLED_SYNTAX, "m.c:1: a directive does not compile: conditional without #endif");
	assert_unmodelled("#nonsense\n", UNMODELLED_DIRECTIVE, "m.c:1: a directive is not known: nonsense");
	assert_unmodelled("x\n/* y", UNMODELLED_LITERAL, "m.c:2: a literal or comment has no end");
	world_add(&w, "x.h", "\n\n#error\n");
	assert_int_equal(world_run_text(&w, "#include \"x.h\"\n"), UNMODELLED_ERROR);
	assert_string_equal(w.detail, "x.h:3: an #error is reached");
	world_release(&w);
}

static void
includes_nest_200_deep_and_no_deeper(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "r.h", "#include \"r.h\"\n");
	assert_int_equal(world_run_text(&w, "#include \"r.h\"\n"), UNMODELLED_DEPTH);
	w.files[1].name[0] = 'x';
	world_add(&w, "s.h", "#if __INCLUDE_LEVEL__ < 199\n#include \"s.h\"\n#endif\n");
	assert_int_equal(world_run_text(&w, "#include \"s.h\"\n"), UNMODELLED_NONE);
	world_release(&w);
}

static void
a_run_without_end_is_ended(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "r.h", "#if __INCLUDE_LEVEL__ < 150\n#include \"r.h\"\n#include \"r.h\"\n#endif\n");
	assert_int_equal(world_run_text(&w, "#include \"r.h\"\n"), UNMODELLED_LIMIT);
	world_release(&w);
}

static void
a_counter_may_not_decide(void **state)
{
	(void)state;
	assert_trace("#if __COUNTER__ + 1 == __COUNTER__\n#include \"a.h\"\n#endif\n#if __COUNTER__ >= 0\n#include \"b.h\"\n#endif\n",
	             "m.c a.h b.h ");
	assert_unmodelled("#if __COUNTER__ == 0\n#endif\n", UNMODELLED_COUNTER,
	                  "m.c:1: a directive depends on __COUNTER__");
	assert_unmodelled("#define S(x) #x\n#define T(x) S(x)\n#include T(__COUNTER__)\n", UNMODELLED_COUNTER,
	                  "m.c:3: a directive depends on __COUNTER__");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_live_include_is_entered_and_a_dead_one_is_not),
		cmocka_unit_test(a_guarded_file_is_entered_but_not_executed_twice),
		cmocka_unit_test(two_files_may_have_one_guard),
		cmocka_unit_test(a_file_with_pragma_once_is_skipped),
		cmocka_unit_test(an_imported_file_is_never_entered_again),
		cmocka_unit_test(include_next_goes_on_in_the_next_folder),
		cmocka_unit_test(whose_a_file_is_goes_down_with_its_includes),
		cmocka_unit_test(options_come_in_the_compilers_order),
		cmocka_unit_test(runs_know_nothing_of_each_other),
		cmocka_unit_test(an_end_has_a_reason_and_a_place),
		cmocka_unit_test(includes_nest_200_deep_and_no_deeper),
		cmocka_unit_test(a_run_without_end_is_ended),
		cmocka_unit_test(a_counter_may_not_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
