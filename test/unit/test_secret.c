/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

static char dir[] = "/tmp/dcc-secret.XXXXXX";

static void
file(char path[64])
{
	snprintf(path, 64, "%s/client", dir);
}

static void
a_secret_is_drawn_once_and_nobody_else_can_read_it(void **state)
{
	unsigned char first[MANIFEST_CLIENT_SIZE] = {0}, again[MANIFEST_CLIENT_SIZE] = {0};
	static const unsigned char none[MANIFEST_CLIENT_SIZE];
	struct stat st;
	char path[64];

	(void)state;
	file(path);
	assert_int_equal(secret_load(dir, first), OK);
	assert_memory_not_equal(first, none, sizeof(first));
	assert_int_equal(secret_load(dir, again), OK);
	assert_memory_equal(first, again, sizeof(first));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(secret_load(dir, again), OK);
	assert_memory_not_equal(first, again, sizeof(first));
}

static void
a_damaged_file_is_replaced(void **state)
{
	unsigned char secret[MANIFEST_CLIENT_SIZE];
	struct stat st;
	char path[64];

	(void)state;
	file(path);
	assert_int_equal(truncate(path, 3), 0);
	assert_int_equal(secret_load(dir, secret), OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, MANIFEST_CLIENT_SIZE);
	assert_int_equal(unlink(path), 0);
}

static void
without_a_folder_there_is_none(void **state)
{
	unsigned char secret[MANIFEST_CLIENT_SIZE];

	(void)state;
	assert_int_equal(secret_load("/nonexistent", secret), ERR_SYSTEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_drawn_once_and_nobody_else_can_read_it),
		cmocka_unit_test(a_damaged_file_is_replaced),
		cmocka_unit_test(without_a_folder_there_is_none),
	};

	if (mkdtemp(dir) == NULL)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	return rmdir(dir) == 0 ? failed : 1;
}
