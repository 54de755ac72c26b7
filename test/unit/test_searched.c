/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"
#include "searched.h"
#include "xalloc.h"

/* The test stands in a folder with q, a, b, sub and link -> sub. */
static int
set_up(void **state)
{
	*state = scratch_make();
	assert_int_equal(mkdir("q", 0755) | mkdir("a", 0755) | mkdir("b", 0755) | mkdir("sub", 0755), 0);
	assert_int_equal(symlink("sub", "link"), 0);
	return 0;
}

static void
answer(struct interview *i)
{
	*i = (struct interview){.user_count = 1};
	strv_add(&i->quote, "q");
	strv_add(&i->bracket, "a");
	strv_add(&i->bracket, "b");
	strv_add(&i->missing, "link/gone/../later");
}

static void
take(struct searched *s, const char *dir)
{
	struct interview i;
	struct strv named = {0};

	*s = (struct searched){0};
	answer(&i);
	assert_int_equal(searched_take(s, &i, dir, &named), OK);
	interview_release(&i);
}

static void
folders_are_kept_in_their_order_and_kind(void **state)
{
	struct searched s;

	take(&s, *state);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.bracket, 1);
	assert_string_equal(s.folders[0].path, "q");
	assert_false(s.folders[1].is_system);
	assert_true(s.folders[2].is_system);
	assert_true(searched_is_current(&s));
	searched_release(&s);
}

static void
a_folder_that_appears_or_vanishes_ends_it(void **state)
{
	struct searched s;

	take(&s, *state);
	assert_int_equal(mkdir("sub/gone", 0755), 0);
	assert_true(searched_is_current(&s));
	assert_int_equal(mkdir("sub/later", 0755), 0);
	assert_false(searched_is_current(&s));
	assert_int_equal(rmdir("sub/later"), 0);
	assert_true(searched_is_current(&s));
	assert_int_equal(rmdir("b"), 0);
	assert_false(searched_is_current(&s));
	searched_release(&s);
}

static void
another_folder_of_the_same_name_ends_it(void **state)
{
	struct searched s;

	take(&s, *state);
	assert_int_equal(rename("a", "old") | mkdir("a", 0755), 0);
	assert_false(searched_is_current(&s));
	searched_release(&s);
}

static void
what_is_missing_is_hidden_where_links_lead(void **state)
{
	const char *dir = *state;
	struct searched s;

	take(&s, dir);
	assert_int_equal(s.hidden.count, 4);
	char *later = xasprintf("%s/sub/later", dir);
	char *link = xasprintf("%s/link", dir);

	assert_string_equal(s.hidden.items[3], later);
	assert_true(strv_has(&s.shown, link));
	free(link);
	free(later);
	searched_release(&s);
}

static void
what_the_disk_contradicts_is_asked_again(void **state)
{
	const char *dir = *state;
	struct searched s = {0};
	struct strv named = {0};
	struct interview i;

	answer(&i);
	assert_int_equal(rmdir("b"), 0);
	assert_int_equal(searched_take(&s, &i, dir, &named), ERR_PROTOCOL);
	searched_release(&s);
	interview_release(&i);
}

static void
a_file_where_a_folder_was_named_is_refused(void **state)
{
	const char *dir = *state;
	struct searched s = {0};
	struct strv named = {0};
	struct interview i;
	FILE *f = fopen("file", "w");

	assert_non_null(f);
	fclose(f);
	answer(&i);
	strv_add(&named, "file");
	assert_int_equal(searched_take(&s, &i, dir, &named), ERR_DENIED);
	searched_release(&s);
	strv_release(&named);
	interview_release(&i);
}

static void
a_header_that_the_compiler_would_enter_by_itself_ends_it(void **state)
{
	const char *dir = *state;
	struct searched s = {0};
	struct strv named = {0};
	struct interview i;

	answer(&i);
	i.may_preinclude = true;
	assert_int_equal(searched_take(&s, &i, dir, &named), OK);
	assert_true(searched_is_current(&s));
	assert_int_equal(s.hidden.count, 4);
	FILE *f = fopen("b/stdc-predef.h", "w");

	assert_non_null(f);
	fclose(f);
	assert_false(searched_is_current(&s));
	searched_release(&s);
	/* Now it is there, and the compiler did not enter it: it never will. */
	assert_int_equal(searched_take(&s, &i, dir, &named), OK);
	assert_true(searched_is_current(&s));
	searched_release(&s);
	interview_release(&i);
}

static void
text_brings_everything_back(void **state)
{
	struct searched s, again = {0};
	struct buffer b = {0};

	take(&s, *state);
	s.has_preinclude = true;
	searched_format(&s, &b);
	char *text = buffer_take_string(&b);

	assert_int_equal(searched_parse(text, &again), OK);
	assert_int_equal(again.count, s.count);
	assert_int_equal(again.bracket, s.bracket);
	assert_true(again.has_preinclude);
	for (size_t i = 0; i < s.count; i++) {
		assert_string_equal(again.folders[i].path, s.folders[i].path);
		assert_int_equal(again.folders[i].is_system, s.folders[i].is_system);
	}
	assert_int_equal(again.hidden.count, s.hidden.count);
	assert_true(searched_is_current(&again));
	assert_int_equal(rmdir("a"), 0);
	assert_false(searched_is_current(&again));
	free(text);
	searched_release(&again);
	searched_release(&s);
}

static void
damaged_text_is_refused(void **state)
{
	static const char *const bad[] = {"quote", "other x\n", "folder 1 2\n", "folder x 2 /a\n", "nothing a\n", "user a", "x\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct searched s = {0};
		char *text = xstrdup(bad[i]);

		assert_int_equal(searched_parse(text, &s), ERR_PROTOCOL);
		searched_release(&s);
		free(text);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(folders_are_kept_in_their_order_and_kind),
		TEST(a_folder_that_appears_or_vanishes_ends_it),
		TEST(another_folder_of_the_same_name_ends_it),
		TEST(what_is_missing_is_hidden_where_links_lead),
		TEST(what_the_disk_contradicts_is_asked_again),
		TEST(a_file_where_a_folder_was_named_is_refused),
		TEST(a_header_that_the_compiler_would_enter_by_itself_ends_it),
		TEST(text_brings_everything_back),
		TEST(damaged_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
