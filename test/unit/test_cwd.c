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

#include "cwd.h"

static char base[] = "/tmp/dcc-cwd.XXXXXX";

/* In base/real, to which base/link leads, with this PWD. */
static void
assert_cwd(const char *pwd, const char *expected, bool expected_odd)
{
	char text[128], wanted[128];
	bool is_odd;

	snprintf(text, sizeof(text), "%s%s", base, pwd);
	snprintf(wanted, sizeof(wanted), "%s%s", base, expected);
	setenv("PWD", text, 1);
	char *cwd = cwd_find(&is_odd);

	assert_string_equal(cwd, wanted);
	assert_int_equal(is_odd, expected_odd);
	free(cwd);
}

static void
the_users_spelling_counts_where_it_names_the_folder(void **state)
{
	(void)state;
	assert_cwd("/real", "/real", false);
	assert_cwd("/link", "/link", false);
}

static void
a_spelling_of_another_folder_does_not_count(void **state)
{
	(void)state;
	assert_cwd("", "/real", false);
	assert_cwd("/nowhere", "/real", false);
}

static void
a_spelling_that_is_not_normal_is_odd(void **state)
{
	(void)state;
	assert_cwd("/real/", "/real", true);
	assert_cwd("//real", "/real", true);
	assert_cwd("/link/.", "/real", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_users_spelling_counts_where_it_names_the_folder),
		cmocka_unit_test(a_spelling_of_another_folder_does_not_count),
		cmocka_unit_test(a_spelling_that_is_not_normal_is_odd),
	};

	if (mkdtemp(base) == NULL || chdir(base) < 0 || mkdir("real", 0700) < 0 ||
	    symlink("real", "link") < 0 || chdir("real") < 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (chdir(base) < 0 || unlink("link") < 0 || rmdir("real") < 0 || rmdir(base) < 0)
		return 1;
	return failed;
}
