/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "goods.h"
#include "stock.h"

struct shop {
	struct parcels *parcels;
	struct stock *stock;
};

static void
open_shop(struct shop *s)
{
	s->parcels = parcels_new();
	s->stock = stock_new(s->parcels);
}

static void
close_shop(struct shop *s)
{
	stock_free(s->stock);
	parcels_free(s->parcels);
}

/* A job with all pieces, the first of which is its source; without a catalogue all are spelled out. */
static void
use_all(struct shop *s, struct goods *f)
{
	stock_begin_job(s->stock);
	for (size_t i = 0; i < f->count; i++)
		stock_use(s->stock, stock_find(s->stock, f->all[i]), i == 0 ? STOCK_MAIN : STOCK_HEADER);
	for (size_t i = 0; i < f->count; i++)
		stock_spend(s->stock, f->list[i].catalogue_index);
	stock_consider_catalogue(s->stock, 1);
}

static void
each_version_of_a_piece_is_an_item(void **state)
{
	struct goods *f = *state;
	struct shop s;
	size_t a = goods_add(f, "a.h", "1");

	open_shop(&s);
	uint32_t first = stock_find(s.stock, f->all[a]);

	assert_int_equal(stock_find(s.stock, f->all[a]), first);
	goods_renew(f, a, "2");
	uint32_t second = stock_find(s.stock, f->all[a]);

	assert_int_not_equal(first, second);
	assert_int_not_equal(stock_item(s.stock, first)->parcel, stock_item(s.stock, second)->parcel);
	assert_string_equal(stock_item(s.stock, first)->entry.path, f->paths[a]);
	close_shop(&s);
}

static void
what_recurs_goes_into_a_catalogue_once_it_pays(void **state)
{
	struct goods *f = *state;
	struct shop s;

	goods_add(f, "a.c", "source");
	goods_add(f, "a.h", "1");
	goods_add(f, "b.h", "2");
	open_shop(&s);
	use_all(&s, f);
	assert_null(stock_catalogue(s.stock));
	use_all(&s, f);
	struct catalogue *c = stock_catalogue(s.stock);

	assert_non_null(c);
	assert_int_not_equal(catalogue_index(c, f->list[1].catalogue_index), STOCK_NO_INDEX);
	assert_int_not_equal(catalogue_index(c, f->list[2].catalogue_index), STOCK_NO_INDEX);
	close_shop(&s);
}

static void
a_main_source_stays_out_however_often_it_is_compiled(void **state)
{
	struct goods *f = *state;
	struct shop s;

	goods_add(f, "a.c", "source");
	goods_add(f, "a.h", "1");
	open_shop(&s);
	for (int i = 0; i < 5; i++)
		use_all(&s, f);
	assert_int_equal(catalogue_index(stock_catalogue(s.stock), f->list[0].catalogue_index), STOCK_NO_INDEX);
	close_shop(&s);
}

static void
what_is_in_the_catalogue_makes_no_new_one(void **state)
{
	struct goods *f = *state;
	struct shop s;
	struct stock_counts counts;

	goods_add(f, "a.c", "source");
	goods_add(f, "a.h", "1");
	open_shop(&s);
	for (int i = 0; i < 20; i++)
		use_all(&s, f);
	stock_count(s.stock, &counts);
	assert_int_equal(counts.catalogues, 1);
	assert_int_equal(counts.catalogue_entries, 1);
	close_shop(&s);
}

static void
many_hosts_make_a_catalogue_dearer(void **state)
{
	struct goods *f = *state;
	struct shop s;

	goods_add(f, "a.c", "source");
	goods_add(f, "a.h", "1");
	open_shop(&s);
	stock_begin_job(s.stock);
	uint32_t header = stock_find(s.stock, f->all[1]);

	stock_use(s.stock, header, STOCK_HEADER);
	stock_use(s.stock, header, STOCK_HEADER);
	for (int i = 0; i < 3; i++) {
		stock_spend(s.stock, header);
		stock_consider_catalogue(s.stock, 4);
		assert_null(stock_catalogue(s.stock));
	}
	stock_spend(s.stock, header);
	stock_consider_catalogue(s.stock, 4);
	assert_non_null(stock_catalogue(s.stock));
	close_shop(&s);
}

static void
a_changed_header_gets_into_a_later_catalogue_and_the_old_one_lives_while_used(void **state)
{
	struct goods *f = *state;
	struct shop s;

	goods_add(f, "a.c", "source");
	goods_add(f, "a.h", "1");
	open_shop(&s);
	use_all(&s, f);
	use_all(&s, f);
	struct catalogue *old = catalogue_ref(stock_catalogue(s.stock));
	uint32_t was = f->list[1].catalogue_index;

	goods_renew(f, 1, "2");
	for (int i = 0; i < 4; i++)
		use_all(&s, f);
	struct catalogue *new = stock_catalogue(s.stock);

	assert_ptr_not_equal(old, new);
	assert_int_not_equal(catalogue_index(new, f->list[1].catalogue_index), STOCK_NO_INDEX);
	assert_int_equal(catalogue_index(old, f->list[1].catalogue_index), STOCK_NO_INDEX);
	assert_int_not_equal(catalogue_index(old, was), STOCK_NO_INDEX);
	catalogue_unref(s.stock, old);
	close_shop(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_version_of_a_piece_is_an_item, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(what_recurs_goes_into_a_catalogue_once_it_pays, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(a_main_source_stays_out_however_often_it_is_compiled,
		                                goods_set_up, goods_tear_down),
		cmocka_unit_test_setup_teardown(what_is_in_the_catalogue_makes_no_new_one, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(many_hosts_make_a_catalogue_dearer, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(
			a_changed_header_gets_into_a_later_catalogue_and_the_old_one_lives_while_used,
			goods_set_up, goods_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
