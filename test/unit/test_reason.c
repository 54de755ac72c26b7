/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "reason.h"

#define NUMBER(code, number, word, sentence) number,
#define WORD(code, number, word, sentence) word,
#define SENTENCE(code, number, word, sentence) sentence,

static const unsigned numbers[] = {REASON_LIST(NUMBER)};
static const char *const words[] = {REASON_LIST(WORD)};
static const char *const sentences[] = {REASON_LIST(SENTENCE)};

#define COUNT (sizeof(numbers) / sizeof(numbers[0]))

static void
each_reason_is_found_by_its_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		assert_string_equal(reason_word(numbers[i]), words[i]);
		assert_string_equal(reason_sentence(numbers[i]), sentences[i]);
	}
}

static void
numbers_and_words_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t other = 0; other < i; other++) {
			assert_int_not_equal(numbers[i], numbers[other]);
			assert_string_not_equal(words[i], words[other]);
		}
	}
}

static void
words_fit_one_field_of_a_log_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		assert_true(strlen(words[i]) > 0);
		assert_int_equal(strspn(words[i], "abcdefghijklmnopqrstuvwxyz-"), strlen(words[i]));
		assert_true(strlen(sentences[i]) > strlen(words[i]));
	}
}

/* They travel between versions: a changed number is a wrong message on the other side. */
static void
numbers_on_the_wire_never_change(void **state)
{
	(void)state;
	assert_int_equal(REASON_NONE, 0);
	assert_int_equal(REASON_PROTOCOL, 67);
	assert_int_equal(REASON_FULL, 68);
	assert_int_equal(REASON_COMPILER, 69);
	assert_int_equal(REASON_ACCESS, 70);
	assert_int_equal(REASON_RESOURCE, 71);
	assert_int_equal(REASON_KILLED, 72);
	assert_int_equal(REASON_LIFETIME, 73);
	assert_int_equal(REASON_VIEW, 74);
	assert_int_equal(REASON_NEEDS_FILE, 75);
	assert_int_equal(REASON_SHUTDOWN, 76);
	assert_int_equal(REASON_ARGUMENTS, 78);
	assert_int_equal(REASON_INTERNAL, 79);
}

static void
a_number_from_a_later_version_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(reason_word(9999), "unknown");
	assert_string_equal(reason_word(UINT_MAX), "unknown");
	assert_string_not_equal(reason_sentence(9999), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_is_found_by_its_number),
		cmocka_unit_test(numbers_and_words_are_unique),
		cmocka_unit_test(words_fit_one_field_of_a_log_line),
		cmocka_unit_test(numbers_on_the_wire_never_change),
		cmocka_unit_test(a_number_from_a_later_version_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
