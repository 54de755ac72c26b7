/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "taint.h"

static void
a_target_changes_features_of_processors_alone(void **state)
{
	(void)state;
	assert_true(taint_has(TAINT_TARGET, "__AVX2__"));
	assert_true(taint_has(TAINT_TARGET, "__ARM_FEATURE_SVE"));
	assert_false(taint_has(TAINT_TARGET, "__x86_64__"));
	assert_false(taint_has(TAINT_TARGET, "__cplusplus"));
	assert_false(taint_has(TAINT_TARGET, "__CPUID_H__"));
	assert_false(taint_has(TAINT_TARGET, "_IMMINTRIN_H_INCLUDED"));
	assert_false(taint_has(TAINT_TARGET, "__has_attribute"));
	assert_false(taint_has(TAINT_TARGET, "CONFIG_X"));
	assert_false(taint_has(TAINT_TARGET, "__OPTIMIZE__"));
}

static void
optimisation_changes_its_own(void **state)
{
	(void)state;
	assert_true(taint_has(TAINT_OPTIMIZE, "__OPTIMIZE__"));
	assert_true(taint_has(TAINT_OPTIMIZE, "__FAST_MATH__"));
	assert_false(taint_has(TAINT_OPTIMIZE, "__AVX2__"));
	assert_false(taint_has(0, "__OPTIMIZE__"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_changes_features_of_processors_alone),
		cmocka_unit_test(optimisation_changes_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
