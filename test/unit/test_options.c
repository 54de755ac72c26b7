/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory_world.h"

#define ON(name, feature) \
	"#ifndef __" name "__\n#pragma GCC push_options\n#pragma GCC target(\"" feature "\")\n#define __DISABLE_" name "__\n#endif\n"
#define OFF(name) "#ifdef __DISABLE_" name "__\n#undef __DISABLE_" name "__\n#pragma GCC pop_options\n#endif\n"
#define READS "#ifdef __AVX2__\n#include \"a.h\"\n#endif\n"
#define A "#include \"a.h\"\n"

/* It ends because of a condition that asks for that macro. */
static void
assert_uncertain(const char *text, const char *name)
{
	struct world world = world_new();

	world.mode = WORLD_GNU;
	world_add_empty(&world);
	assert_int_equal(world_run_text(&world, text), UNMODELLED_TARGET);
	assert_non_null(strrchr(world.detail, ' '));
	assert_string_equal(strrchr(world.detail, ' ') + 1, name);
	world_release(&world);
}

static void
pairs_within_pairs_are_followed(void **state)
{
	(void)state;
	assert_trace(ON("SSE4_1", "sse4.1") ON("SSE4_2", "sse4.2") A OFF("SSE4_2") OFF("SSE4_1") READS "#include \"b.h\"\n", "m.c a.h b.h ");
	assert_trace("#pragma GCC target(\"x\")\n#if !defined(__A__) || !defined __B__\n#pragma GCC push_options\n#pragma GCC target(\"a\")\n"
	             "#define N\n#endif\n#ifdef N\n#undef N\n#pragma GCC pop_options\n#endif\n#ifndef N\n#include \"a.h\"\n#endif\n", "m.c a.h ");
	assert_trace(ON("A", "a") ON("B", "b") A "#ifdef __DISABLE_B__\n#pragma GCC pop_options\n#endif\n" OFF("A") READS, "m.c a.h ");
}

static void
what_lies_between_stays_uncertain(void **state)
{
	(void)state;
	assert_uncertain(ON("SSE4_1", "sse4.1") ON("SSE4_2", "sse4.2") READS, "__AVX2__");
	assert_uncertain(ON("SSE4_1", "sse4.1") ON("SSE4_2", "sse4.2") OFF("SSE4_2") READS, "__AVX2__");
}

static void
nobody_else_may_ask_for_the_macro_between(void **state)
{
	(void)state;
	assert_uncertain(ON("SSE4_1", "sse4.1") ON("SSE4_2", "sse4.2") "#ifdef __DISABLE_SSE4_2__\n" A "#endif\n", "__DISABLE_SSE4_2__");
	assert_uncertain(ON("SSE4_1", "sse4.1") ON("SSE4_2", "sse4.2") "#if 0 + __DISABLE_SSE4_2__\n" A "#endif\n", "__DISABLE_SSE4_2__");
	assert_uncertain(ON("SSE4_1", "sse4.1") ON("SSE4_2", "sse4.2") "#pragma GCC reset_options\n" OFF("SSE4_2"), "__DISABLE_SSE4_2__");
}

static void
what_an_uncertain_group_defines_is_uncertain(void **state)
{
	(void)state;
	assert_trace("#pragma GCC target(\"x\")\n#ifdef __A__\n#undef M\n#define M 1\n#define N\n#endif\n" A, "m.c a.h ");
	assert_trace("#pragma GCC target(\"x\")\n#ifndef __A__\n#define M 1\n#endif\n#undef M\n#ifndef M\n" A "#endif\n", "m.c a.h ");
	assert_uncertain("#pragma GCC target(\"x\")\n#ifdef __A__\n#define M 1\n#define N\n#endif\n#if M\n" A "#endif\n", "M");
	assert_uncertain("#pragma GCC target(\"x\")\n#ifdef __A__\n#define M 1\n#else\n#define N\n#endif\n#ifdef N\n" A "#endif\n", "N");
	assert_uncertain("#pragma GCC target(\"x\")\n#ifdef __A__\n#define M 1\n#else\n" A "#endif\n", "__A__");
	assert_trace("#pragma GCC target(\"x\")\n#ifndef A\n#define M\n#endif\n#ifdef M\n" A "#endif\n", "m.c a.h ");
}

static void
a_group_that_does_more_is_none(void **state)
{
	(void)state;
	assert_uncertain("#pragma GCC target(\"x\")\n#ifndef __A__\n#pragma GCC push_options\n#define N\n" A "#endif\n", "__A__");
	assert_uncertain("#pragma GCC target(\"x\")\n#ifndef __A__\n#pragma GCC push_options\n#define N 1\n#endif\n", "__A__");
	assert_uncertain("#pragma GCC target(\"x\")\n#ifndef __A__\n#pragma GCC push_options\n#define N\n#else\n#define M\n#endif\n", "__A__");
	assert_uncertain("#pragma GCC target(\"x\")\n#if __A__ > 2\n#pragma GCC push_options\n#define N\n#endif\n", "__A__");
	assert_uncertain("#pragma GCC target(\"x\")\n#ifndef __A__\n#pragma GCC reset_options\n#define N\n#endif\n", "__A__");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_within_pairs_are_followed),
		cmocka_unit_test(what_lies_between_stays_uncertain),
		cmocka_unit_test(nobody_else_may_ask_for_the_macro_between),
		cmocka_unit_test(what_an_uncertain_group_defines_is_uncertain),
		cmocka_unit_test(a_group_that_does_more_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
