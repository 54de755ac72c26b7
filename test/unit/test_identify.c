/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_compiler.h"
#include "identify.h"
#include "log.h"

static int
set_up(void **state)
{
	char *dir = fake_new_folder();
	char *path = xasprintf("%s:/usr/bin:/bin", dir);

	setenv("PATH", path, 1);
	free(path);
	*state = dir;
	return 0;
}

static int
tear_down(void **state)
{
	fake_remove_folder(*state);
	free(*state);
	return 0;
}

static enum err
identify(const char *dir, const char *name, struct identity *id)
{
	char *path = path_join(dir, name);
	enum err e;

	*id = (struct identity){0};
	e = identify_compiler(path, NULL, id);
	free(path);
	return e;
}

/* The first file of that role, or an empty one. */
static struct identity_file
find_role(const struct identity *id, const char *role)
{
	for (size_t i = 0; i < id->file_count; i++)
		if (strcmp(id->files[i].role, role) == 0)
			return id->files[i];
	return (struct identity_file){.path = NULL};
}

static void
gcc_is_known_by_what_it_prints(void **state)
{
	const char *dir = *state;
	struct identity id;

	fake_gcc(dir, "gcc", "cc1");
	assert_int_equal(identify(dir, "gcc", &id), OK);
	assert_int_equal(id.compiler, ARGS_GCC);
	assert_int_equal(id.major, 12);
	assert_string_equal(id.version, "12.3.4");
	assert_string_equal(id.target, "fake-linux-gnu");
	assert_non_null(id.digest[IDENTITY_C]);
	assert_non_null(id.digest[IDENTITY_ASM]);
	assert_null(id.digest[IDENTITY_CXX]);
	assert_null(id.digest[IDENTITY_OBJC]);
	assert_non_null(find_role(&id, "interpreter").path);
	assert_string_equal(find_role(&id, "as").program, "fake-as");
	assert_int_equal(find_role(&id, "compiler").languages, 1U << IDENTITY_C | 1U << IDENTITY_ASM);
	assert_true(strv_has(&id.components, id.asked));
	assert_true(identity_is_current(&id));
	identity_release(&id);
}

static void
clang_brings_its_configuration_and_resources(void **state)
{
	const char *dir = *state;
	struct identity id;
	char *res = path_join(dir, "res dir"), *share = path_join(dir, "res dir/share");

	fake_clang(dir, "clang");
	assert_int_equal(mkdir(res, 0755), 0);
	assert_int_equal(mkdir(share, 0755), 0);
	fake_write(share, "asan_ignorelist.txt", "list");
	assert_int_equal(identify(dir, "clang", &id), OK);
	assert_int_equal(id.compiler, ARGS_CLANG);
	assert_int_equal(id.major, 15);
	assert_string_equal(id.version, "15.0.1");
	for (size_t i = 0; i < IDENTITY_LANGUAGES; i++)
		assert_non_null(id.digest[i]);
	assert_non_null(find_role(&id, "configuration").path);
	assert_non_null(find_role(&id, "resource").path);
	assert_null(find_role(&id, "other").path);
	identity_release(&id);
	free(res);
	free(share);
}

static void
the_same_compiler_elsewhere_is_the_same(void **state)
{
	const char *dir = *state;
	char *one = path_join(dir, "one"), *two = path_join(dir, "two");
	struct identity a, b;

	assert_int_equal(mkdir(one, 0755), 0);
	assert_int_equal(mkdir(two, 0755), 0);
	fake_write(dir, "fake-as", "as");
	fake_gcc(one, "gcc", "cc1");
	fake_gcc(two, "cc", "cc1");
	assert_int_equal(identify(one, "gcc", &a), OK);
	assert_int_equal(identify(two, "cc", &b), OK);
	assert_string_equal(a.digest[IDENTITY_C], b.digest[IDENTITY_C]);
	assert_string_equal(a.digest[IDENTITY_ASM], b.digest[IDENTITY_ASM]);
	assert_string_not_equal(a.digest[IDENTITY_C], a.digest[IDENTITY_ASM]);
	identity_release(&a);
	identity_release(&b);
	free(one);
	free(two);
}

static void
another_cc1_is_another_compiler(void **state)
{
	const char *dir = *state;
	struct identity a, b;

	fake_gcc(dir, "gcc", "cc1");
	assert_int_equal(identify(dir, "gcc", &a), OK);
	fake_gcc(dir, "gcc", "cc1, patched");
	assert_int_equal(identify(dir, "gcc", &b), OK);
	assert_string_not_equal(a.digest[IDENTITY_C], b.digest[IDENTITY_C]);
	identity_release(&a);
	identity_release(&b);
}

static void
another_assembler_in_the_path_is_another_compiler(void **state)
{
	const char *dir = *state;
	struct identity a, b;

	fake_gcc(dir, "gcc", "cc1");
	assert_int_equal(identify(dir, "gcc", &a), OK);
	fake_write(dir, "fake-as", "another as");
	assert_false(identity_is_current(&a));
	assert_int_equal(identify(dir, "gcc", &b), OK);
	assert_string_not_equal(a.digest[IDENTITY_C], b.digest[IDENTITY_C]);
	identity_release(&a);
	identity_release(&b);
}

