/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "deliver.h"
#include "io.h"

static char object[] = "deliver-test.o";

/* Delivers a result with these messages; what went to stderr is in shown, which is yours. */
static enum reason
deliver_from(enum args_compiler compiler, int exit_code, const char *cpp, const char *messages, char **shown)
{
	struct talk_result r = TALK_RESULT_INIT;
	struct args a = {.object = object};
	size_t len;
	int seen = -1, saved = dup(STDERR_FILENO);

	assert_int_equal(io_open_unnamed("/tmp", &seen), OK);
	r.exit_code = exit_code;
	buffer_add_string(&r.cpp_messages, cpp);
	if (*messages != '\0') {
		assert_int_equal(io_open_unnamed("/tmp", &r.stderr_fd), OK);
		assert_int_equal(io_write_exactly(r.stderr_fd, messages, strlen(messages), IO_NO_DEADLINE), OK);
	}
	dup2(seen, STDERR_FILENO);
	enum reason why = deliver_result(&a, compiler, &r);

	dup2(saved, STDERR_FILENO);
	close(saved);
	lseek(seen, 0, SEEK_SET);
	assert_int_equal(io_read_to_end(seen, 4096, shown, &len), OK);
	close(seen);
	talk_result_release(&r);
	return why;
}

static enum reason
deliver(int exit_code, const char *cpp, const char *messages, char **shown)
{
	return deliver_from(ARGS_CLANG, exit_code, cpp, messages, shown);
}

static void
shows(const char *cpp, const char *compiler, const char *expected)
{
	char *shown;

	assert_int_equal(deliver(0, cpp, compiler, &shown), REASON_NONE);
	assert_string_equal(shown, expected);
	free(shown);
}

static void
one_side_s_messages_are_shown_as_they_are(void **state)
{
	(void)state;
	shows("", "", "");
	shows("x.c:1: warning: cpp\n", "", "x.c:1: warning: cpp\n");
	shows("", "x.c:2: warning: cc1\n", "x.c:2: warning: cc1\n");
}

static void
what_both_say_is_shown_once(void **state)
{
	(void)state;
	shows("redefined\n", "redefined\nunused\n", "redefined\nunused\n");
}

static void
messages_without_a_known_order_send_the_job_home(void **state)
{
	char *shown;

	(void)state;
	assert_int_equal(deliver(0, "from cpp\n", "from cc1\n", &shown), REASON_DIAGNOSTICS);
	assert_string_equal(shown, "");
	free(shown);
}

static void
a_failed_compile_takes_the_old_object_away(void **state)
{
	struct stat st;
	char *shown;
	int fd = open(object, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(deliver(0, "", "", &shown), REASON_NONE);
	free(shown);
	assert_int_equal(stat(object, &st), 0);
	assert_int_equal(deliver(1, "", "error\n", &shown), REASON_NONE);
	assert_string_equal(shown, "error\n");
	free(shown);
	assert_int_equal(stat(object, &st), -1);
}

static void
is_left_by_gcc(bool expected, const char *messages)
{
	struct stat st;
	char *shown;
	int fd = open(object, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(deliver_from(ARGS_GCC, 1, "", messages, &shown), REASON_NONE);
	free(shown);
	assert_int_equal(stat(object, &st), expected ? 0 : -1);
	unlink(object);
}

static void
gcc_leaves_the_old_object_when_its_assembler_has_not_started(void **state)
{
	(void)state;
	is_left_by_gcc(true, "a.c: In function 'f':\na.c:1:2: error: expected ';'\n    1 | x\n");
	is_left_by_gcc(true, "cc1: fatal error: no such thing\n");
	is_left_by_gcc(false, "a.c: Assembler messages:\na.c:1: Error: no such instruction\n");
	is_left_by_gcc(false, "/tmp/ccAbCdEf.s: Fatal error: can't close a.o\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_side_s_messages_are_shown_as_they_are),
		cmocka_unit_test(what_both_say_is_shown_once),
		cmocka_unit_test(messages_without_a_known_order_send_the_job_home),
		cmocka_unit_test(a_failed_compile_takes_the_old_object_away),
		cmocka_unit_test(gcc_leaves_the_old_object_when_its_assembler_has_not_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
