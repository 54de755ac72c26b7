/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "xalloc.h"

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct identity
make_identity(void)
{
	struct identity id = {
		.compiler = ARGS_CLANG, .major = 14, .version = xstrdup("14.0.6"), .target = xstrdup("x86_64-pc-linux-gnu"),
		.asked = xstrdup("/usr/bin/a b"), .path = xstrdup("/opt/clang"),
	};

	id.digest[IDENTITY_C] = xstrdup(DIGEST_A);
	for (size_t i = 0; i < 40; i++) {
		char *path = xasprintf("/lib/part %zu", i);
		struct identity_file *f = identity_add_file(&id, i == 0 ? "driver" : "library", path);

		f->digest = i % 2 == 0 ? xstrdup(DIGEST_A) : NULL;
		f->program = i == 7 ? xstrdup("as") : NULL;
		f->languages = IDENTITY_ALL_LANGUAGES >> i % 5;
		f->stamp = (struct identity_stamp){i, UINT64_MAX, 3, 4, i};
		strv_take(&id.components, path);
	}
	strv_add(&id.components, "/usr/bin/a b");
	strv_add(&id.environment, "LD_LIBRARY_PATH=/x y");
	strv_add(&id.environment, "COMPILER_PATH");
	id.search = xstrdup("/x y:/bin");
	return id;
}

static void
what_was_written_is_read_again(void **state)
{
	struct identity id = make_identity(), again = {0};
	struct buffer text = {0};

	(void)state;
	assert_int_equal(identity_format(&id, &text), OK);
	assert_int_equal(identity_parse(text.data, text.len, &again), OK);
	assert_int_equal(again.compiler, ARGS_CLANG);
	assert_int_equal(again.major, 14);
	assert_string_equal(again.version, "14.0.6");
	assert_string_equal(again.target, id.target);
	assert_string_equal(again.asked, "/usr/bin/a b");
	assert_string_equal(again.digest[IDENTITY_C], DIGEST_A);
	assert_null(again.digest[IDENTITY_CXX]);
	assert_int_equal(again.file_count, 40);
	for (size_t i = 0; i < 40; i++) {
		assert_string_equal(again.files[i].path, id.files[i].path);
		assert_string_equal(again.files[i].role, id.files[i].role);
		assert_int_equal(again.files[i].languages, id.files[i].languages);
		assert_int_equal(again.files[i].digest == NULL, id.files[i].digest == NULL);
		assert_memory_equal(&again.files[i].stamp, &id.files[i].stamp, sizeof(id.files[i].stamp));
	}
	assert_string_equal(again.files[7].program, "as");
	assert_int_equal(again.components.count, 41);
	assert_true(strv_has(&again.components, "/usr/bin/a b"));
	assert_string_equal(again.environment.items[0], "LD_LIBRARY_PATH=/x y");
	assert_string_equal(again.search, "/x y:/bin");
	identity_release(&again);
	identity_release(&again);
	identity_release(&id);
	buffer_release(&text);
}

static void
text_that_is_cut_anywhere_is_refused(void **state)
{
	struct identity original = make_identity();
	struct buffer text = {0};
	struct identity id = {0};

	(void)state;
	assert_int_equal(identity_format(&original, &text), OK);
	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(identity_parse(text.data, len, &id), ERR_PROTOCOL);
	assert_int_equal(identity_parse(text.data, text.len, &id), OK);
	identity_release(&id);
	buffer_add_string(&text, "end\n");
	assert_int_equal(identity_parse(text.data, text.len, &id), ERR_PROTOCOL);
	buffer_release(&text);
	identity_release(&original);
}

static void
a_copy_is_the_same_and_its_own(void **state)
{
	struct identity original = make_identity();
	struct identity copy;
	struct buffer before = {0}, after = {0};

	(void)state;
	assert_int_equal(identity_format(&original, &before), OK);
	identity_copy(&original, &copy);
	identity_release(&original);
	assert_int_equal(identity_format(&copy, &after), OK);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, after.len);
	buffer_release(&before);
	buffer_release(&after);
	identity_release(&copy);
}

#define HEAD "dcc identity 1\nasked /a\npath /b\nversion 1\ntarget t\n"
#define STAMP " 1 2 3 4 5 "

static void
bad_lines_are_refused(void **state)
{
	static const char *const bad[] = {
		"file driver 1f - -" STAMP "relative",
		"file driver 3f - -" STAMP "/b",
		"file driver 1f abc -" STAMP "/b",
		"file driver 1f - a/b" STAMP "/b",
		"file driver 1f - - 1 2 3 4 -5 /b",
		"file driver 1f - - 1 2 3 4 99999999999999999999 /b",
		"file driver 1f - - 1 2 3 /b",
		"file driver 1f - -" STAMP "/b\nasked /twice",
		"file driver 1f - -" STAMP "/b\nkind tcc",
		"file driver 1f - -" STAMP "/b\nmajor 12x",
		"file driver 1f - -" STAMP "/b\nmajor 1000000000",
		"file driver 1f - -" STAMP "/b\ndigest c " DIGEST_A "a",
		"file driver 1f - -" STAMP "/b\ndigest ada " DIGEST_A,
		"file driver 1f - -" STAMP "/b\nalso relative",
		"file driver 1f - -" STAMP "/b\nwhatever x",
		"file driver 1f - -" STAMP "/b\n",
		"file driver 1f - -" STAMP "/b\tc",
		"version",
	};
	struct identity id = {0};
	char good[] = HEAD "file driver 1f - -" STAMP "/b\nend\n";
	char other[] = "dcc identity 2\n";

	(void)state;
	assert_int_equal(identity_parse(good, strlen(good), &id), OK);
	assert_null(id.files[0].program);
	assert_int_equal(id.files[0].stamp.ctime_ns, 5);
	identity_release(&id);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *text = xasprintf(HEAD "%s\nend\n", bad[i]);

		assert_int_equal(identity_parse(text, strlen(text), &id), ERR_PROTOCOL);
		free(text);
	}
	assert_int_equal(identity_parse(good, sizeof(good), &id), ERR_PROTOCOL);
	memcpy(good, other, strlen(other));
	assert_int_equal(identity_parse(good, strlen(good), &id), ERR_PROTOCOL);
}

static void
languages_have_the_digest_that_counts(void **state)
{
	(void)state;
	assert_int_equal(identity_language_of(ARGS_LANG_C), IDENTITY_C);
	assert_int_equal(identity_language_of(ARGS_LANG_CXX), IDENTITY_CXX);
	assert_int_equal(identity_language_of(ARGS_LANG_OBJC), IDENTITY_OBJC);
	assert_int_equal(identity_language_of(ARGS_LANG_OBJCXX), IDENTITY_OBJCXX);
	assert_int_equal(identity_language_of(ARGS_LANG_ASM), IDENTITY_ASM);
	assert_int_equal(identity_language_of(ARGS_LANG_ASM_CPP), IDENTITY_ASM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(text_that_is_cut_anywhere_is_refused),
		cmocka_unit_test(a_copy_is_the_same_and_its_own),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(languages_have_the_digest_that_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
