/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory_world.h"

/* The trace of a main file m.c among files a.h, b.h, c.h, d.h, which are empty. */
static void
check(const char *text, const char *trace)
{
	struct world w = world_new();

	world_add(&w, "m.c", text);
	world_add(&w, "a.h", "");
	world_add(&w, "b.h", "");
	world_add(&w, "c.h", "");
	world_add(&w, "d.h", "");
	assert_int_equal(world_run(&w, "m.c"), UNMODELLED_NONE);
	assert_string_equal(w.trace, trace);
	world_release(&w);
}

static void
a_live_include_is_entered_and_a_dead_one_is_not(void **state)
{
	(void)state;
	check("#include \"a.h\"\n#if 0\n#include \"b.h\"\n#endif\n", "m.c a.h ");
	check("#ifdef X\n#include \"a.h\"\n#else\n#include \"b.h\"\n#endif\n", "m.c b.h ");
	check("#define X\n#ifdef X\n#include \"a.h\"\n#else\n#include \"b.h\"\n#endif\n", "m.c a.h ");
	check("#define X 2\n#if X == 1\n#include \"a.h\"\n#elif X == 2\n#include \"b.h\"\n#elif 1\n#include \"c.h\"\n#else\n"
	      "#include \"d.h\"\n#endif\n",
	      "m.c b.h ");
}

static void
a_guarded_file_is_entered_but_not_executed_twice(void **state)
{
	struct world w = world_new();

	(void)state;
	world_add(&w, "m.c", "#include \"g.h\"\n#include \"g.h\"\n");
	world_add(&w, "g.h", "/* x */\n#ifndef G_H\n#define G_H\n#include \"a.h\"\n#endif\n");
	world_add(&w, "a.h", "");
	assert_int_equal(world_run(&w, "m.c"), UNMODELLED_NONE);
	assert_string_equal(w.trace, "m.c g.h a.h g.h ");
	world_release(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_live_include_is_entered_and_a_dead_one_is_not),
		cmocka_unit_test(a_guarded_file_is_entered_but_not_executed_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
