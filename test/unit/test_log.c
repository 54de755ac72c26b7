/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log's destinations live as long as the process, so each test runs in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "xalloc.h"

#define TEXT_MAX 65536

/* What a process that calls it writes to standard error. Yours. */
static char *
stderr_of(void (*call)(void))
{
	char *text = xcalloc(TEXT_MAX, 1);
	FILE *f = tmpfile();
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(fileno(f), STDERR_FILENO);
		call();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	rewind(f);
	text[fread(text, 1, TEXT_MAX - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void
check(void (*call)(void), const char *wanted)
{
	char *text = stderr_of(call);

	assert_string_equal(text, wanted);
	free(text);
}

static void
say_at_each_level(void)
{
	log_error("e %d", 1);
	log_warning("w %s", "2");
	log_notice("n");
	log_info("i");
	log_debug("d");
}

static void
before_any_call_errors_and_warnings_go_to_stderr(void **state)
{
	(void)state;
	check(say_at_each_level, "dcc: error: e 1\ndcc: warning: w 2\n");
}

static void
all_levels(void)
{
	log_to_stderr("dccd", LOG_LEVEL_DEBUG, LOG_PLAIN);
	say_at_each_level();
}

static void
only_errors(void)
{
	log_to_stderr("dccd", LOG_LEVEL_ERROR, LOG_PLAIN);
	say_at_each_level();
}

static void
the_level_chooses_what_is_shown(void **state)
{
	(void)state;
	check(all_levels, "dccd: error: e 1\ndccd: warning: w 2\ndccd: n\ndccd: i\ndccd: d\n");
	check(only_errors, "dccd: error: e 1\n");
}

static void
stamped(void)
{
	log_to_stderr("dccd", LOG_LEVEL_NOTICE, LOG_STAMPED);
	log_warning("text");
}

static void
a_stamp_is_iso_time_and_pid(void **state)
{
	char *text = stderr_of(stamped);
	int year, month, day, hour, minute, second, pid, end = 0;

	(void)state;
	/* Fixed width; sscanf alone would take "2026-1-3T". */
	assert_int_equal(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ dccd[%d]: warning: text%n", &year,
	                        &month, &day, &hour, &minute, &second, &pid, &end),
	                 7);
	assert_string_equal(text + end, "\n");
	assert_int_equal(strspn(text, "0123456789-"), 10);
	assert_int_equal(text[10], 'T');
	assert_int_equal(text[19], 'Z');
	assert_true(year >= 2024 && month >= 1 && month <= 12 && pid > 1);
	free(text);
}

static void
control_characters(void)
{
	log_error("a%sb", "\n\t\x1b[31m\x7f\r");
}

static void
control_characters_are_shown_as_question_marks(void **state)
{
	(void)state;
	check(control_characters, "dcc: error: a???[31m??b\n");
}

static void
bytes_above_ascii(void)
{
	log_error("caf\xc3\xa9.c");
}

static void
names_beyond_ascii_pass(void **state)
{
	(void)state;
	check(bytes_above_ascii, "dcc: error: caf\xc3\xa9.c\n");
}

static void
long_text(void)
{
	char *text = xcalloc(20001, 1);

	memset(text, 'x', 20000);
	log_to_stderr("dccd", LOG_LEVEL_ERROR, LOG_STAMPED);
	log_error("%s", text);
	log_error("next");
	free(text);
}

static void
a_line_that_is_too_long_is_cut_and_ended(void **state)
{
	char *text = stderr_of(long_text);
	char *end = strchr(text, '\n');

	(void)state;
	assert_non_null(end);
	assert_in_range(end - text, 4000, 4200);
	assert_int_equal(end[-1], 'x');
	assert_non_null(strstr(end, "error: next\n"));
	free(text);
}

static void
format_directives_in_text(void)
{
	log_error("%s", "%n%s%d");
}

static void
a_text_from_outside_is_no_format(void **state)
{
	(void)state;
	check(format_directives_in_text, "dcc: error: %n%s%d\n");
}

static void
errno_across(void)
{
	close(STDERR_FILENO);
	errno = ENOSPC;
	log_error("nobody reads this");
	if (errno != ENOSPC)
		_exit(1);
}

static void
errno_survives_a_log_that_cannot_be_written(void **state)
{
	(void)state;
	check(errno_across, "");
}

/* Files. */

static char path[64];

static int
make_path(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/dcc-log-XXXXXX");
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int
remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void
check_file(const char *wanted)
{
	char text[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	const char *line = text;

	/* The stamps differ each time; the texts do not. */
	for (; *wanted != '\0'; wanted += strlen(wanted) + 1) {
		const char *begin = strstr(line, "]: ");

		assert_non_null(begin);
		assert_int_equal(strncmp(begin + 3, wanted, strlen(wanted)), 0);
		line = begin + 3 + strlen(wanted);
		assert_int_equal(*line, '\n');
	}
	assert_null(strstr(line, "]: "));
}

static void
log_twice_to_the_file(void)
{
	if (log_to_file("dcc", LOG_LEVEL_INFO, path) != OK)
		_exit(1);
	say_at_each_level();
}

static void
a_file_has_its_own_level_and_is_appended_to(void **state)
{
	(void)state;
	check(log_twice_to_the_file, "dcc: error: e 1\ndcc: warning: w 2\n");
	check_file("error: e 1\0warning: w 2\0n\0i\0");
	check(log_twice_to_the_file, "dcc: error: e 1\ndcc: warning: w 2\n");
	check_file("error: e 1\0warning: w 2\0n\0i\0error: e 1\0warning: w 2\0n\0i\0");
}

static void
log_more_to_the_terminal(void)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	log_to_stderr("dcc", LOG_LEVEL_DEBUG, LOG_PLAIN);
	log_to_fd("dcc", LOG_LEVEL_ERROR, fd);
	log_debug("only here");
	log_error("both");
}

static void
the_terminal_may_show_more_than_the_file(void **state)
{
	(void)state;
	check(log_more_to_the_terminal, "dcc: only here\ndcc: error: both\n");
	check_file("error: both\0");
}

static void
open_a_directory(void)
{
	if (log_to_file("dcc", LOG_LEVEL_INFO, "/") != ERR_SYSTEM)
		_exit(1);
}

static void
a_file_that_cannot_be_opened_is_said_on_stderr(void **state)
{
	(void)state;
	check(open_a_directory, "dcc: warning: cannot open the log file /: Is a directory\n");
}

static void
levels_have_distccds_names(void **state)
{
	static const struct {
		const char *name;
		enum log_level level;
	} rows[] = {{"emerg", LOG_LEVEL_ERROR},     {"alert", LOG_LEVEL_ERROR},
	            {"crit", LOG_LEVEL_ERROR},      {"critical", LOG_LEVEL_ERROR},
	            {"error", LOG_LEVEL_ERROR},     {"warning", LOG_LEVEL_WARNING},
	            {"notice", LOG_LEVEL_NOTICE},   {"info", LOG_LEVEL_INFO},
	            {"debug", LOG_LEVEL_DEBUG}};
	enum log_level level;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(log_parse_level(rows[i].name, &level), OK);
		assert_int_equal(level, rows[i].level);
	}
	level = LOG_LEVEL_INFO;
	assert_int_equal(log_parse_level("loud", &level), ERR_USAGE);
	assert_int_equal(log_parse_level("", &level), ERR_USAGE);
	assert_int_equal(log_parse_level("warnings", &level), ERR_USAGE);
	assert_int_equal(level, LOG_LEVEL_INFO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_any_call_errors_and_warnings_go_to_stderr),
		cmocka_unit_test(the_level_chooses_what_is_shown),
		cmocka_unit_test(a_stamp_is_iso_time_and_pid),
		cmocka_unit_test(control_characters_are_shown_as_question_marks),
		cmocka_unit_test(names_beyond_ascii_pass),
		cmocka_unit_test(a_line_that_is_too_long_is_cut_and_ended),
		cmocka_unit_test(a_text_from_outside_is_no_format),
		cmocka_unit_test(errno_survives_a_log_that_cannot_be_written),
		cmocka_unit_test_setup_teardown(a_file_has_its_own_level_and_is_appended_to, make_path,
	                                        remove_path),
		cmocka_unit_test_setup_teardown(the_terminal_may_show_more_than_the_file, make_path,
	                                        remove_path),
		cmocka_unit_test(a_file_that_cannot_be_opened_is_said_on_stderr),
		cmocka_unit_test(levels_have_distccds_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