static void
a_search_path_of_its_own_replaces_the_environment(void **state)
{
	const char *dir = *state;
	struct identity ours, its_own;
	char *later = path_join(dir, "later"), *gcc = path_join(dir, "gcc");

	fake_gcc(dir, "gcc", "cc1");
	assert_int_equal(mkdir(later, 0755), 0);
	fake_write(later, "fake-as", "another as");
	setenv("LD_LIBRARY_PATH", "/nowhere", 1);
	assert_int_equal(identify_compiler(gcc, NULL, &ours), OK);
	assert_int_equal(identify_compiler(gcc, later, &its_own), OK);
	unsetenv("LD_LIBRARY_PATH");
	assert_string_not_equal(ours.digest[IDENTITY_C], its_own.digest[IDENTITY_C]);
	assert_int_equal(its_own.environment.count, 0);
	assert_false(identity_is_current(&ours));
	assert_true(identity_is_current(&its_own));
	identity_release(&ours);
	identity_release(&its_own);
	free(later);
	free(gcc);
}

static void
gcc_without_an_assembler_has_no_language(void **state)
{
	const char *dir = *state;
	struct identity id;
	char *as = path_join(dir, "fake-as");

	fake_gcc(dir, "gcc", "cc1");
	unlink(as);
	assert_int_equal(identify(dir, "gcc", &id), ERR_USAGE);
	free(as);
}

static void
a_wrapper_counts_together_with_what_it_calls(void **state)
{
	const char *dir = *state;
	struct identity id;
	char *script = xasprintf("#!/bin/sh\necho COLLECT_GCC=%s/gcc\nexec %s/gcc \"$@\"\n", dir, dir);

	fake_gcc(dir, "gcc", "cc1");
	fake_write(dir, "wrapper", script);
	assert_int_equal(identify(dir, "wrapper", &id), OK);
	assert_non_null(find_role(&id, "called").path);
	assert_string_equal(path_base(id.files[0].path), "wrapper");
	identity_release(&id);
	free(script);
}

static void
a_link_to_ccache_is_no_compiler(void **state)
{
	const char *dir = *state;
	struct identity id;
	char *link = path_join(dir, "gcc");

	fake_gcc(dir, "ccache", "cc1");
	assert_int_equal(symlink("ccache", link), 0);
	assert_int_equal(identify(dir, "gcc", &id), ERR_USAGE);
	assert_int_equal(identify(dir, "ccache", &id), ERR_USAGE);
	assert_true(identify_is_launcher(link));
	free(link);
}

static void
a_compiler_is_found_behind_masquerade_links(void **state)
{
	const char *dir = *state;
	char *early = path_join(dir, "early"), *link = path_join(dir, "early/gcc");
	char *path = xasprintf("%s:%s", early, dir), *wanted = path_join(dir, "gcc");

	fake_gcc(dir, "gcc", "cc1");
	assert_int_equal(mkdir(early, 0755), 0);
	fake_write(early, "dcc", "#!/bin/sh\n");
	assert_int_equal(symlink("dcc", link), 0);
	setenv("PATH", path, 1);
	char *found = identify_find_compiler("gcc");

	assert_string_equal(found, wanted);
	assert_null(identify_find_compiler("g++"));
	free(found);
	free(wanted);
	free(path);
	free(link);
	free(early);
}

static void
other_things_are_no_compilers(void **state)
{
	const char *dir = *state;
	struct identity id;

	fake_write(dir, "hello", "#!/bin/sh\necho hello\n");
	fake_write(dir, "text", "text");
	assert_int_equal(identify(dir, "hello", &id), ERR_USAGE);
	assert_int_equal(identify(dir, "nothing", &id), ERR_MISSING);
	assert_int_equal(identify("/", "tmp", &id), ERR_USAGE);
	assert_int_equal(identify_compiler("gcc", NULL, &id), ERR_USAGE);
	assert_int_not_equal(identify(dir, "text", &id), OK);
}

static void
a_compiler_that_writes_for_ever_is_stopped(void **state)
{
	const char *dir = *state;
	struct identity id;

	fake_write(dir, "gcc", "#!/bin/sh\nwhile echo gcc version 1; do :; done\n");
	assert_int_equal(identify(dir, "gcc", &id), ERR_LIMIT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gcc_is_known_by_what_it_prints),
		TEST(clang_brings_its_configuration_and_resources),
		TEST(the_same_compiler_elsewhere_is_the_same),
		TEST(another_cc1_is_another_compiler),
		TEST(another_assembler_in_the_path_is_another_compiler),
		TEST(a_search_path_of_its_own_replaces_the_environment),
		TEST(gcc_without_an_assembler_has_no_language),
		TEST(a_wrapper_counts_together_with_what_it_calls),
		TEST(a_link_to_ccache_is_no_compiler),
		TEST(a_compiler_is_found_behind_masquerade_links),
		TEST(other_things_are_no_compilers),
		TEST(a_compiler_that_writes_for_ever_is_stopped),
	};

	log_to_stderr("test_identify", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
