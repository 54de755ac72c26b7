/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "farmkey.h"
#include "xalloc.h"

#define HEX "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100"

static void
lines_comments_and_blanks_are_read(void **state)
{
	struct farmkeys keys = {0};
	char *error = NULL;

	(void)state;
	assert_int_equal(farmkey_parse("# farm\n\n  red-1.x_Y\t" HEX " # mine\r\nblue " HEX, &keys, &error), OK);
	assert_int_equal(keys.count, 2);
	assert_string_equal(keys.list[0].name, "red-1.x_Y");
	assert_string_equal(keys.list[1].name, "blue");
	assert_int_equal(keys.list[0].secret[1], 0x11);
	assert_int_equal(keys.list[0].secret[16], 0xff);
	assert_ptr_equal(farmkey_find(&keys, "blue"), &keys.list[1]);
	assert_null(farmkey_find(&keys, "green"));
	farmkey_release(&keys);
	farmkey_release(&keys);
}

static void
what_is_written_is_read_again(void **state)
{
	struct farmkeys keys = {0}, again = {0};
	struct buffer text = {0};
	char *error = NULL;

	(void)state;
	assert_int_equal(farmkey_parse("a " HEX, &keys, &error), OK);
	farmkey_format(&keys.list[0], &text);
	char *line = buffer_take_string(&text);

	assert_int_equal(farmkey_parse(line, &again, &error), OK);
	assert_memory_equal(&again.list[0], &keys.list[0], sizeof(struct farmkey));
	free(line);
	farmkey_release(&keys);
	farmkey_release(&again);
}

/* The message names the line, and never the key. */
static void
bad_lines_are_named_without_the_key(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"", "no key in it"},
		{"# nothing\n", "no key in it"},
		{"a " HEX "\nb\n", "line 2: behind the name stand 64"},
		{"a " HEX "0", "line 1: behind the name"},
		{"a 0" HEX "\n", "line 1: behind the name"},
		{"a zz112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100", "line 1: behind the name"},
		{"a/b " HEX, "line 1: the name may have"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa " HEX, "line 1: the name may have"},
		{"a " HEX " more", "line 1: something stands behind"},
		{"\na " HEX "\n\na " HEX "\n", "line 4: a second key of this name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct farmkeys keys = {0};
		char *error = NULL;

		assert_int_equal(farmkey_parse(rows[i].text, &keys, &error), ERR_USAGE);
		assert_non_null(strstr(error, rows[i].words));
		assert_null(strstr(error, "112233"));
		assert_null(keys.list);
		free(error);
	}
}

static void
no_more_keys_than_the_bound(void **state)
{
	struct buffer text = {0};
	struct farmkeys keys = {0};
	char *error = NULL;

	(void)state;
	for (unsigned i = 0; i <= FARMKEY_COUNT_MAX; i++) {
		char *line = xasprintf("k%u " HEX "\n", i);

		buffer_add_string(&text, line);
		free(line);
	}
	char *all = buffer_take_string(&text);

	assert_int_equal(farmkey_parse(all, &keys, &error), ERR_USAGE);
	assert_non_null(strstr(error, "too many"));
	free(error);
	free(all);
}

static void
identities_are_told_from_tickets(void **state)
{
	char identity[FARMKEY_IDENTITY_MAX], name[FARMKEY_NAME_MAX + 1];
	char longest[FARMKEY_NAME_MAX + 2];

	(void)state;
	farmkey_put_identity("red", identity);
	assert_string_equal(identity, "dcc-key:red");
	assert_int_equal(farmkey_get_identity((const unsigned char *)identity, strlen(identity), name), OK);
	assert_string_equal(name, "red");
	assert_int_equal(farmkey_get_identity((const unsigned char *)"dcc-ke", 6, name), ERR_MISSING);
	assert_int_equal(farmkey_get_identity((const unsigned char *)"\1\2\3\4\5\6\7\10\11\12", 10, name), ERR_MISSING);
	assert_int_equal(farmkey_get_identity((const unsigned char *)"dcc-key:", 8, name), ERR_PROTOCOL);
	assert_int_equal(farmkey_get_identity((const unsigned char *)"dcc-key:a b", 11, name), ERR_PROTOCOL);
	assert_int_equal(farmkey_get_identity((const unsigned char *)"dcc-key:a\0b", 11, name), ERR_PROTOCOL);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[FARMKEY_NAME_MAX + 1] = '\0';
	assert_false(farmkey_is_name(longest));
	longest[FARMKEY_NAME_MAX] = '\0';
	assert_true(farmkey_is_name(longest));
	farmkey_put_identity(longest, identity);
	assert_int_equal(farmkey_get_identity((const unsigned char *)identity, strlen(identity), name), OK);
	assert_string_equal(name, longest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_comments_and_blanks_are_read),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(bad_lines_are_named_without_the_key),
		cmocka_unit_test(no_more_keys_than_the_bound),
		cmocka_unit_test(identities_are_told_from_tickets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
