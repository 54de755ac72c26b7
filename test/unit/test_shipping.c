/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "compress.h"
#include "goods.h"
#include "shipping.h"
#include "wire.h"

static const struct parcels_alive nobody = {NULL, NULL};
static const unsigned char secret[MANIFEST_CLIENT_SIZE] = "a client's name";
static const struct shipment_expectation expected = {{1}, {2}};

/* What a volunteer got with one job. */
struct delivery {
	struct buffer raw;         /* that manifest borrows from */
	struct manifest manifest;
	size_t blobs;              /* but for the catalogue */
};

static enum err
collect(void *context, const void *data, size_t len)
{
	buffer_add(context, data, len);
	return OK;
}

static bool
is_catalogue(const struct manifest *m, const unsigned char *body, size_t len)
{
	unsigned char digest[HASH_SIZE];
	struct wire_file file;

	assert_int_equal(wire_get_file(body, len, &file), OK);
	assert_int_equal(file.role, WIRE_ROLE_BLOB);
	assert_int_equal(hash_parse(file.path, digest), OK);
	wire_file_release(&file);
	return m->has_catalogue && memcmp(digest, m->catalogue, HASH_SIZE) == 0;
}

static void
open_delivery(struct buffer *out, struct delivery *d)
{
	struct decompressor *z = decompressor_new();
	enum wire_type type;

	*d = (struct delivery){0};
	for (size_t at = 0, len; at < out->len; at += WIRE_HEADER_SIZE + len) {
		assert_int_equal(wire_get_header(out->data + at, WIRE_CLIENT, &type, &len), OK);
		const unsigned char *body = out->data + at + WIRE_HEADER_SIZE;

		if (type == WIRE_FILE && !is_catalogue(&d->manifest, body, len))
			d->blobs++;
		if (type != WIRE_MANIFEST)
			continue;
		assert_int_equal(decompressor_add(z, body, len, collect, &d->raw), OK);
		assert_int_equal(manifest_get(d->raw.data, d->raw.len, &d->manifest), OK);
	}
	decompressor_free(z);
	buffer_release(out);
}

static void
close_delivery(struct delivery *d)
{
	manifest_release(&d->manifest);
	buffer_release(&d->raw);
}

static struct shipment *
order(struct shipping *s, const char *host, struct goods *f)
{
	struct closure_result r = {
		.pieces = f->all, .piece_count = f->count, .source = f->all[0]};
	struct shipment *m = NULL;

	assert_int_equal(shipment_new(s, host, &r, &expected, &m), OK);
	return m;
}

static void
start(struct shipment *m, struct delivery *d)
{
	struct buffer out = {0};

	assert_int_equal(shipment_start(m, 0, &nobody, &out), OK);
	open_delivery(&out, d);
}

/* The whole life of a job; the number of blobs that went along. */
static size_t
ship(struct shipping *s, const char *host, struct goods *f)
{
	struct shipment *m = order(s, host, f);
	struct delivery d;

	start(m, &d);
	close_delivery(&d);
	shipment_delivered(m);
	shipment_free(m);
	return d.blobs;
}

static void
add_three(struct goods *f)
{
	goods_add(f, "main.c", "main");
	goods_add(f, "a.h", "a");
	goods_add(f, "b.h", "b");
}

static void
a_host_never_met_gets_the_manifest_and_the_source_alone(void **state)
{
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct delivery d;

	add_three(f);
	struct shipment *m = order(s, "red", f);

	start(m, &d);
	assert_memory_equal(d.manifest.client, secret, MANIFEST_CLIENT_SIZE);
	assert_memory_equal(d.manifest.expected, expected.all, MANIFEST_DIGEST_SIZE);
	assert_memory_equal(d.manifest.expected_user, expected.user, MANIFEST_DIGEST_SIZE);
	assert_int_equal(d.manifest.entry_count, 3);
	assert_int_equal(d.blobs, 1);
	close_delivery(&d);
	shipment_free(m);
	shipping_free(s);
}

static void
a_host_gets_each_file_once(void **state)
{
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);

	add_three(f);
	ship(s, "red", f);
	assert_int_equal(ship(s, "red", f), 0);
	goods_add(f, "c.h", "c");
	assert_int_equal(ship(s, "red", f), 1);
	assert_int_equal(ship(s, "red", f), 0);
	goods_renew(f, 1, "another a");
	assert_int_equal(ship(s, "red", f), 1);
	shipping_free(s);
}

static void
what_the_volunteer_wants_follows_and_the_rest_is_believed_to_be_there(void **state)
{
	static const uint32_t numbers[] = {1, 2};
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct delivery d;
	struct buffer out = {0};

	/* By path: a.h, b.h, main.c. */
	add_three(f);
	struct shipment *m = order(s, "red", f);

	start(m, &d);
	close_delivery(&d);
	assert_false(shipment_has_more(m));
	assert_int_equal(shipment_want(m, numbers, 2), OK);
	while (shipment_has_more(m))
		assert_int_equal(shipment_next(m, &nobody, &out), OK);
	open_delivery(&out, &d);
	assert_int_equal(d.blobs, 2);
	close_delivery(&d);
	shipment_free(m);
	/* It was not delivered: only what was not wanted is there. */
	m = order(s, "red", f);
	start(m, &d);
	assert_int_equal(d.blobs, 0);
	close_delivery(&d);
	shipment_free(m);
	shipping_free(s);
}

