/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "specs.h"

static char *
make(const char *const *words)
{
	struct strv v = {0};

	for (size_t i = 0; words[i] != NULL; i++)
		strv_add(&v, words[i]);
	char *text = specs_make(&v);

	strv_release(&v);
	return text;
}

#define MAKE(...) make((const char *const[]){__VA_ARGS__, NULL})

static void
tuning_begins_at_the_first_parameter(void **state)
{
	char *text = MAKE("-march=znver3", "-mavx", "-mno-sse4.1", "--param=l1-cache-size=32", "-mtune=znver3");

	(void)state;
	assert_string_equal(text, "*cc1_cpu:\n%{march=native:%>march=native -march=znver3 -mavx -mno-sse4.1"
	                          " %{!mtune=*:%>mtune=native --param=l1-cache-size=32 -mtune=znver3}}"
	                          " %{mtune=native:%>mtune=native --param=l1-cache-size=32 -mtune=znver3}\n");
	free(text);
}

static void
nothing_but_words_for_a_processor_gets_in(void **state)
{
	static const char *const words[] = {
		"-fplugin=x", "-specs=x", "", "-O2", "@x", "-m%{x}", "-m x", "-mavx\n*cc1:", "--param=%s", "--param", "-march=native",
		"-mtune=native", "-m/etc/x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_null(MAKE("-march=znver3", words[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tuning_begins_at_the_first_parameter),
		cmocka_unit_test(nothing_but_words_for_a_processor_gets_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
