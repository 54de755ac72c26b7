/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"

static void
a_user_that_does_not_exist_is_named(void **state)
{
	struct account a;
	char *error = NULL;

	(void)state;
	assert_int_equal(account_choose(&a, "no-such-user-here", &error), ERR_USAGE);
	assert_non_null(strstr(error, "no-such-user-here"));
	free(error);
	account_release(&a);
}

static void
root_becomes_somebody_else_by_default(void **state)
{
	struct account a;
	char *error = NULL;

	(void)state;
	assert_int_equal(account_choose(&a, NULL, &error), OK);
	if (geteuid() == 0)
		assert_int_not_equal(a.uid, 0);
	else
		assert_int_equal(a.uid, geteuid());
	account_release(&a);
}

static void
a_store_is_made_private_and_kept(void **state)
{
	char base[] = "/tmp/test-account-XXXXXX", dir[64];
	char name[] = "me";
	struct account me = {.uid = geteuid(), .gid = getegid(), .name = name};
	struct stat st;
	char *error = NULL;

	(void)state;
	assert_non_null(mkdtemp(base));
	snprintf(dir, sizeof(dir), "%s/a", base);
	assert_int_equal(account_own_directory(&me, dir, &error), OK);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(account_own_directory(&me, dir, &error), OK);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(account_own_directory(&me, dir, &error), ERR_DENIED);
	assert_non_null(strstr(error, dir));
	free(error);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rmdir(base), 0);
}

static void
a_store_of_somebody_else_is_refused(void **state)
{
	char name[] = "other";
	struct account other = {.uid = 54321, .gid = 54321, .name = name};
	char *error = NULL;

	(void)state;
	assert_int_equal(account_own_directory(&other, "/usr", &error), ERR_DENIED);
	free(error);
	assert_int_equal(account_own_directory(&other, "/etc/passwd", &error), ERR_SYSTEM);
	free(error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_that_does_not_exist_is_named),
		cmocka_unit_test(root_becomes_somebody_else_by_default),
		cmocka_unit_test(a_store_is_made_private_and_kept),
		cmocka_unit_test(a_store_of_somebody_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
