/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytescan.h"

#define SIZE 100

/* All dots but for the bytes at each of some places, at an odd address, with padding. */
struct text {
	char bytes[SIZE + 1 + BYTESCAN_PADDING + 1];
};

static char *
fill(struct text *t)
{
	memset(t->bytes, '\0', sizeof(t->bytes));
	memset(t->bytes, '.', SIZE + 1);
	return t->bytes + 1;
}

static void
each_search_finds_each_byte_at_each_place(void **state)
{
	struct text t;
	char *p = fill(&t);

	(void)state;
	for (int i = 0; i < SIZE; i++) {
		for (const char *c = "#\"'/%"; *c != '\0'; c++) {
			p[i] = *c;
			assert_ptr_equal(bytescan_special(p, '%'), p + i);
		}
		for (const char *c = "\n\"'/\\"; *c != '\0'; c++) {
			p[i] = *c;
			assert_ptr_equal(bytescan_line(p), p + i);
		}
		p[i] = '\n';
		assert_ptr_equal(bytescan_newline(p), p + i);
		p[i] = '.';
	}
}

static void
each_search_stops_at_the_nul(void **state)
{
	struct text t;
	char *p = fill(&t);

	(void)state;
	for (int i = SIZE; i >= 0; i--) {
		p[i] = '\0';
		assert_ptr_equal(bytescan_special(p, '#'), p + i);
		assert_ptr_equal(bytescan_line(p), p + i);
		assert_ptr_equal(bytescan_newline(p), p + i);
		assert_ptr_equal(bytescan_pair(p, '*', '/'), p + i);
	}
}

static void
a_pair_is_two_bytes_in_order(void **state)
{
	struct text t;
	char *p = fill(&t);

	(void)state;
	p[3] = '*';
	p[5] = '/';
	p[40] = '/';
	p[41] = '*';
	p[63] = '*';
	p[64] = '/';
	assert_ptr_equal(bytescan_pair(p, '*', '/'), p + 63);
}

static void
newlines_are_counted_in_any_range(void **state)
{
	struct text t;
	char *p = fill(&t);

	(void)state;
	for (int i = 0; i < SIZE; i += 3)
		p[i] = '\n';
	for (int from = 0; from < SIZE; from++) {
		for (int to = from; to < SIZE; to++) {
			size_t count = 0;

			for (int i = from; i < to; i++)
				count += p[i] == '\n';
			assert_int_equal(bytescan_count_newlines(p + from, p + to), count);
		}
	}
}

static void
the_survey_tells_what_needs_a_closer_look(void **state)
{
	static const struct {
		const char *text;
		unsigned bit;
	} rows[] = {
		{"\\", BYTESCAN_BACKSLASH},
		{"\r", BYTESCAN_RETURN},
		{"R\"", BYTESCAN_RAW_STRING},
		{"?\?=", BYTESCAN_TRIGRAPH},
		{"%:", BYTESCAN_DIGRAPH},
		{"_Pragma", BYTESCAN_PRAGMA},
		{".incbin", BYTESCAN_ASSEMBLER},
		{"_PUSH_", BYTESCAN_PUSH_POP},
		{"_POP_", BYTESCAN_PUSH_POP},
		{"push_macro", BYTESCAN_MACRO},
		{"GCC", BYTESCAN_GCC},
		{"import", BYTESCAN_IMPORT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int at = 0; at < 40; at++) {
			struct text t;
			char *p = fill(&t);

			memcpy(p + at, rows[i].text, strlen(rows[i].text));
			assert_true((bytescan_survey(p, p + SIZE) & rows[i].bit) != 0);
		}
	}
	struct text t;
	char *p = fill(&t);

	assert_int_equal(bytescan_survey(p, p + SIZE), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_search_finds_each_byte_at_each_place),
		cmocka_unit_test(each_search_stops_at_the_nul),
		cmocka_unit_test(a_pair_is_two_bytes_in_order),
		cmocka_unit_test(newlines_are_counted_in_any_range),
		cmocka_unit_test(the_survey_tells_what_needs_a_closer_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
