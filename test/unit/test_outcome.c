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
#include <unistd.h>

#include "io.h"
#include "outcome.h"

static char file[] = "/tmp/dcc-outcome.XXXXXX";

static void
each_job_appends_one_line(void **state)
{
	struct outcome o = {0};
	char *text;
	size_t len;

	(void)state;
	setenv("DCC_OUTCOMES", file, 1);
	outcome_set(&o, OUTCOME_PUMP, REASON_NONE, NULL);
	outcome_save(&o, "a b.c", 0);
	outcome_set(&o, OUTCOME_PLAIN, REASON_UNMODELLED, "counter (a condition: a.h:1)");
	outcome_save(&o, "odd\nname.c", 1);
	outcome_set(&o, OUTCOME_HERE, REASON_NO_COMPILE, "a.o");
	outcome_save(&o, "-", 0);
	assert_int_equal(io_read_file(file, 4096, &text, &len), OK);
	assert_string_equal(text, "pump none 0 a b.c\nplain counter 1 odd?name.c\nhere no-compile 0 -\n");
	free(text);
}

static void
nothing_is_written_where_nobody_counts(void **state)
{
	struct outcome o = {0};

	(void)state;
	unsetenv("DCC_OUTCOMES");
	outcome_save(&o, "a.c", 0);
	setenv("DCC_OUTCOMES", "", 1);
	outcome_save(&o, "a.c", 0);
	setenv("DCC_OUTCOMES", "/nonexistent/file", 1);
	outcome_save(&o, "a.c", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_job_appends_one_line),
		cmocka_unit_test(nothing_is_written_where_nobody_counts),
	};
	int fd = mkstemp(file);
	int failed = fd >= 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;

	io_close(&fd);
	unlink(file);
	return failed;
}
