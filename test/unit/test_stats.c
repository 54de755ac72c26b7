/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

#define MINUTE INT64_C(60000)
#define START (1000 * MINUTE)

static void
report(struct stats *s, enum control_outcome outcome, const char *source, int64_t wall_ms,
       int64_t now_ms)
{
	struct control c = {.number = (uint32_t)outcome, .wall_ms = wall_ms, .peak_kb = wall_ms * 2};

	snprintf(c.source, sizeof(c.source), "%s", source);
	snprintf(c.compiler, sizeof(c.compiler), "gcc");
	stats_report(s, &c, now_ms);
}

static char *
page(const struct stats *s, int64_t now_ms)
{
	struct buffer b = {0};

	stats_format(s, "/", now_ms, &b);
	return buffer_take_string(&b);
}

static void
the_average_is_time_weighted(void **state)
{
	struct stats s;

	(void)state;
	stats_init(&s, START);
	stats_set_running(&s, 4, START);
	stats_set_running(&s, 0, START + MINUTE / 2);
	double half = stats_average(&s, 1, START + MINUTE);

	assert_true(half > 1.99 && half < 2.01);
	assert_true(stats_average(&s, 1, START + 3 * MINUTE) < 0.01);
	assert_true(stats_average(&s, 15, START + 4 * MINUTE) > 0.49);
	assert_int_equal(s.most_running, 4);
}

static void
a_running_job_counts_before_it_ends(void **state)
{
	struct stats s;

	(void)state;
	stats_init(&s, START);
	stats_set_running(&s, 3, START);
	double one = stats_average(&s, 1, START + 10 * MINUTE);
	double fifteen = stats_average(&s, 15, START + 10 * MINUTE);

	assert_true(one > 2.99 && one < 3.01);
	assert_true(fifteen > 2.99 && fifteen < 3.01);
}

static void
a_long_silence_is_forgotten(void **state)
{
	struct stats s;

	(void)state;
	stats_init(&s, START);
	stats_set_running(&s, 2, START);
	stats_set_running(&s, 0, START + MINUTE);
	stats_set_running(&s, 0, START + 1000 * MINUTE);
	assert_true(stats_average(&s, 15, START + 1000 * MINUTE) < 0.001);
}

static void
compiles_fall_out_of_their_window(void **state)
{
	struct stats s;

	(void)state;
	stats_init(&s, START);
	report(&s, OUTCOME_COMPILE_OK, "a.c", 10, START);
	report(&s, OUTCOME_COMPILE_ERROR, "b.c", 10, START + 1);
	report(&s, OUTCOME_CLIENT_GONE, "c.c", 10, START + 1);
	assert_int_equal(stats_compiles(&s, 1, START + 2), 2);
	assert_int_equal(stats_compiles(&s, 1, START + 2 * MINUTE), 0);
	assert_int_equal(stats_compiles(&s, 5, START + 2 * MINUTE), 2);
	assert_int_equal(stats_compiles(&s, 15, START + 16 * MINUTE), 0);
}

static void
the_longest_job_is_kept(void **state)
{
	struct stats s;

	(void)state;
	stats_init(&s, START);
	report(&s, OUTCOME_COMPILE_OK, "short.c", 10, START);
	report(&s, OUTCOME_COMPILE_OK, "long.c", 90, START);
	report(&s, OUTCOME_COMPILE_OK, "middle.c", 50, START);
	assert_string_equal(s.longest_source, "long.c");
	assert_int_equal(s.longest_ms, 90);
	assert_int_equal(s.peak_kb, 180);
}

static void
an_outcome_that_is_none_counts_as_other(void **state)
{
	struct stats s;
	struct control c = {.number = 4000000000u};

	(void)state;
	stats_init(&s, START);
	stats_report(&s, &c, START);
	assert_int_equal(s.outcomes[OUTCOME_OTHER], 1);
}

static void
only_whole_disks_count(void **state)
{
	(void)state;
	assert_int_equal(stats_parse_diskstats("   8       0 sda 1 2 10 4 5 6 20 8 9 10 11\n"
	                                       "   8       1 sda1 1 2 10 4 5 6 20 8 9 10 11\n"
	                                       " 259       0 nvme0n1 1 2 100 4 5 6 200 8 9 10 11\n"
	                                       " 259       1 nvme0n1p1 1 2 100 4 5 6 200 8 9 1 1\n"
	                                       "   7       0 loop0 1 2 10 4 5 6 20 8 9 10 11\n"
	                                       "garbage\n"),
	                 330 * 512);
	assert_int_equal(stats_parse_diskstats(""), 0);
}

static void
the_page_has_every_field_of_distccd(void **state)
{
	static const char *const fields[] = {
		"argv /", "<distccstats>", "dcc_tcp_accept 2", "dcc_rej_bad_req 1", "dcc_rej_overload 0",
		"dcc_compile_ok 1", "dcc_compile_error 0", "dcc_compile_timeout 0",
		"dcc_cli_disconnect 0", "dcc_other 0", "dcc_longest_job a.c",
		"dcc_longest_job_compiler gcc", "dcc_longest_job_time_msecs 70", "dcc_max_kids 1",
		"dcc_avg_kids1 ", "dcc_avg_kids2 ", "dcc_avg_kids3 ", "dcc_current_load 1", "dcc_load1 ",
		"dcc_load2 ", "dcc_load3 ", "dcc_num_compiles1 1", "dcc_num_compiles2 1",
		"dcc_num_compiles3 1", "dcc_num_procstate_D ", "dcc_max_RSS 140", "dcc_max_RSS_name gcc",
		"dcc_io_rate ", "dcc_free_space ", "dcc_free_mem ", "dcc_pump_jobs 0",
		"dcc_store_size 0 MB", "</distccstats>"};
	struct stats s;

	(void)state;
	stats_init(&s, START);
	stats_accepted(&s);
	stats_accepted(&s);
	stats_set_running(&s, 1, START);
	report(&s, OUTCOME_COMPILE_OK, "a.c", 70, START);
	report(&s, OUTCOME_BAD_REQUEST, "none", 0, START);
	char *text = page(&s, START + 1);

	assert_non_null(strstr(text, "HTTP/1.0 200 OK\nContent-Type: text/plain\n"));
	const char *at = strstr(text, "\n\n");

	assert_non_null(at);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		at = strstr(at, fields[i]);
		assert_non_null(at);
		assert_int_equal(at[-1], '\n');
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_average_is_time_weighted),
		cmocka_unit_test(a_running_job_counts_before_it_ends),
		cmocka_unit_test(a_long_silence_is_forgotten),
		cmocka_unit_test(compiles_fall_out_of_their_window),
		cmocka_unit_test(the_longest_job_is_kept),
		cmocka_unit_test(an_outcome_that_is_none_counts_as_other),
		cmocka_unit_test(only_whole_disks_count),
		cmocka_unit_test(the_page_has_every_field_of_distccd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
