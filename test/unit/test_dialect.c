/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialect.h"
#include "xalloc.h"

static void
add(struct dialect *d, const char *question, int64_t value)
{
	dialect_add(d, question, &(struct interview_answer){.value = value, .is_known = true});
}

static void
answers_are_found_by_their_question(void **state)
{
	struct dialect d = {0};
	int64_t value = 0;

	(void)state;
	assert_int_equal(dialect_find(&d, "a", &value), ERR_MISSING);
	add(&d, "a", 201907);
	dialect_add(&d, "b", &(struct interview_answer){.is_known = false});
	assert_int_equal(dialect_find(&d, "a", &value), OK);
	assert_int_equal(value, 201907);
	assert_int_equal(dialect_find(&d, "b", &value), ERR_DENIED);
	assert_int_equal(dialect_find(&d, "c", &value), ERR_MISSING);
	dialect_release(&d);
}

static void
text_brings_everything_back(void **state)
{
	struct dialect d = {.mode = 5}, again = {0};
	struct buffer b = {0};
	int64_t value = 0;

	(void)state;
	d.predefines = xstrdup("#define A 1\n#define macros\n");
	add(&d, "q (x) y", -3);
	dialect_add(&d, "none", &(struct interview_answer){.is_known = false});
	dialect_format(&d, &b);
	char *text = buffer_take_string(&b);

	assert_int_equal(dialect_parse(text, &again), OK);
	assert_int_equal(again.mode, 5);
	assert_string_equal(again.predefines, d.predefines);
	assert_int_equal(dialect_find(&again, "q (x) y", &value), OK);
	assert_int_equal(value, -3);
	assert_int_equal(dialect_find(&again, "none", &value), ERR_DENIED);
	free(text);
	dialect_release(&again);
	dialect_release(&d);
}

static void
damaged_text_is_refused(void **state)
{
	static const char *const bad[] = {"",  "mode 1\n", "answer x y\nmacros\n", "answer 1\nmacros\n", "none \nmacros\n",
	                                  "other\nmacros\n", "answer 1 a\nanswer 2 a\nmacros\n", "macros"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dialect d = {0};
		char *text = xstrdup(bad[i]);

		assert_int_equal(dialect_parse(text, &d), ERR_PROTOCOL);
		dialect_release(&d);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_found_by_their_question),
		cmocka_unit_test(text_brings_everything_back),
		cmocka_unit_test(damaged_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
