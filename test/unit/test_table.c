/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "table.h"

#define MANY 1000

static bool
is_equal(const void *item, const void *key)
{
	return *(const unsigned *)item == *(const unsigned *)key;
}

/* Few different values, so that chains are long and cross each other. */
static uint64_t
poor_hash(unsigned n)
{
	return n % 7 * UINT64_C(0x100000001);
}

static void
what_is_added_is_found_until_it_is_removed(void **state)
{
	static unsigned numbers[MANY];
	struct table t = {0};

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		numbers[i] = i;
		assert_null(table_find(&t, poor_hash(i), is_equal, &i));
		table_add(&t, poor_hash(i), &numbers[i]);
	}
	for (unsigned i = 0; i < MANY; i += 3)
		table_remove(&t, poor_hash(i), &numbers[i]);
	for (unsigned i = 0; i < MANY; i++)
		assert_ptr_equal(table_find(&t, poor_hash(i), is_equal, &i), i % 3 != 0 ? &numbers[i] : NULL);
	assert_int_equal(t.count, MANY - (MANY + 2) / 3);
	table_release(&t);
}

static void
removing_what_is_not_there_changes_nothing(void **state)
{
	unsigned one = 1, two = 2;
	struct table t = {0};

	(void)state;
	table_remove(&t, 5, &one);
	table_add(&t, 5, &one);
	table_remove(&t, 5, &two);
	assert_int_equal(t.count, 1);
	assert_ptr_equal(table_find(&t, 5, is_equal, &one), &one);
	table_release(&t);
	table_release(&t);
}

static void
a_walk_sees_each_item_once(void **state)
{
	static unsigned numbers[MANY];
	struct table t = {0};
	unsigned *n, sum = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		numbers[i] = i;
		table_add(&t, table_hash(&i, sizeof(i), 0), &numbers[i]);
	}
	for (size_t i = 0; (n = table_next(&t, &i)) != NULL;)
		sum += *n;
	assert_int_equal(sum, MANY * (MANY - 1) / 2);
	table_release(&t);
}

static void
hashes_differ_by_every_byte_length_and_seed(void **state)
{
	static const char text[] = "include/linux/kernel.h";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char changed[sizeof(text)];

		for (size_t i = 0; i < sizeof(text); i++)
			changed[i] = (char)(i == n ? text[i] ^ 1 : text[i]);
		assert_true(table_hash(text, sizeof(text), 0) != table_hash(changed, sizeof(text), 0));
		assert_true(table_hash(text, n, 0) != table_hash(text, sizeof(text), 0));
	}
	assert_true(table_hash(text, sizeof(text), 0) != table_hash(text, sizeof(text), 1));
	assert_true(table_hash(text, sizeof(text), 3) == table_hash(text, sizeof(text), 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_found_until_it_is_removed),
		cmocka_unit_test(removing_what_is_not_there_changes_nothing),
		cmocka_unit_test(a_walk_sees_each_item_once),
		cmocka_unit_test(hashes_differ_by_every_byte_length_and_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
