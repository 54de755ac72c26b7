/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "io.h"
#include "log.h"
#include "xalloc.h"

struct place {
	char home[64];
	char *dir;  /* HOME/.dcc */
	char *conf; /* its dcc.conf */
	char *log;
	struct config c;
};

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A home of its own and no variable of ours. */
static int
set_up(void **state)
{
	static const char *const names[] = {"DCC_HOSTS", "DISTCC_HOSTS", "DCC_DIR", "DISTCC_DIR",
	                                    "DCC_VERBOSE", "DISTCC_VERBOSE", "DCC_IO_TIMEOUT",
	                                    "DISTCC_IO_TIMEOUT", "DCC_SSH", "DISTCC_SSH"};
	struct place *p = xcalloc(1, sizeof(*p));

	snprintf(p->home, sizeof(p->home), "/tmp/test-config-XXXXXX");
	assert_non_null(mkdtemp(p->home));
	p->dir = xasprintf("%s/.dcc", p->home);
	p->conf = xasprintf("%s/dcc.conf", p->dir);
	p->log = xasprintf("%s/log", p->home);
	assert_int_equal(mkdir(p->dir, 0755), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	setenv("HOME", p->home, 1);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	config_release(&p->c);
	unlink(p->conf);
	unlink(p->log);
	rmdir(p->dir);
	rmdir(p->home);
	free(p->dir);
	free(p->conf);
	free(p->log);
	free(p);
	return 0;
}

static void
defaults_hold_where_nothing_is_set(void **state)
{
	struct place *p = *state;

	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_SSH), "ssh");
	assert_null(config_string(&p->c, CONFIG_HOSTS));
	assert_null(config_string(&p->c, CONFIG_LOG));
	bool value = true;
	int64_t ms = 0;

	assert_int_equal(config_flag(&p->c, CONFIG_VERBOSE, &value), OK);
	assert_false(value);
	assert_int_equal(config_seconds_ms(&p->c, CONFIG_CONNECT_TIMEOUT, 1, &ms), OK);
	assert_int_equal(ms, 4000);
}

static void
our_variable_wins_over_distccs(void **state)
{
	struct place *p = *state;

	setenv("DISTCC_SSH", "theirs", 1);
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_SSH), "theirs");
	config_release(&p->c);
	setenv("DCC_SSH", "ours", 1);
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_SSH), "ours");
	assert_string_equal(config_origin(CONFIG_SSH), "DCC_SSH");
}

static void
distccs_variable_wins_over_the_file(void **state)
{
	struct place *p = *state;

	write_file(p->conf, "ssh = from file\n");
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_SSH), "from file");
	assert_string_equal(config_origin(CONFIG_SSH), "dcc.conf");
	config_release(&p->c);
	setenv("DISTCC_SSH", "theirs", 1);
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_SSH), "theirs");
}

static void
empty_variable_counts_as_unset(void **state)
{
	struct place *p = *state;

	setenv("DCC_SSH", "", 1);
	setenv("DISTCC_SSH", "theirs", 1);
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_SSH), "theirs");
}

static void
empty_host_list_is_a_host_list(void **state)
{
	struct place *p = *state;

	setenv("DCC_HOSTS", "", 1);
	setenv("DISTCC_HOSTS", "red", 1);
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_HOSTS), "");
}

static void
file_is_read_with_comments_and_blanks(void **state)
{
	struct place *p = *state;

	write_file(p->conf, "# all of it\n\n  SSH=a b  # why\r\nhosts = red#3 blue\n\tIo_Timeout\t=\t7");
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_SSH), "a b");
	assert_string_equal(config_string(&p->c, CONFIG_HOSTS), "red#3 blue");
	assert_string_equal(config_string(&p->c, CONFIG_IO_TIMEOUT), "7");
}

static void
file_is_found_through_dir(void **state)
{
	struct place *p = *state;

	write_file(p->conf, "ssh = x\n");
	setenv("DISTCC_DIR", p->dir, 1);
	unsetenv("HOME");
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_SSH), "x");
	assert_string_equal(config_string(&p->c, CONFIG_DIR), p->dir);
}

static void
bad_lines_are_named_and_passed_over(void **state)
{
	struct place *p = *state;
	char *text;
	size_t len;

	write_file(p->conf, "nonsense\nverbose = 1\ncolour = blue\ndir = /x\n");
	assert_int_equal(log_to_file("test", LOG_LEVEL_WARNING, p->log), OK);
	config_load(&p->c);
	assert_string_equal(config_string(&p->c, CONFIG_VERBOSE), "1");
	assert_null(config_string(&p->c, CONFIG_DIR));
	assert_int_equal(io_read_file(p->log, 10000, &text, &len), OK);
	assert_non_null(strstr(text, "dcc.conf, line 1 (\"nonsense\")"));
	assert_non_null(strstr(text, "dcc.conf, line 3 (\"colour\")"));
	assert_non_null(strstr(text, "dcc.conf, line 4 (\"dir\")"));
	assert_null(strstr(text, "line 2"));
	free(text);
}

static void
flags_are_words_or_digits(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		bool value;
	} rows[] = {
		{"0", OK, false},   {"1", OK, true},    {"no", OK, false},   {"yes", OK, true},
		{"off", OK, false}, {"On", OK, true},   {"2", ERR_USAGE, false},
		{"01", ERR_USAGE, false}, {"true!", ERR_USAGE, false},
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool value = !rows[i].value;

		setenv("DCC_VERBOSE", rows[i].text, 1);
		config_load(&p->c);
		assert_int_equal(config_flag(&p->c, CONFIG_VERBOSE, &value), rows[i].e);
		assert_int_equal(value, rows[i].e == OK ? rows[i].value : !rows[i].value);
		config_release(&p->c);
	}
}

static void
seconds_are_decimals_of_a_least_size(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} rows[] = {
		{"5", 5000},  {"0.25", 250}, {".5", 500},     {"1.", 1000},  {"2.0009", 2000},
		{"0", -1},    {"-1", -1},    {"inf", -1},     {"1e3", -1},   {"0x10", -1},
		{"5s", -1},   {".", -1},     {"1.2.3", -1},   {" 5", -1},    {"99999999999999999999", -1},
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = -1;

		setenv("DCC_IO_TIMEOUT", rows[i].text, 1);
		config_load(&p->c);
		enum err e = config_seconds_ms(&p->c, CONFIG_IO_TIMEOUT, 1, &ms);

		assert_int_equal(e, rows[i].ms < 0 ? ERR_USAGE : OK);
		assert_int_equal(ms, rows[i].ms);
		config_release(&p->c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_hold_where_nothing_is_set, set_up, tear_down),
		cmocka_unit_test_setup_teardown(our_variable_wins_over_distccs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(distccs_variable_wins_over_the_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(empty_variable_counts_as_unset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(empty_host_list_is_a_host_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(file_is_read_with_comments_and_blanks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(file_is_found_through_dir, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_lines_are_named_and_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(flags_are_words_or_digits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(seconds_are_decimals_of_a_least_size, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
