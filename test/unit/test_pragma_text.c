/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pragma_text.h"
#include "program_code.h"

static void
pragmas_that_change_nothing_leave_nothing(void **state)
{
	(void)state;
	assert_code("#pragma\n#pragma omp parallel\n#pragma GCC diagnostic push\n#pragma STDC x\n#pragma GCC\n#pragma pack(1)\n", "");
}

static void
pragmas_of_both_compilers(void **state)
{
	(void)state;
	assert_code("#pragma once\n#pragma GCC system_header\n", "0:once; 1:system; ");
	assert_code("#pragma push_macro(\"A\")\n#pragma pop_macro ( \"A\" ) x\n#pragma push_macro(A)\n#pragma push_macro\n",
	            "0:push A; 1:pop A; ");
	assert_code("#pragma GCC poison A B\n", "0:poison A; 1:poison B; ");
	assert_code("#pragma GCC dependency \"a.h\" x\n", "0:dependency  \"a.h\" x; ");
	assert_code("#pragma GCC error \"x\"\n", "0:fail(error) #pragma GCC error; ");
	assert_code("#pragma GCC pch_preprocess \"x\"\n", "0:fail(precompiled); ");
}

static void
pragmas_that_change_target_macros(void **state)
{
	(void)state;
	assert_code("#pragma GCC push_options\n#pragma GCC target(\"avx\")\n#pragma GCC optimize 3\n#pragma GCC pop_options\n"
	            "#pragma GCC reset_options\n",
	            "0:target =2; 1:target; 2:target =1; 3:target =3; 4:target =4; ");
	assert_code("#pragma GCC target (\"general-regs-only\")\n#pragma GCC target(\"general-regs-only,avx\")\n", "0:target =5; 1:target; ");
}

static void
pragmas_of_clang_alone_are_skipped_by_gcc(void **state)
{
	(void)state;
	assert_code("#pragma clang system_header\n", "0:clang; 1:system; ");
	assert_code("#pragma clang module import A\n", "0:clang; 1:fail(module); ");
	assert_code("#pragma hdrstop\n", "0:clang; 1:fail(precompiled); ");
	assert_code("#pragma include_alias(\"a\", \"b\")\n", "0:clang; 1:fail(extension) #pragma include_alias; ");
	assert_code("#pragma clang diagnostic push\n", "");
}

static void
the_string_of_an_operator_is_unescaped(void **state)
{
	(void)state;
	assert_code("_Pragma(\"push_macro(\\\"A\\\")\")\n", "0:push A; ");
}

static void
lists_of_operators_are_told_from_others(void **state)
{
	static const char list[] = " _Pragma(\"a\") _Pragma ( \"b \\\" c\" )", other[] = "_Pragma(\"a\") x", open[] = "_Pragma(\"a";
	const char *p = list, *text;
	size_t length;

	(void)state;
	assert_true(pragma_text_is_list(list, sizeof(list) - 1));
	assert_false(pragma_text_is_list(other, sizeof(other) - 1));
	assert_false(pragma_text_is_list(open, sizeof(open) - 1));
	text = pragma_text_next(&p, list + sizeof(list) - 1, &length);
	assert_int_equal(length, 1);
	assert_memory_equal(text, "a", 1);
	text = pragma_text_next(&p, list + sizeof(list) - 1, &length);
	assert_int_equal(length, 6);
	assert_memory_equal(text, "b \\\" c", 6);
	assert_null(pragma_text_next(&p, list + sizeof(list) - 1, &length));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pragmas_that_change_nothing_leave_nothing),
		cmocka_unit_test(pragmas_of_both_compilers),
		cmocka_unit_test(pragmas_that_change_target_macros),
		cmocka_unit_test(pragmas_of_clang_alone_are_skipped_by_gcc),
		cmocka_unit_test(the_string_of_an_operator_is_unescaped),
		cmocka_unit_test(lists_of_operators_are_told_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
