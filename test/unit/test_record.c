/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "record.h"
#include "scratch.h"
#include "xalloc.h"

static const char key[HASH_HEX_SIZE] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void
save(const char *dir, const char *text)
{
	struct buffer b = {0};

	buffer_add_string(&b, text);
	record_save(dir, key, &b);
	buffer_release(&b);
}

static void
assert_loads(const char *dir, const char *expected)
{
	char *text = NULL;

	assert_int_equal(record_load(dir, key, &text), expected != NULL ? OK : ERR_MISSING);
	if (expected != NULL)
		assert_string_equal(text, expected);
	free(text);
}

static void
what_was_saved_last_is_loaded(void **state)
{
	assert_loads(*state, NULL);
	save(*state, "one\ntwo\n");
	assert_loads(*state, "one\ntwo\n");
	save(*state, "");
	assert_loads(*state, "");
}

static void
one_cut_short_is_none(void **state)
{
	char *path = xasprintf("%s/%s", (char *)*state, key);

	save(*state, "one\ntwo\n");
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	for (off_t n = 0; n < st.st_size; n++) {
		save(*state, "one\ntwo\n");
		assert_int_equal(truncate(path, n), 0);
		assert_loads(*state, NULL);
	}
	free(path);
}

static void
age(const char *path, int days)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - (time_t)days * 86400}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
what_nobody_used_for_a_month_is_removed(void **state)
{
	char *path = xasprintf("%s/%s", (char *)*state, key);

	save(*state, "x");
	age(path, 29);
	record_tidy(*state);
	assert_loads(*state, "x");
	/* It has just been used. */
	age(path, 2);
	assert_loads(*state, "x");
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_mtime + 3600 > time(NULL));
	age(path, 31);
	record_tidy(*state);
	assert_loads(*state, NULL);
	free(path);
}

static void
the_folder_is_made(void **state)
{
	char *dir = xasprintf("%s/a/b", (char *)*state);

	record_tidy(dir);
	save(dir, "x");
	assert_loads(dir, "x");
	free(dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_set_up, scratch_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_saved_last_is_loaded),
		TEST(one_cut_short_is_none),
		TEST(what_nobody_used_for_a_month_is_removed),
		TEST(the_folder_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
