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

	fake_write(dir, "a", "one text");
	fake_write(dir, "b", "one text");
	fake_write(dir, "c", "another text");
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

static void
add_file(struct identity *id, const char *dir, const char *role, const char *name)
{
	char *path = path_join(dir, name);

	identity_add_file(id, role, path)->languages = 1U << IDENTITY_C;
	free(path);
}

/* The digest for C of a clang whose files are role and name in turn, NULL at the end; yours. */
static char *
digest_of(const char *dir, const char *const files[])
{
	struct identity id = {.compiler = ARGS_CLANG};

	for (; *files != NULL; files += 2)
		add_file(&id, dir, files[0], files[1]);
	assert_int_equal(identify_digest(&id), OK);
	char *digest = xstrdup(id.digest[IDENTITY_C]);

	identity_release(&id);
	return digest;
}

static void
assert_same(const char *dir, const char *const one[], const char *const two[], bool is_same)
{
	char *a = digest_of(dir, one), *b = digest_of(dir, two);

	assert_int_equal(strcmp(a, b) == 0, is_same);
	free(a);
	free(b);
}

static void
order_names_and_repetition_do_not_count(void **state)
{
	assert_same(*state, (const char *const[]){"driver", "a", "as", "c", NULL},
	            (const char *const[]){"as", "c", "driver", "b", "driver", "a", NULL}, true);
}

static void
roles_and_contents_count(void **state)
{
	assert_same(*state, (const char *const[]){"driver", "a", "as", "c", NULL},
	            (const char *const[]){"driver", "c", "as", "a", NULL}, false);
	assert_same(*state, (const char *const[]){"driver", "a", NULL},
	            (const char *const[]){"driver", "c", NULL}, false);
	assert_same(*state, (const char *const[]){"driver", "a", NULL},
	            (const char *const[]){"driver", "a", "library", "a", NULL}, false);
}

static void
system_libraries_do_not_count(void **state)
{
	assert_same(*state, (const char *const[]){"driver", "a", NULL},
	            (const char *const[]){"driver", "a", "system", "c", NULL}, true);
}

static void
a_file_of_one_language_counts_for_that_alone(void **state)
{
	const char *dir = *state;
	struct identity with = {.compiler = ARGS_CLANG}, without = {.compiler = ARGS_CLANG};

	add_file(&with, dir, "driver", "a");
	add_file(&with, dir, "compiler", "c");
	add_file(&without, dir, "driver", "a");
	with.files[0].languages = IDENTITY_ALL_LANGUAGES;
	without.files[0].languages = IDENTITY_ALL_LANGUAGES;
	assert_int_equal(identify_digest(&with), OK);
	assert_int_equal(identify_digest(&without), OK);
	assert_string_not_equal(with.digest[IDENTITY_C], without.digest[IDENTITY_C]);
	assert_string_equal(with.digest[IDENTITY_CXX], without.digest[IDENTITY_CXX]);
	identity_release(&with);
	identity_release(&without);
}

static void
a_file_that_is_gone_is_an_error(void **state)
{
	struct identity id = {.compiler = ARGS_CLANG};

	add_file(&id, *state, "driver", "gone");
	assert_int_equal(identify_digest(&id), ERR_MISSING);
	identity_release(&id);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(order_names_and_repetition_do_not_count),
		TEST(roles_and_contents_count),
		TEST(system_libraries_do_not_count),
		TEST(a_file_of_one_language_counts_for_that_alone),
		TEST(a_file_that_is_gone_is_an_error),
	};

	log_to_stderr("test_identify_digest", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