static void
numbers_that_name_no_file_break_the_protocol(void **state)
{
	static const uint32_t none[] = {0}, beyond[] = {4}, falling[] = {2, 1}, folder[] = {1};
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct delivery d;

	add_three(f);
	f->list[1].entry.type = MANIFEST_DIRECTORY;
	struct shipment *m = order(s, "red", f);

	assert_int_equal(shipment_want(m, falling + 1, 1), ERR_PROTOCOL);
	start(m, &d);
	close_delivery(&d);
	assert_int_equal(shipment_want(m, none, 1), ERR_PROTOCOL);
	assert_int_equal(shipment_want(m, beyond, 1), ERR_PROTOCOL);
	assert_int_equal(shipment_want(m, falling, 2), ERR_PROTOCOL);
	assert_int_equal(shipment_want(m, folder, 1), ERR_PROTOCOL);
	assert_int_equal(shipment_want(m, folder, 0), ERR_PROTOCOL);
	shipment_free(m);
	shipping_free(s);
}

static void
a_second_job_waits_for_what_the_first_brings(void **state)
{
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct delivery d;

	add_three(f);
	struct shipment *first = order(s, "red", f), *second = order(s, "red", f);
	struct shipment *elsewhere = order(s, "blue", f);

	assert_false(shipment_must_wait(first, 0));
	start(first, &d);
	close_delivery(&d);
	assert_true(shipment_must_wait(second, 0));
	assert_false(shipment_must_wait(elsewhere, 0));
	shipment_delivered(first);
	assert_false(shipment_must_wait(second, 0));
	start(second, &d);
	assert_int_equal(d.blobs, 0);
	close_delivery(&d);
	shipment_free(first);
	shipment_free(second);
	shipment_free(elsewhere);
	shipping_free(s);
}

static void
a_job_that_dies_or_dawdles_hands_over(void **state)
{
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct delivery d;

	add_three(f);
	struct shipment *first = order(s, "red", f), *second = order(s, "red", f), *third = order(s, "red", f);

	start(first, &d);
	close_delivery(&d);
	assert_true(shipment_must_wait(second, 0));
	shipment_free(first);
	assert_false(shipment_must_wait(second, 0));
	start(second, &d);
	assert_int_equal(d.blobs, 1);
	close_delivery(&d);
	assert_true(shipment_must_wait(third, 9999));
	assert_false(shipment_must_wait(third, 10001));
	shipment_free(second);
	shipment_free(third);
	shipping_free(s);
}

static void
a_file_that_changed_since_the_scan_stops_the_start(void **state)
{
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct buffer out = {0};

	add_three(f);
	struct shipment *m = order(s, "red", f);

	goods_write(f, 0, "edited");
	assert_int_equal(shipment_start(m, 0, &nobody, &out), ERR_MISSING);
	assert_int_equal(out.len, 0);
	shipment_free(m);
	buffer_release(&out);
	shipping_free(s);
}

static void
entries_that_recur_move_to_the_catalogue_and_the_host_gets_it_once(void **state)
{
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct delivery d;

	add_three(f);
	for (int i = 0; i < 3; i++)
		ship(s, "red", f);
	struct shipment *m = order(s, "red", f);

	start(m, &d);
	assert_true(d.manifest.has_catalogue);
	assert_int_equal(d.manifest.index_count, 2);
	assert_int_equal(d.manifest.entry_count, 1);
	assert_string_equal(d.manifest.entries[0].path, f->paths[0]);
	close_delivery(&d);
	shipment_delivered(m);
	shipment_free(m);
	assert_int_equal(ship(s, "red", f), 0);
	shipping_free(s);
}

static void
while_a_new_catalogue_is_under_way_others_use_what_they_have(void **state)
{
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct delivery d;
	struct shipment *bringer = NULL;

	add_three(f);
	/* The first job that refers to a catalogue brings it. */
	for (int i = 0; i < 5 && bringer == NULL; i++) {
		struct shipment *m = order(s, "red", f);

		start(m, &d);
		if (d.manifest.has_catalogue) {
			bringer = m;
		} else {
			shipment_delivered(m);
			shipment_free(m);
		}
		close_delivery(&d);
	}
	assert_non_null(bringer);
	struct shipment *other = order(s, "red", f);

	assert_false(shipment_must_wait(other, 0));
	start(other, &d);
	assert_false(d.manifest.has_catalogue);
	close_delivery(&d);
	shipment_free(other);
	shipment_free(bringer);
	shipping_free(s);
}

static void
too_large_a_file_does_not_travel(void **state)
{
	struct goods *f = *state;
	struct shipping *s = shipping_new(secret);
	struct shipment *m = NULL;

	add_three(f);
	struct closure_result r = {.pieces = f->all, .piece_count = f->count, .source = f->all[0]};

	f->list[1].entry.size = PARCELS_FILE_MAX + 1;
	assert_int_equal(shipment_new(s, "red", &r, &expected, &m), ERR_LIMIT);
	shipping_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_host_never_met_gets_the_manifest_and_the_source_alone,
		                                goods_set_up, goods_tear_down),
		cmocka_unit_test_setup_teardown(a_host_gets_each_file_once, goods_set_up, goods_tear_down),
		cmocka_unit_test_setup_teardown(
			what_the_volunteer_wants_follows_and_the_rest_is_believed_to_be_there, goods_set_up,
			goods_tear_down),
		cmocka_unit_test_setup_teardown(numbers_that_name_no_file_break_the_protocol, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(a_second_job_waits_for_what_the_first_brings, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(a_job_that_dies_or_dawdles_hands_over, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_changed_since_the_scan_stops_the_start, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(entries_that_recur_move_to_the_catalogue_and_the_host_gets_it_once,
		                                goods_set_up, goods_tear_down),
		cmocka_unit_test_setup_teardown(while_a_new_catalogue_is_under_way_others_use_what_they_have,
		                                goods_set_up, goods_tear_down),
		cmocka_unit_test_setup_teardown(too_large_a_file_does_not_travel, goods_set_up, goods_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
