/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

struct row {
	const char *path;
	const char *wanted;
};

static void
check(char *got, const char *wanted)
{
	assert_string_equal(got, wanted);
	free(got);
}

static void
base_is_what_follows_the_last_slash(void **state)
{
	static const struct row rows[] = {{"a.c", "a.c"}, {"d/a.c", "a.c"}, {"/a.c", "a.c"},
	                                  {"/d//a", "a"}, {"d/", ""},       {"/", ""},
	                                  {"", ""}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *base = path_base(rows[i].path);

		assert_string_equal(base, rows[i].wanted);
		assert_ptr_equal(base + strlen(base), rows[i].path + strlen(rows[i].path));
	}
}

static void
extension_is_of_the_base_name_only(void **state)
{
	static const struct row rows[] = {{"a.c", ".c"},   {"d.d/a", ""},    {"a.tar.gz", ".gz"},
	                                  {".x", ""},      {"d/.x", ""},     {"d/.x.y", ".y"},
	                                  {"a.", "."},     {"", ""},         {"d.e/", ""},
	                                  {"a.c++", ".c++"}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(path_extension(rows[i].path), rows[i].wanted);
}

static void
dir_is_what_stands_before_the_last_slash(void **state)
{
	static const struct row rows[] = {{"a.c", "."},  {"d/a.c", "d"}, {"d/e/a.c", "d/e"}, {"/a", "/"},
	                                  {"/d/a", "/d"}, {"d/", "d"},    {"/", "/"},         {"", "."}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(path_dir(rows[i].path), rows[i].wanted);
}

static void
join_leaves_absolute_names_alone(void **state)
{
	(void)state;
	check(path_join("d", "a"), "d/a");
	check(path_join("d/", "a"), "d/a");
	check(path_join("/", "a"), "/a");
	check(path_join("", "a"), "a");
	check(path_join("d", "/a"), "/a");
	check(path_join("", ""), "");
	check(path_join("d", ""), "d/");
}

static void
normalise_removes_dots_and_double_slashes(void **state)
{
	static const struct row rows[] = {
		{"a", "/w/d/a"},       {"./a", "/w/d/a"},     {"../a", "/w/a"},      {"../../../a", "/a"},
		{"", "/w/d"},          {".", "/w/d"},         {"..", "/w"},          {"../..", "/"},
		{"/", "/"},            {"//", "/"},           {"/..", "/"},          {"/../..", "/"},
		{"/a//b/./c/", "/a/b/c"}, {"/a/b/../c", "/a/c"}, {"a/..", "/w/d"},   {"/...", "/..."},
		{"/..a/.b", "/..a/.b"},   {"/a/b/../../..", "/"}, {"a/../../e/.", "/w/e"}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(path_normalise("/w/d", rows[i].path), rows[i].wanted);
	check(path_normalise("/", "a"), "/a");
	check(path_normalise("/w//d/../", "a"), "/w/a");
}

static void
below_compares_whole_components(void **state)
{
	(void)state;
	assert_true(path_is_below("/a", "/a"));
	assert_true(path_is_below("/a/b", "/a"));
	assert_true(path_is_below("/a/b/c", "/a/b"));
	assert_true(path_is_below("/a", "/"));
	assert_true(path_is_below("/", "/"));
	assert_false(path_is_below("/ab", "/a"));
	assert_false(path_is_below("/", "/a"));
	assert_false(path_is_below("/b/a", "/a"));
	assert_false(path_is_below("a", "/"));
}

static void
with_extension_replaces_or_adds(void **state)
{
	(void)state;
	check(path_with_extension("a/b.c", ".d"), "a/b.d");
	check(path_with_extension("a.x/b", ".d"), "a.x/b.d");
	check(path_with_extension("a.tar.gz", ".o"), "a.tar.o");
	check(path_with_extension(".x", ".o"), ".x.o");
	check(path_with_extension("b.c", ""), "b");
	check(path_with_extension("", ".o"), ".o");
}

static void
plain_paths_stay_below_their_directory(void **state)
{
	static const char *const plain[] = {"a", "a/b", "..a", "...", ".a/b.", "a/..b"};
	static const char *const others[] = {"",     "/",     "/a",   "a/",    "a//b", ".",
	                                     "..",   "./a",   "../a", "a/..",  "a/.",  "a/../b",
	                                     "a/./b"};

	(void)state;
	for (size_t i = 0; i < COUNT(plain); i++)
		assert_true(path_is_plain(plain[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(path_is_plain(others[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base_is_what_follows_the_last_slash),
		cmocka_unit_test(extension_is_of_the_base_name_only),
		cmocka_unit_test(dir_is_what_stands_before_the_last_slash),
		cmocka_unit_test(join_leaves_absolute_names_alone),
		cmocka_unit_test(normalise_removes_dots_and_double_slashes),
		cmocka_unit_test(below_compares_whole_components),
		cmocka_unit_test(with_extension_replaces_or_adds),
		cmocka_unit_test(plain_paths_stay_below_their_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
