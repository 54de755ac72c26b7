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
join(const struct strv *words)
{
	char *line = xstrdup("");

	for (size_t i = 0; i < words->count; i++) {
		char *longer = xasprintf("%s%s%s", line, i > 0 ? " " : "", words->items[i]);

		free(line);
		line = longer;
	}
	return line;
}

static char *
parsed(const char *said, enum args_compiler kind, unsigned asked)
{
	struct strv words = {0};

	assert_int_equal(native_parse(said, kind, asked, &words), OK);
	char *line = join(&words);

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
	expect(gcc_said, ARGS_GCC, NATIVE_ARCH, "-march=znver3 -mavx -mno-xop");
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
		{"clang", "-target", "-mtune=native", NULL},
		{"gcc", "-mcpu=native", "-O2", NULL},
		{"gcc", "-O2", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct strv argv = {0};
		struct native n;

		for (size_t k = 0; k < 4 && lines[i][k] != NULL; k++)
			strv_add(&argv, lines[i][k]);
		assert_int_equal(native_resolve("/nonexistent", ARGS_GCC, &argv, &n), ERR_MISSING);
		assert_int_equal(n.argv.count, 0);
		strv_release(&argv);
	}
}

static void
a_driver_that_does_more_cannot_be_told(void **state)
{
	(void)state;
	assert_true(native_knows_specs("*x:\ny\n\n*cc1_cpu:\n%{march=native:%>march=native %:local_cpu_detect(arch %{!m32:64;:32})   "
	                               "%{!mtune=*:%>mtune=native %:local_cpu_detect(tune %{!m32:64;:32})}} "
	                               "%{mtune=native:%>mtune=native %:local_cpu_detect(tune %{!m32:64;:32})}\n\n*z:\n"));
	assert_false(native_knows_specs("*cc1_cpu:\n%{march=native:%>march=native %:local_cpu_detect(arch) "
	                                "%{!mtune=*:%>mtune=native %:local_cpu_detect(tune)}} "
	                                "%{mtune=native:%>mtune=native %:local_cpu_detect(tune)} -mhard\n"));
	assert_false(native_knows_specs("*cc1_cpu:\n%{march=native:%>march=native %:local_cpu_detect(arch\n"));
	assert_false(native_knows_specs("*cc1_cpu:\n\n"));
	assert_false(native_knows_specs("*cc1:\n%{march=native:}\n"));
}

#if defined(__x86_64__)
/* Prints a driver's answer, and what it was asked. */
static void
write_driver(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("#!/bin/sh\nset -f\n[ \"$1\" != -dumpspecs ] || { printf '*cc1_cpu:\\n%s\\n' '", f);
	fputs("%{march=native:%>march=native %:local_cpu_detect(arch) %{!mtune=*:%>mtune=native %:local_cpu_detect(tune)}} ", f);
	fputs("%{mtune=native:%>mtune=native %:local_cpu_detect(tune)}'; exit; }\necho ' /x/cc1 -quiet -march=znver3 -mavx --param l1-cache-size=32 -mtune=znver3' >&2\n", f);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
}

static void
what_leaves_a_trace_is_told_instead_of_replaced(void **state)
{
	static const char *const lines[][4] = {
		{"gcc", "-march=native", "-g", NULL},
		{"gcc", "-march=native", "-flto", NULL},
		{"gcc", "-march=native", "-march=core2", NULL},
		{"gcc", "-march=native", "-march=native", NULL},
	};
	char path[] = "/tmp/dcc-native-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_driver(path);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct strv argv = {0};
		struct native n;

		for (size_t k = 0; k < 4 && lines[i][k] != NULL; k++)
			strv_add(&argv, lines[i][k]);
		assert_int_equal(native_resolve(path, ARGS_GCC, &argv, &n), OK);
		char *words = join(&n.words), *scanned = join(&n.argv);

		assert_string_equal(words, "-march=znver3 -mavx --param=l1-cache-size=32 -mtune=znver3");
		assert_true(strncmp(scanned, "gcc -march=znver3 -mavx", 23) == 0 && strstr(scanned, "native") == NULL);
		free(words);
		free(scanned);
		native_release(&n);
		strv_release(&argv);
	}
	unlink(path);
}

static void
what_leaves_none_is_replaced_where_it_stood(void **state)
{
	char path[] = "/tmp/dcc-native-XXXXXX";
	int fd = mkstemp(path);
	struct strv argv = {0};
	struct native n;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_driver(path);
	strv_add(&argv, "gcc");
	strv_add(&argv, "-O2");
	strv_add(&argv, "-march=native");
	strv_add(&argv, "-c");
	assert_int_equal(native_resolve(path, ARGS_GCC, &argv, &n), OK);
	char *words = join(&n.argv);

	assert_string_equal(words, "gcc -O2 -march=znver3 -mavx --param=l1-cache-size=32 -mtune=znver3 -c");
	assert_int_equal(n.words.count, 0);
	free(words);
	native_release(&n);
	strv_release(&argv);
	unlink(path);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcc_names_processor_features_and_caches),
		cmocka_unit_test(clang_names_features_that_its_driver_has_no_word_for),
		cmocka_unit_test(an_answer_without_a_processor_is_none),
		cmocka_unit_test(what_other_options_decide_too_stays),
		cmocka_unit_test(a_driver_that_does_more_cannot_be_told),
#if defined(__x86_64__)
		cmocka_unit_test(what_leaves_a_trace_is_told_instead_of_replaced),
		cmocka_unit_test(what_leaves_none_is_replaced_where_it_stood),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
