/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "native.h"
#include "xalloc.h"

static const char gcc_said[] =
	"Using built-in specs.\n"
	"COLLECT_GCC_OPTIONS='-march=native' '-c'\n"
	" /usr/lib/gcc/x/12/cc1 -quiet -imultiarch x /dev/null \"-march=znver3\" -mavx -mno-xop --param "
	"\"l1-cache-size=32\" \"-mtune=znver3\" -quiet -o /tmp/x.s\n"
	" as --64 -o null.o /tmp/x.s\n";
static const char clang_said[] =
	"clang version 14\n"
	" \"/usr/lib/llvm/bin/clang\" \"-cc1\" \"-main-file-name\" \"a \\\" b\" \"-target-cpu\" \"znver3\" \"-target-feature\" "
	"\"-xop\" \"-target-feature\" \"+avx\" \"-tune-cpu\" \"znver3\"\n";

static char *
parsed(const char *said, enum args_compiler kind, unsigned asked)
{
	struct strv words = {0};
	char *line = xstrdup("");

	assert_int_equal(native_parse(said, kind, asked, &words), OK);
	for (size_t i = 0; i < words.count; i++) {
		char *longer = xasprintf("%s%s%s", line, i > 0 ? " " : "", words.items[i]);

		free(line);
		line = longer;
	}
	strv_release(&words);
	return line;
}

static void
expect(const char *said, enum args_compiler kind, unsigned asked, const char *expected)
{
	char *line = parsed(said, kind, asked);

	assert_string_equal(line, expected);
	free(line);
}

static void
gcc_names_processor_features_and_caches(void **state)
{
	(void)state;
	expect(gcc_said, ARGS_GCC, NATIVE_ARCH, "-march=znver3 -mavx -mno-xop --param=l1-cache-size=32");
	expect(gcc_said, ARGS_GCC, NATIVE_ARCH | NATIVE_TUNE,
	       "-march=znver3 -mavx -mno-xop --param=l1-cache-size=32 -mtune=znver3");
	expect(gcc_said, ARGS_GCC, NATIVE_TUNE, "--param=l1-cache-size=32 -mtune=znver3");
}

static void
clang_names_features_that_its_driver_has_no_word_for(void **state)
{
	(void)state;
	expect(clang_said, ARGS_CLANG, NATIVE_ARCH,
	       "-march=znver3 -Xclang -target-feature -Xclang -xop -Xclang -target-feature -Xclang +avx");
	expect(clang_said, ARGS_CLANG, NATIVE_TUNE, "-mtune=znver3");
}

static void
an_answer_without_a_processor_is_none(void **state)
{
	struct strv words = {0};

	(void)state;
	assert_int_equal(native_parse("", ARGS_GCC, NATIVE_ARCH, &words), ERR_PROTOCOL);
	assert_int_equal(native_parse(" /x/cc1 -quiet -mavx\n", ARGS_GCC, NATIVE_ARCH, &words), ERR_PROTOCOL);
	assert_int_equal(native_parse(" /x/cc1 -march=native\n", ARGS_GCC, NATIVE_ARCH, &words), ERR_PROTOCOL);
	assert_int_equal(words.count, 0);
}

/* No compiler is run for these. */
static void
what_other_options_decide_too_stays(void **state)
{
	static const char *const lines[][4] = {
		{"gcc", "-march=native", "-m32", NULL},
		{"gcc", "-march=native", "-march=native", NULL},
		{"gcc", "-march=native", "-march=core2", NULL},
		{"clang", "-target", "-mtune=native", NULL},
		{"gcc", "-mcpu=native", "-O2", NULL},
		{"gcc", "-march=native", "-g", NULL},
		{"gcc", "-march=native", "-flto", NULL},
		{"gcc", "-O2", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct strv argv = {0}, out = {0};

		for (size_t k = 0; k < 4 && lines[i][k] != NULL; k++)
			strv_add(&argv, lines[i][k]);
		assert_int_equal(native_resolve("/nonexistent", ARGS_GCC, &argv, &out), ERR_MISSING);
		assert_int_equal(out.count, 0);
		strv_release(&argv);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcc_names_processor_features_and_caches),
		cmocka_unit_test(clang_names_features_that_its_driver_has_no_word_for),
		cmocka_unit_test(an_answer_without_a_processor_is_none),
		cmocka_unit_test(what_other_options_decide_too_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
