/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

static void
programs_of_ours_are_beside_us_or_in_bindir(void **state)
{
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	(void)state;
	assert_true(n > 0);
	own[n] = '\0';
	char *found = process_beside(strrchr(own, '/') + 1);
	char *missing = process_beside("no-such-program");

	assert_string_equal(found, own);
	assert_string_equal(missing, BINDIR "/no-such-program");
	free(found);
	free(missing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_of_ours_are_beside_us_or_in_bindir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
