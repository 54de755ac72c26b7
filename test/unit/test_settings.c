/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"
#include "xalloc.h"

/* The sentence that refuses these words, yours; NULL when they are fine. */
static char *
parse(struct settings *s, const char *const words[])
{
	char *argv[32] = {NULL};
	char *error = NULL;
	int argc = 0;

	*s = (struct settings){0};
	argv[argc++] = xstrdup("dccd");
	for (; *words != NULL; words++)
		argv[argc++] = xstrdup(*words);
	enum err e = settings_parse(s, argc, argv, &error);

	assert_int_equal(e, error != NULL ? ERR_USAGE : OK);
	while (argc > 0)
		free(argv[--argc]);
	return error;
}

#define PARSE(s, ...) parse(s, (const char *const[]){__VA_ARGS__, NULL})

static void
defaults_are_filled_in(void **state)
{
	struct settings s;

	(void)state;
	assert_null(PARSE(&s, NULL));
	assert_int_equal(s.action, SETTINGS_SERVE);
	assert_int_equal(s.mode, SETTINGS_MODE_UNSET);
	assert_int_equal(s.port, 3632);
	assert_int_equal(s.stats_port, 3633);
	assert_true(s.jobs >= 3);
	assert_int_equal(s.niceness, 5);
	assert_int_equal(s.client_jobs, 0);
	assert_int_equal(s.client_queue, 0);
	assert_true(s.job_memory == 0 && s.job_disk == (int64_t)2 << 30);
	assert_false(s.chaos.is_on);
	assert_int_equal(s.job_lifetime_s, 3600);
	assert_true(s.allow.count > 4);
	assert_int_equal(s.store_dir[0], '/');
	assert_true(s.store_size == -1);
	settings_release(&s);
}

static void
every_option_is_heard(void **state)
{
	struct settings s;

	(void)state;
	assert_null(PARSE(&s, "--no-detach", "-j4", "-p", "4000", "-N", "7", "-P", "/run/x.pid",
	                  "--listen=::1", "--listen", "127.0.0.1", "-a", "10.0.0.0/8", "--stats",
	                  "--verbose", "--log-stderr", "--client-jobs", "2", "--client-queue", "9", "--job-memory", "1M",
	                  "--job-disk", "3G", "--job-processors", "3", "--chaos", "flip:1%"));
	assert_int_equal(s.mode, SETTINGS_FOREGROUND);
	assert_int_equal(s.jobs, 4);
	assert_int_equal(s.port, 4000);
	assert_int_equal(s.niceness, 7);
	assert_int_equal(s.client_jobs, 2);
	assert_int_equal(s.client_queue, 9);
	assert_true(s.job_memory == 1 << 20 && s.job_disk == (int64_t)3 << 30);
	assert_int_equal(s.job_processors, 3);
	assert_true(s.chaos.is_on);
	assert_string_equal(s.pid_file, "/run/x.pid");
	assert_int_equal(s.listen.count, 2);
	assert_int_equal(s.allow.count, 1);
	assert_true(s.has_stats);
	assert_int_equal(s.log_level, LOG_LEVEL_DEBUG);
	assert_true(s.logs_to_stderr);
	settings_release(&s);
}

static void
keys_and_certificates_belong_together(void **state)
{
	struct settings s;

	(void)state;
	assert_null(PARSE(&s, "--require-auth"));
	assert_true(s.requires_auth);
	assert_non_null(strstr(s.farm_key, "farm.key"));
	settings_release(&s);
	assert_null(PARSE(&s, "--require-auth", "--tls-cert", "/c", "--tls-ca=/a", "--tls-key", "/k"));
	assert_null(s.farm_key);
	assert_string_equal(s.tls_cert, "/c");
	assert_string_equal(s.tls_ca, "/a");
	assert_string_equal(s.tls_key, "/k");
	settings_release(&s);
	assert_null(PARSE(&s, "--farm-key", "/f"));
	assert_false(s.requires_auth);
	assert_string_equal(s.farm_key, "/f");
	settings_release(&s);
	assert_null(PARSE(&s, "--allow-private"));
	assert_null(s.farm_key);
	settings_release(&s);
}

static void
daemon_with_no_detach_stays_in_the_foreground(void **state)
{
	struct settings s;

	(void)state;
	assert_null(PARSE(&s, "--daemon", "--no-detach"));
	assert_int_equal(s.mode, SETTINGS_FOREGROUND);
	settings_release(&s);
	assert_null(PARSE(&s, "--no-detach", "--daemon"));
	assert_int_equal(s.mode, SETTINGS_FOREGROUND);
	settings_release(&s);
}

static void
a_relative_path_is_meant_from_here(void **state)
{
	struct settings s;

	(void)state;
	assert_null(PARSE(&s, "--pid-file", "x.pid"));
	assert_int_equal(s.pid_file[0], '/');
	assert_non_null(strstr(s.pid_file, "/x.pid"));
	settings_release(&s);
}

static void
a_bad_value_is_named_with_its_option(void **state)
{
	static const char *const bad[][2] = {
		{"--jobs", "0"},          {"--jobs", "10001"},    {"--jobs", "-1"},  {"--jobs", "4x"},
		{"--jobs", " 4"},         {"--port", "0"},        {"--port", "65536"}, {"--nice", "-5"},
		{"--job-memory", "1023K"}, {"--job-disk", "many"}, {"--client-jobs", "0"}, {"--job-processors", "0"}, {"--client-queue", "-1"},
		{"--nice", "20"},         {"--job-lifetime", "x"}, {"--lifetime", ""},
		{"--allow", "localhost"}, {"--log-level", "loud"}, {"--listen", ""},
		{"--stats-port", "99999999999999999999"},         {"--store-dir", ""},
		{"--store-size", ""},     {"--store-size", "5X"},   {"--store-size", "M"},
		{"--store-size", "-1"},   {"--store-size", "9999999999T"}};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct settings s;
		char *error = PARSE(&s, bad[i][0], bad[i][1]);

		assert_non_null(error);
		assert_non_null(strstr(error, bad[i][0]));
		assert_non_null(strstr(error, bad[i][1]));
		free(error);
		settings_release(&s);
	}
}

static void
what_is_no_option_is_refused(void **state)
{
	static const char *const bad[] = {"stray", "--bogus", "-Z", "--port"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct settings s;
		char *error = PARSE(&s, bad[i]);

		assert_non_null(error);
		assert_non_null(strstr(error, bad[i]));
		free(error);
		settings_release(&s);
	}
}

static void
a_size_may_have_a_suffix(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} rows[] = {{"0", 0}, {"123456789", 123456789}, {"1K", 1024}, {"5M", 5 << 20}, {"20G", (int64_t)20 << 30}, {"2T", (int64_t)2 << 40}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings s;

		assert_null(PARSE(&s, "--store-size", rows[i].text));
		assert_true(s.store_size == rows[i].bytes);
		settings_release(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_filled_in),
		cmocka_unit_test(every_option_is_heard),
		cmocka_unit_test(keys_and_certificates_belong_together),
		cmocka_unit_test(daemon_with_no_detach_stays_in_the_foreground),
		cmocka_unit_test(a_relative_path_is_meant_from_here),
		cmocka_unit_test(a_bad_value_is_named_with_its_option),
		cmocka_unit_test(a_size_may_have_a_suffix),
		cmocka_unit_test(what_is_no_option_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
