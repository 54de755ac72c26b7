/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "chaos_plan.h"

static void
a_plan_has_shares_a_delay_and_a_slowness(void **state)
{
	struct chaos_plan p = {0};
	char *error = NULL;

	(void)state;
	assert_int_equal(chaos_plan_parse("drop:1%,delay:50ms,truncate:0.5%,flip:0.1%,kill:100%,full:0.0001%,slow:3x", &p,
	                                  &error), OK);
	assert_true(p.is_on);
	assert_int_equal(p.rates[CHAOS_DROP], 10000);
	assert_int_equal(p.rates[CHAOS_TRUNCATE], 5000);
	assert_int_equal(p.rates[CHAOS_FLIP], 1000);
	assert_int_equal(p.rates[CHAOS_KILL], 1000000);
	assert_int_equal(p.rates[CHAOS_FULL], 1);
	assert_int_equal(p.delay_ms, 50);
	assert_int_equal(p.slowness_percent, 300);
	assert_int_equal(chaos_plan_parse("slow:1.5x", &p, &error), OK);
	assert_int_equal(p.slowness_percent, 150);
	assert_int_equal(p.rates[CHAOS_DROP], 0);
}

static void
what_is_no_plan_is_named(void **state)
{
	static const char *const bad[] = {
		"", "drop", "drop:", "drop:%", "drop:1", "drop:1ms", "drop:101%", "drop:-1%", "drop:.5%", "drop:1.00001%",
		"drop:1.2.3%", "drop:99999999999999999999%", "delay:50", "delay:0.5ms", "delay:5001ms", "slow:0.5x", "slow:101x",
		"burn:1%", "drop:1%,", ",drop:1%", "drop:1%;flip:1%", "drop:x%",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct chaos_plan p = {0};
		char *error = NULL;

		assert_int_equal(chaos_plan_parse(bad[i], &p, &error), ERR_USAGE);
		assert_non_null(strstr(error, "--chaos"));
		assert_false(p.is_on);
		free(error);
	}
}

static void
shares_are_kept(void **state)
{
	struct chaos_plan p = {0};
	unsigned drops = 0, cuts = 0, answers = 0, full = 0, kills = 0;
	char *error = NULL;

	(void)state;
	assert_int_equal(chaos_plan_parse("drop:10%,truncate:50%,full:100%", &p, &error), OK);
	for (uint64_t seed = 0; seed < 10000; seed++) {
		struct chaos_fate f;

		chaos_plan_cast(&p, seed, &f);
		drops += f.drop_at != CHAOS_NEVER;
		cuts += f.truncate_at != CHAOS_NEVER;
		answers += f.truncate_at != CHAOS_NEVER && f.cuts_answer;
		full += f.file_max != CHAOS_NEVER;
		kills += f.kill_ms != CHAOS_NEVER;
		assert_true(f.drop_at == CHAOS_NEVER || (f.drop_at >= 1 && f.drop_at < 1 << 18));
	}
	assert_in_range(drops, 850, 1150);
	assert_in_range(cuts, 4700, 5300);
	assert_in_range(answers, 2300, 2700);
	assert_int_equal(full, 10000);
	assert_int_equal(kills, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_has_shares_a_delay_and_a_slowness),
		cmocka_unit_test(what_is_no_plan_is_named),
		cmocka_unit_test(shares_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
