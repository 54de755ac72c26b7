/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exitcode.h"
#include "farmkey.h"
#include "io.h"
#include "keygen.h"
#include "scratch.h"

static int
run(const char *name, const char *file)
{
	char *words[] = {name != NULL ? xstrdup(name) : NULL, file != NULL ? xstrdup(file) : NULL};
	int code = keygen_run((name != NULL) + (file != NULL), words);

	free(words[0]);
	free(words[1]);
	return code;
}

static void
read_key(const char *path, struct farmkey *key)
{
	struct farmkeys keys = {0};
	struct stat st;
	char *text, *error = NULL;
	size_t len;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(io_read_file(path, FARMKEY_FILE_MAX, &text, &len), OK);
	assert_int_equal(farmkey_parse(text, &keys, &error), OK);
	assert_int_equal(keys.count, 1);
	*key = keys.list[0];
	farmkey_release(&keys);
	free(text);
}

static void
each_key_is_another_one(void **state)
{
	struct farmkey a, b;

	(void)state;
	umask(0);
	assert_int_equal(run("alice", "a.key"), 0);
	assert_int_equal(run("bob", "b.key"), 0);
	read_key("a.key", &a);
	read_key("b.key", &b);
	assert_string_equal(a.name, "alice");
	assert_string_equal(b.name, "bob");
	assert_memory_not_equal(a.secret, b.secret, FARMKEY_SIZE);
}

static void
a_file_that_exists_is_left_alone(void **state)
{
	struct farmkey before, after;

	(void)state;
	assert_int_equal(run("c", "c.key"), 0);
	read_key("c.key", &before);
	assert_int_equal(run("c", "c.key"), EXIT_IO_ERROR);
	read_key("c.key", &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(run("c", "no/such/folder"), EXIT_IO_ERROR);
}

static void
without_a_file_it_is_the_users(void **state)
{
	char *dir = xasprintf("%s/new/dcc", (char *)*state);
	struct farmkey key;
	struct stat st;

	setenv("DCC_DIR", dir, 1);
	assert_int_equal(run(NULL, NULL), 0);
	read_key("new/dcc/farm.key", &key);
	assert_string_equal(key.name, "farm");
	assert_int_equal(stat("new/dcc", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	unsetenv("DCC_DIR");
	unsetenv("HOME");
	assert_int_equal(run(NULL, NULL), EXIT_BAD_ARGUMENTS);
	free(dir);
}

static void
a_name_must_be_one_word(void **state)
{
	(void)state;
	assert_int_equal(run("two words", "d.key"), EXIT_BAD_ARGUMENTS);
	assert_int_equal(run("", "d.key"), EXIT_BAD_ARGUMENTS);
	assert_int_equal(run("--help", "d.key"), EXIT_BAD_ARGUMENTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_is_another_one),
		cmocka_unit_test(a_file_that_exists_is_left_alone),
		cmocka_unit_test(without_a_file_it_is_the_users),
		cmocka_unit_test(a_name_must_be_one_word),
	};

	return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
