/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args.h"
#include "xalloc.h"

static enum err
load_file(void *context, const char *name, char **text)
{
	static const char *const texts[][2] = {
		{"plain", "-c a.c\n\t-o  a.o\n"},
		{"quoted", "-DX='a b' \"-DY=\\\"q\\\"\" a\\ b.c '' -DZ='\\''"},
		{"nested", "-c @plain @none"},
		{"empty", " \n"},
		{"loop", "-c @loop"}
	};

	(void)context;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(name, texts[i][0]) == 0) {
			*text = xstrdup(texts[i][1]);
			return OK;
		}
	return ERR_MISSING;
}

static void
assert_expands(const char *word, const char *const expected[], size_t count)
{
	char *copy = xstrdup(word);
	char *argv[] = {copy, copy, NULL};
	struct strv out = {0};

	assert_int_equal(args_expand(argv, load_file, NULL, &out), OK);
	assert_int_equal(out.count, count + 1);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(out.items[i + 1], expected[i]);
	strv_release(&out);
	free(copy);
}

static void
response_files_are_expanded(void **state)
{
	(void)state;
	assert_expands("@plain", (const char *const[]){"-c", "a.c", "-o", "a.o"}, 4);
	assert_expands("@quoted", (const char *const[]){"-DX=a b", "-DY=\"q\"", "a b.c", "", "-DZ='"}, 5);
	assert_expands("@nested", (const char *const[]){"-c", "-c", "a.c", "-o", "a.o", "@none"}, 6);
	assert_expands("@empty", NULL, 0);
	assert_expands("@none", (const char *const[]){"@none"}, 1);
	assert_expands("a@b", (const char *const[]){"a@b"}, 1);
}

static void
a_response_file_in_itself_is_refused(void **state)
{
	char word[] = "@loop";
	char *argv[] = {word, word, NULL};
	struct strv out = {0};

	(void)state;
	assert_int_equal(args_expand(argv, load_file, NULL, &out), ERR_LIMIT);
	strv_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(response_files_are_expanded),
		cmocka_unit_test(a_response_file_in_itself_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
