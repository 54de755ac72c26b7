/* SPDX-License-Identifier: GPL-2.0-or-later */
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
#include "logfile.h"

static void
expect_lines(const char *path, int lines)
{
	char *text;
	size_t len;
	int n = 0;

	assert_int_equal(io_read_file(path, 1 << 16, &text, &len), OK);
	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	assert_int_equal(n, lines);
	free(text);
}

static void
a_file_that_was_moved_away_is_opened_again(void **state)
{
	char path[64], old[80];
	struct logfile f = LOGFILE_INIT;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/test-logfile-%ld", (long)getpid());
	snprintf(old, sizeof(old), "%s.1", path);
	f.path = path;
	f.level = LOG_LEVEL_NOTICE;
	assert_int_equal(logfile_open(&f), OK);
	log_notice("one");
	log_info("not shown");
	assert_int_equal(rename(path, old), 0);
	log_notice("two");
	int fd = f.fd;

	assert_int_equal(logfile_open(&f), OK);
	log_notice("three");
	expect_lines(old, 2);
	expect_lines(path, 1);
	/* The old one is closed: its number is free. */
	assert_int_equal(dup(STDIN_FILENO), fd);
	close(fd);
	unlink(path);
	unlink(old);
}

static void
a_file_that_cannot_be_opened_changes_nothing(void **state)
{
	struct logfile f = {.path = "/nonexistent/log", .level = LOG_LEVEL_NOTICE, .fd = -1};

	(void)state;
	assert_int_equal(logfile_open(&f), ERR_SYSTEM);
	assert_int_equal(f.fd, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_was_moved_away_is_opened_again),
		cmocka_unit_test(a_file_that_cannot_be_opened_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
