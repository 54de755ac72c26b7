/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "draft.h"
#include "goods.h"

static uint32_t numbers[GOODS_MAX];

static void
without_a_catalogue_all_is_spelled_out_by_path(void **state)
{
	struct goods *f = *state;
	struct parcels *parcels = parcels_new();
	struct stock *stock = stock_new(parcels);
	struct draft d;

	goods_add(f, "c.c", "3");
	goods_add(f, "a.h", "1");
	goods_add(f, "b.h", "2");
	f->list[2].entry.type = MANIFEST_DIRECTORY;
	for (size_t i = 0; i < f->count; i++)
		numbers[i] = stock_find(stock, f->all[i]);
	draft_make(&d, stock, NULL, numbers, f->count);
	assert_int_equal(d.index_count, 0);
	assert_int_equal(d.entry_count, 3);
	assert_string_equal(d.entries[0].path, f->paths[1]);
	assert_string_equal(d.entries[1].path, f->paths[2]);
	assert_string_equal(d.entries[2].path, f->paths[0]);
	assert_int_equal(d.spelled[0], numbers[1]);
	assert_int_equal(d.file_count, 4);
	assert_int_equal(d.files[0], DRAFT_NO_FILE);
	assert_int_equal(d.files[1], stock_item(stock, numbers[1])->parcel);
	assert_int_equal(d.files[2], DRAFT_NO_FILE);
	assert_int_equal(d.files[3], stock_item(stock, numbers[0])->parcel);
	draft_release(&d);
	stock_free(stock);
	parcels_free(parcels);
}

static void
what_the_catalogue_has_is_named_by_rising_number_and_counted_first(void **state)
{
	struct goods *f = *state;
	struct parcels *parcels = parcels_new();
	struct stock *stock = stock_new(parcels);
	uint32_t index_of[] = {STOCK_NO_INDEX, 7, 3};
	struct catalogue c = {.refs = 1, .parcel = 2, .index_of = index_of, .index_count = 3};
	struct draft d;

	goods_add(f, "c.c", "3");
	goods_add(f, "a.h", "1");
	goods_add(f, "b.h", "2");
	goods_add(f, "d.h", "newer than the catalogue");
	for (size_t i = 0; i < f->count; i++)
		numbers[i] = stock_find(stock, f->all[i]);
	draft_make(&d, stock, &c, numbers, f->count);
	assert_int_equal(d.index_count, 2);
	assert_int_equal(d.indexes[0], 3);
	assert_int_equal(d.indexes[1], 7);
	assert_int_equal(d.entry_count, 2);
	assert_string_equal(d.entries[0].path, f->paths[0]);
	assert_string_equal(d.entries[1].path, f->paths[3]);
	assert_int_equal(d.files[0], 2);
	assert_int_equal(d.files[1], stock_item(stock, numbers[2])->parcel);
	assert_int_equal(d.files[2], stock_item(stock, numbers[1])->parcel);
	assert_int_equal(d.files[3], stock_item(stock, numbers[0])->parcel);
	draft_release(&d);
	stock_free(stock);
	parcels_free(parcels);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_catalogue_all_is_spelled_out_by_path, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(
			what_the_catalogue_has_is_named_by_rising_number_and_counted_first, goods_set_up,
			goods_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
