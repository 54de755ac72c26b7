/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "deps.h"
#include "xalloc.h"

/* The names of text, each in angle brackets; "-" for what is no rule. From memory of exactly its size. */
static char *
names_of(const char *text)
{
	size_t len = strlen(text);
	char *copy = xmalloc(len);
	struct strv names = {0};
	char *all = xstrdup("");

	memcpy(copy, text, len);
	if (deps_parse(copy, len, &names) != OK) {
		free(all);
		all = xstrdup("-");
	}
	for (size_t i = 0; i < names.count; i++) {
		char *longer = xasprintf("%s<%s>", all, names.items[i]);

		free(all);
		all = longer;
	}
	free(copy);
	strv_release(&names);
	return all;
}

static void
check_rows(const char *const rows[][2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *names = names_of(rows[i][0]);

		assert_string_equal(names, rows[i][1]);
		free(names);
	}
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void
the_names_behind_the_colon_are_taken(void **state)
{
	static const char *const rows[][2] = {
		{"a.o: a.c\n", "<a.c>"},
		{"a.o: a.c b.h", "<a.c><b.h>"},
		{"a.o:\n", ""},
		{"a.o: a.c \\\n /usr/include/stdio.h \\\n b.h\n", "<a.c></usr/include/stdio.h><b.h>"},
		{"a.o b.o \\\n c.d: a.c\n", "<a.c>"},
		{"a.o: a.c\\\n b.h\n", "<a.c><b.h>"},
		{"a.o:\ta.c\tb.h\n", "<a.c><b.h>"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
only_the_first_rule_counts(void **state)
{
	static const char *const rows[][2] = {
		{"a.o: a.c b.h\nb.h:\n", "<a.c><b.h>"},
		{"a.o: a.c b.h\n\nb.h: c\n", "<a.c><b.h>"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
quoted_characters_belong_to_the_name(void **state)
{
	static const char *const rows[][2] = {
		{"a.o: x\\ y.c\n", "<x y.c>"},
		{"a.o: x\\\ty.c\n", "<x\ty.c>"},
		{"a.o: x\\\\\\ y.c z\n", "<x\\ y.c><z>"},
		{"a.o: x\\\\ y.c\n", "<x\\><y.c>"},
		{"a.o: a\\#b.c\n", "<a#b.c>"},
		{"a.o: a$$b.c $\n", "<a$b.c><$>"},
		{"a.o: a\\:b.c a:b\n", "<a:b.c><a:b>"},
		{"a.o: a\\b.c\n", "<a\\b.c>"},
		{"a\\ b.o: c\n", "<c>"},
		{"a:b.o: c\n", "<c>"},
		{"a\\:.o: c\n", "<c>"},
		{"a.o: x\\\r\n", "<x\\\r>"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
what_is_no_rule_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{"", "-"}, {"\n", "-"}, {"a.o", "-"}, {"a.o a:b\n: c", "-"}, {"\\", "-"}, {"a.o \\\n", "-"},
	};
	struct strv names = {0};

	(void)state;
	CHECK_ROWS(rows);
	assert_int_equal(deps_parse("a: b\0c\n", 7, &names), ERR_PROTOCOL);
	strv_release(&names);
}

static void
digest_words(const char *const words[], char hex[HASH_HEX_SIZE])
{
	struct strv names = {0};
	unsigned char digest[HASH_SIZE];

	for (; *words != NULL; words++)
		strv_add(&names, *words);
	deps_digest(&names, digest);
	hash_format(digest, hex);
	strv_release(&names);
}

static void
the_digest_knows_no_order_and_no_repetition(void **state)
{
	static const char *const one[] = {"a.c", "b.h", "/usr/include/stdio.h", NULL};
	static const char *const other[] = {"/usr/include/stdio.h", "b.h", "a.c", "b.h", NULL};
	static const char *const dotted[] = {"./a.c", ".//b.h", "././b.h", "/usr/include/stdio.h", NULL};
	char hex[3][HASH_HEX_SIZE];

	(void)state;
	digest_words(one, hex[0]);
	digest_words(other, hex[1]);
	digest_words(dotted, hex[2]);
	assert_string_equal(hex[0], hex[1]);
	assert_string_equal(hex[0], hex[2]);
}

static void
other_names_have_another_digest(void **state)
{
	static const char *const one[] = {"a.c", "b.h", NULL};
	static const char *const longer[] = {"a.c", "b.h", "c.h", NULL};
	static const char *const joined[] = {"a.cb.h", NULL};
	static const char *const above[] = {"../a.c", "b.h", NULL};
	static const char *const hidden[] = {".a.c", "b.h", NULL};
	const char *const *const rows[] = {longer, joined, above, hidden};
	char first[HASH_HEX_SIZE];

	(void)state;
	digest_words(one, first);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hex[HASH_HEX_SIZE];

		digest_words(rows[i], hex);
		assert_string_not_equal(hex, first);
	}
}

/* printf 'a.c\0b.h\0' | sha256sum: the client's side and the volunteer's must never drift apart. */
static void
the_digest_is_sha256_of_names_and_nuls(void **state)
{
	static const char *const words[] = {"b.h", "a.c", NULL};
	static const char *const none[] = {NULL};
	char hex[HASH_HEX_SIZE];

	(void)state;
	digest_words(words, hex);
	assert_string_equal(hex, "ae3b0bb98fbcb1312dded931649f9c019c267ca813b74e6e3fd4d92906dee1d0");
	digest_words(none, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_names_behind_the_colon_are_taken),
		cmocka_unit_test(only_the_first_rule_counts),
		cmocka_unit_test(quoted_characters_belong_to_the_name),
		cmocka_unit_test(what_is_no_rule_is_refused),
		cmocka_unit_test(the_digest_knows_no_order_and_no_repetition),
		cmocka_unit_test(other_names_have_another_digest),
		cmocka_unit_test(the_digest_is_sha256_of_names_and_nuls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
