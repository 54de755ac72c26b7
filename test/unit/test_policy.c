/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "policy.h"

static enum reason
check(enum args_compiler compiler, const char *const words[])
{
	struct args a = {0};
	const char *word;

	for (; *words != NULL; words++)
		strv_add(&a.argv, *words);
	args_scan(&a);
	enum reason why = policy_check_command(&a, compiler, &word);

	args_release(&a);
	return why;
}

#define GCC(...) check(ARGS_GCC, (const char *const[]){__VA_ARGS__, NULL})
#define CLANG(...) check(ARGS_CLANG, (const char *const[]){__VA_ARGS__, NULL})

static void
a_compile_is_run(void **state)
{
	(void)state;
	assert_int_equal(GCC("gcc", "-O2", "-c", "a.c", "-o", "a.o"), REASON_NONE);
	assert_int_equal(GCC("/opt/x/gcc", "-S", "a.c"), REASON_NONE);
	assert_int_equal(CLANG("clang-14", "-c", "a.c"), REASON_NONE);
	assert_int_equal(CLANG("x86_64-linux-gnu-clang++-14.0", "-c", "a.cc"), REASON_NONE);
	assert_int_equal(CLANG("cc", "-c", "a.c"), REASON_NONE);
}

static void
what_is_no_compile_is_not_run(void **state)
{
	(void)state;
	assert_int_not_equal(GCC("gcc", "a.c", "-o", "a"), REASON_NONE);
	assert_int_not_equal(GCC("gcc", "-E", "a.c"), REASON_NONE);
	assert_int_not_equal(GCC("gcc", "--version"), REASON_NONE);
	assert_int_not_equal(GCC("gcc", "-c", "a.c", "b.c"), REASON_NONE);
	assert_int_not_equal(GCC("gcc", "-c"), REASON_NONE);
	assert_int_not_equal(GCC("gcc"), REASON_NONE);
	assert_int_not_equal(GCC("-gcc", "-c", "a.c"), REASON_NONE);
	assert_int_not_equal(GCC("", "-c", "a.c"), REASON_NONE);
}

