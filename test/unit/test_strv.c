/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "strv.h"
#include "xalloc.h"

static void
the_list_is_always_ended_by_null(void **state)
{
	struct strv v = {0};

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		strv_take(&v, xasprintf("%zu", i));
		assert_int_equal(v.count, i + 1);
		assert_true(v.count < v.cap);
		assert_null(v.items[v.count]);
	}
	for (size_t i = 0; i < 100; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%zu", i);
		assert_string_equal(v.items[i], text);
	}
	strv_release(&v);
	assert_null(v.items);
	assert_int_equal(v.count, 0);
	strv_release(&v);
}

static void
add_copies(void **state)
{
	struct strv v = {0};
	char text[] = "text";

	(void)state;
	strv_add(&v, text);
	text[0] = 'n';
	assert_string_equal(v.items[0], "text");
	assert_ptr_not_equal(v.items[0], text);
	strv_release(&v);
}

static void
add_all_copies_a_list(void **state)
{
	struct strv from = {0}, to = {0};

	(void)state;
	strv_add(&from, "a");
	strv_add(&from, "b");
	strv_add(&to, "first");
	strv_add_all(&to, from.items);
	strv_release(&from);
	assert_int_equal(to.count, 3);
	assert_string_equal(to.items[1], "a");
	assert_string_equal(to.items[2], "b");
	assert_null(to.items[3]);
	char *none[] = {NULL};

	strv_add_all(&to, none);
	assert_int_equal(to.count, 3);
	strv_release(&to);
}

static void
set_replaces_one_item(void **state)
{
	struct strv v = {0};

	(void)state;
	strv_add(&v, "a");
	strv_add(&v, "b");
	strv_set(&v, 0, "x");
	assert_string_equal(v.items[0], "x");
	assert_string_equal(v.items[1], "b");
	strv_set(&v, 1, v.items[1]);
	assert_string_equal(v.items[1], "b");
	strv_release(&v);
}

static void
remove_closes_the_gap(void **state)
{
	struct strv v = {0};

	(void)state;
	strv_add(&v, "a");
	strv_add(&v, "b");
	strv_add(&v, "c");
	strv_remove(&v, 1);
	assert_int_equal(v.count, 2);
	assert_string_equal(v.items[0], "a");
	assert_string_equal(v.items[1], "c");
	assert_null(v.items[2]);
	strv_remove(&v, 1);
	strv_remove(&v, 0);
	assert_int_equal(v.count, 0);
	assert_null(v.items[0]);
	strv_add(&v, "again");
	assert_string_equal(v.items[0], "again");
	strv_release(&v);
}

static void
has_compares_whole_strings(void **state)
{
	struct strv v = {0};

	(void)state;
	assert_false(strv_has(&v, ""));
	strv_add(&v, "-c");
	strv_add(&v, "");
	assert_true(strv_has(&v, "-c"));
	assert_true(strv_has(&v, ""));
	assert_false(strv_has(&v, "-"));
	assert_false(strv_has(&v, "-cc"));
	strv_release(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_always_ended_by_null),
		cmocka_unit_test(add_copies),
		cmocka_unit_test(add_all_copies_a_list),
		cmocka_unit_test(set_replaces_one_item),
		cmocka_unit_test(remove_closes_the_gap),
		cmocka_unit_test(has_compares_whole_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
