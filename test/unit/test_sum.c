/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sum.h"

static uint64_t
sum_of(const void *data, size_t len)
{
	struct sum s;

	sum_init(&s);
	sum_add(&s, data, len);
	return sum_value(&s);
}

/* The values are those that xxHash's specification and its program xxhsum give. */
static void
sums_are_those_of_xxh64(void **state)
{
	(void)state;
	assert_int_equal(sum_of("", 0), 0xef46db3751d8e999);
	assert_int_equal(sum_of("a", 1), 0xd24ec4f1a98c6e5b);
	assert_int_equal(sum_of("abc", 3), 0x44bc2cf5ad770999);
}

static void
pieces_of_any_size_give_the_same_sum(void **state)
{
	unsigned char data[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	uint64_t whole = sum_of(data, sizeof(data));

	for (size_t piece = 1; piece < 70; piece++) {
		struct sum s;

		sum_init(&s);
		for (size_t at = 0; at < sizeof(data); at += piece) {
			size_t left = sizeof(data) - at;

			sum_add(&s, data + at, left < piece ? left : piece);
			/* Asking changes nothing. */
			(void)sum_value(&s);
		}
		assert_int_equal(sum_value(&s), whole);
	}
}

static void
every_changed_bit_changes_the_sum(void **state)
{
	unsigned char data[100] = "some bytes";
	uint64_t whole = sum_of(data, sizeof(data));

	(void)state;
	for (size_t bit = 0; bit < sizeof(data) * 8; bit++) {
		data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_int_not_equal(sum_of(data, sizeof(data)), whole);
		data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_of_xxh64),
		cmocka_unit_test(pieces_of_any_size_give_the_same_sum),
		cmocka_unit_test(every_changed_bit_changes_the_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