static void
words_that_load_code_are_refused(void **state)
{
	static const char *const bad[] = {
		"-fplugin=x.so", "-fplugin-arg-x-y", "-fpass-plugin=x.so", "-specs=x", "--specs=x",
		"-wrapper",      "-load",            "--driver-mode=cl",   "--config", "@file",
		"-Wp,-fplugin=x"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(GCC("gcc", "-c", bad[i], "a.c"), REASON_NONE);
}

static void
clang_is_run_by_a_compiler_s_name_only(void **state)
{
	static const char *const bad[] = {"clang-cl", "clang-cpp", "flang", "xclang", "14", "-14"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(CLANG(bad[i], "-c", "a.c"), REASON_NONE);
}

static void
only_variables_that_messages_depend_on_are_kept(void **state)
{
	struct strv env = {0}, out = {0};

	(void)state;
	strv_add(&env, "LANG=de_DE.UTF-8");
	strv_add(&env, "LD_PRELOAD=/x.so");
	strv_add(&env, "LC_ALL=C");
	strv_add(&env, "LC_ALL");
	strv_add(&env, "LANGX=1");
	strv_add(&env, "PATH=/x");
	strv_add(&env, "GCC_EXEC_PREFIX=/x");
	strv_add(&env, "SOURCE_DATE_EPOCH=1");
	strv_add(&env, "COMPILER_PATH=/x");
	policy_filter_env(&env, ARGS_FORM_CPP, &out);
	assert_int_equal(out.count, 3);
	assert_string_equal(out.items[0], "LANG=de_DE.UTF-8");
	assert_string_equal(out.items[1], "LC_ALL=C");
	assert_string_equal(out.items[2], "SOURCE_DATE_EPOCH=1");
	strv_release(&env);
	strv_release(&out);
}

static void
pump_mode_also_needs_the_folders_of_headers(void **state)
{
	struct strv env = {0}, out = {0};

	(void)state;
	strv_add(&env, "CPATH=/a:/b");
	strv_add(&env, "CPATHS=/x");
	strv_add(&env, "CPLUS_INCLUDE_PATH=/c");
	strv_add(&env, "GCC_EXEC_PREFIX=/x");
	strv_add(&env, "SUNPRO_DEPENDENCIES=x");
	policy_filter_env(&env, ARGS_FORM_DIRECTIVES, &out);
	assert_int_equal(out.count, 0);
	policy_filter_env(&env, ARGS_FORM_FILES, &out);
	assert_int_equal(out.count, 2);
	assert_string_equal(out.items[0], "CPATH=/a:/b");
	assert_string_equal(out.items[1], "CPLUS_INCLUDE_PATH=/c");
	strv_release(&env);
	strv_release(&out);
}

static bool
reads_file(const char *text)
{
	return policy_needs_client(text, strlen(text));
}

static void
assembler_files_are_found(void **state)
{
	(void)state;
	assert_true(reads_file("asm(\".incbin \\\"x\\\"\");"));
	assert_true(reads_file(" .incbin \"x\""));
	assert_true(reads_file("asm(\".include \\\"x\\\"\");"));
	assert_true(reads_file("x.incr; .include\t\"x\""));
	assert_false(reads_file("p.include = 3; p.inc++; a.included"));
	assert_false(reads_file("#include \"a.inc\""));
	assert_false(reads_file(".inc"));
	assert_true(reads_file("char *when = __TIMESTAMP__;"));
	assert_true(reads_file("int x;\n*when = __TIMESTAMP__;"));
	assert_false(reads_file("int x;\n * the source (__TIMESTAMP__)?\n"));
	assert_false(reads_file("int x; // see __TIMESTAMP__"));
	assert_false(reads_file(""));
}

static void
file_pragmas_are_found(void **state)
{
	static const char one[] = "int x;\n#pragma GCC  dependency \"y\"";
	static const char two[] = "#pragma GCC pch_preprocess \"y\"";
	static const char none[] = "/* GCC has a dependency. dependency */";

	(void)state;
	assert_true(policy_has_file_pragma(one, strlen(one)));
	assert_true(policy_has_file_pragma(two, strlen(two)));
	assert_false(policy_has_file_pragma(none, strlen(none)));
	assert_false(policy_has_file_pragma("dependency", 10));
}

static void
a_file_that_cannot_be_opened_is_noticed(void **state)
{
	static const char gas[] = "x.s:1: Error: file not found: blob.bin";
	static const char gcc[] = "x.c:1:9: fatal error: y: No such file or directory";
	static const char clang[] = "<inline asm>:2:9: error: Could not find incbin file 'x'\n.incbin \"x\"\n";
	static const char syntax[] = "a.c:1:2: error: expected ';'";

	(void)state;
	assert_true(policy_misses_file(clang, strlen(clang)));
	assert_true(policy_misses_file(gas, strlen(gas)));
	assert_true(policy_misses_file(gcc, strlen(gcc)));
	assert_false(policy_misses_file(syntax, strlen(syntax)));
}

static void
our_own_trouble_is_told_from_the_program_s(void **state)
{
	static const char killed[] = "gcc: fatal error: Killed signal terminated program cc1plus";
	static const char disk[] = "/tmp/x.s: No space left on device";
	static const char syntax[] = "a.c:1:2: error: expected ';'";

	(void)state;
	assert_true(policy_is_resource_failure(killed, strlen(killed)));
	assert_true(policy_is_resource_failure(disk, strlen(disk)));
	assert_false(policy_is_resource_failure(syntax, strlen(syntax)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_compile_is_run),
		cmocka_unit_test(what_is_no_compile_is_not_run),
		cmocka_unit_test(words_that_load_code_are_refused),
		cmocka_unit_test(clang_is_run_by_a_compiler_s_name_only),
		cmocka_unit_test(only_variables_that_messages_depend_on_are_kept),
		cmocka_unit_test(pump_mode_also_needs_the_folders_of_headers),
		cmocka_unit_test(assembler_files_are_found),
		cmocka_unit_test(file_pragmas_are_found),
		cmocka_unit_test(a_file_that_cannot_be_opened_is_noticed),
		cmocka_unit_test(our_own_trouble_is_told_from_the_program_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
