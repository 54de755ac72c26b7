/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "expected.h"
#include "xalloc.h"

/* gcc with one option, or none. */
static bool
is_expected(const char *source, const char *object, const char *option, const char *path)
{
	struct args a = {.source = 2, .object = xstrdup(object)};

	strv_add(&a.argv, "gcc");
	strv_add(&a.argv, "-c");
	strv_add(&a.argv, source);
	strv_add(&a.argv, option);
	bool expected = expected_has(&a, "/w", path);

	strv_release(&a.argv);
	free(a.object);
	return expected;
}

static void
the_object_and_what_options_make_are_expected(void **state)
{
	(void)state;
	assert_true(is_expected("s/x.c", "o/y.o", "-O2", "/w/o/y.o"));
	assert_true(is_expected("x.c", "/elsewhere/x.o", "-O2", "/elsewhere/x.o"));
	assert_true(is_expected("s/x.c", "o/y.o", "-save-temps=obj", "/w/o/y.i"));
	assert_true(is_expected("s/x.c", "o/y.o", "--save-temps", "/w/x.s"));
	assert_true(is_expected("s/x.c", "o/y.o", "-gsplit-dwarf", "/w/o/y.dwo"));
	assert_true(is_expected("s/x.c", "o/y.o", "-fstack-usage", "/w/o/x.su"));
	assert_true(is_expected("s/x.c", "o/y.o", "--coverage", "/w/o/y-x.gcno"));
	assert_true(is_expected("s/x.c", "o/y.o", "-fcallgraph-info=su,da", "/w/y.ci"));
	assert_true(is_expected("x.c", "x.o", "-fdump-tree-all", "/w/x.c.003t.original"));
	assert_true(is_expected("x.c", "a.b.o", "-fdump-rtl-expand", "/w/a.b.c.255r.expand"));
	assert_true(is_expected("x.c", "../b/x.o", "-fstack-usage", "/b/x.su"));
	assert_true(is_expected("x.cc", "x.o", "-fdiagnostics-format=sarif-file", "/w/x.cc.sarif"));
}

static void
what_no_option_makes_is_not(void **state)
{
	static const char *const paths[] = {
		"/w/x", "/w/x.dwo", "/w/x.su", "/w/x.gcno", "/w/x.mk", "/w/x.sh", "/w/x.d", "/w/x.c.003t.original", "/w/x.i", "/w/x.so",
		"/w/x-config", "/w/x.py", "/w/x.o.bak", "/w/x.json",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_false(is_expected("x.c", "x.o", "-O2", paths[i]));
	assert_false(is_expected("x.c", "x.o", "-fdump-tree-all", "/w/x.sh"));
	assert_false(is_expected("x.c", "x.o", "-fdump-tree-all", "/w/x.c.03t.original"));
	assert_false(is_expected("x.c", "x.o", "-fdump-tree-all", "/w/x.c.003t."));
	assert_false(is_expected("x.c", "x.o", "-gsplit-dwarf", "/w/x.dwo.sh"));
}

static void
other_places_and_names_are_not(void **state)
{
	(void)state;
	assert_false(is_expected("s/x.c", "o/y.o", "-fstack-usage", "/etc/passwd"));
	assert_false(is_expected("s/x.c", "o/y.o", "-fstack-usage", "/etc/y.su"));
	assert_false(is_expected("s/x.c", "o/y.o", "-fstack-usage", "/w/o/z.su"));
	assert_false(is_expected("s/x.c", "o/y.o", "-fstack-usage", "/w/o/yy.su"));
	assert_false(is_expected("s/x.c", "o/y.o", "-fstack-usage", "/w/o/deeper/y.su"));
	assert_false(is_expected("s/x.c", "o/y.o", "-fstack-usage", "/w/s/x.su"));
	assert_false(is_expected("x.c", "x.o", "-fstack-usage", "/w/.bashrc"));
	assert_false(is_expected("x.c", "x.o", "-fstack-usage", "/w/../w/x.o"));
}

static void
the_source_is_never_expected(void **state)
{
	(void)state;
	assert_false(is_expected("x.c", "x.o", "-O2", "/w/x.c"));
	assert_false(is_expected("x.c", "x.c", "-O2", "/w/x.c"));
	assert_false(is_expected("x.c", "x.o", "-fdump-tree-all", "/w/x.h"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_object_and_what_options_make_are_expected),
		cmocka_unit_test(what_no_option_makes_is_not),
		cmocka_unit_test(other_places_and_names_are_not),
		cmocka_unit_test(the_source_is_never_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
