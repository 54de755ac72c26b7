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
	assert_true(taint_has(TAINT_TARGET, "__AVX2__", TAINT_UNDEFINED));
	assert_true(taint_has(TAINT_TARGET, "__ARM_FEATURE_SVE", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "__x86_64__", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "__cplusplus", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "__CPUID_H__", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "_IMMINTRIN_H_INCLUDED", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "__has_attribute", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "CONFIG_X", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "__OPTIMIZE__", TAINT_UNDEFINED));
}

static void
optimisation_changes_its_own(void **state)
{
	(void)state;
	assert_true(taint_has(TAINT_OPTIMIZE, "__OPTIMIZE__", TAINT_UNDEFINED));
	assert_true(taint_has(TAINT_OPTIMIZE, "__FAST_MATH__", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_OPTIMIZE, "__AVX2__", TAINT_UNDEFINED));
	assert_false(taint_has(0, "__OPTIMIZE__", TAINT_UNDEFINED));
}

static void
vector_features_can_only_vanish_from_a_target_without(void **state)
{
	(void)state;
	assert_true(taint_has(TAINT_VECTORS, "__AVX2__", TAINT_PREDEFINED));
	assert_false(taint_has(TAINT_VECTORS, "__AVX2__", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_VECTORS, "__BMI2__", TAINT_PREDEFINED));
	assert_false(taint_has(TAINT_VECTORS, "__x86_64__", TAINT_PREDEFINED));
	assert_true(taint_has(TAINT_VECTORS | TAINT_TARGET, "__BMI2__", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "__iamcu__", TAINT_UNDEFINED));
	assert_false(taint_has(TAINT_TARGET, "__PTRDIFF_TYPE__", TAINT_PREDEFINED));
	assert_false(taint_has(TAINT_TARGET, "__INT_MAX__", TAINT_PREDEFINED));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_changes_features_of_processors_alone),
		cmocka_unit_test(optimisation_changes_its_own),
		cmocka_unit_test(vector_features_can_only_vanish_from_a_target_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
