/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "compress.h"
#include "parcels.h"
#include "goods.h"
#include "wire.h"

static const struct parcels_alive nobody = {NULL, NULL};

static uint32_t
find(struct parcels *p, const struct goods *f, size_t i)
{
	const struct manifest_entry *e = &f->list[i].entry;

	return parcels_find(p, e->digest, e->path, e->size);
}

static enum err
collect(void *context, const void *data, size_t len)
{
	buffer_add(context, data, len);
	return OK;
}

/* Reads File, Data..., End; the text is yours. */
static char *
open_frames(const struct buffer *b, char hex[HASH_HEX_SIZE])
{
	struct decompressor *d = decompressor_new();
	struct buffer text = {0};
	struct wire_file file;
	struct wire_end end = {.size = UINT64_MAX};
	enum wire_type type = WIRE_FILE;

	for (size_t at = 0, len; at < b->len; at += WIRE_HEADER_SIZE + len) {
		const unsigned char *body = b->data + at + WIRE_HEADER_SIZE;

		assert_int_equal(wire_get_header(b->data + at, WIRE_CLIENT, &type, &len), OK);
		if (type == WIRE_FILE) {
			assert_int_equal(wire_get_file(body, len, &file), OK);
			assert_int_equal(file.role, WIRE_ROLE_BLOB);
			snprintf(hex, HASH_HEX_SIZE, "%s", file.path);
			wire_file_release(&file);
		} else if (type == WIRE_DATA) {
			assert_int_equal(decompressor_add(d, body, len, collect, &text), OK);
		} else {
			assert_int_equal(wire_get_end(body, len, &end), OK);
		}
	}
	assert_int_equal(type, WIRE_END);
	assert_true(decompressor_has_ended(d));
	assert_true(end.size == text.len);
	decompressor_free(d);
	return buffer_take_string(&text);
}

static void
equal_bytes_are_one_blob(void **state)
{
	struct goods *f = *state;
	struct parcels *p = parcels_new();
	size_t a = goods_add(f, "a.h", "same"), b = goods_add(f, "b.h", "same"), c = goods_add(f, "c.h", "");

	assert_int_equal(find(p, f, a), 0);
	assert_int_equal(find(p, f, b), 0);
	assert_int_equal(find(p, f, c), 1);
	assert_int_equal(parcels_count(p), 2);
	assert_memory_equal(parcels_digest(p, 0), f->list[a].entry.digest, HASH_SIZE);
	parcels_free(p);
}

static void
a_blob_travels_under_its_digest(void **state)
{
	struct goods *f = *state;
	struct parcels *p = parcels_new();
	struct buffer out = {0};
	char hex[HASH_HEX_SIZE], wanted[HASH_HEX_SIZE];
	size_t a = goods_add(f, "a.h", "int a;\n");

	assert_int_equal(parcels_put(p, find(p, f, a), PARCELS_PASS, &nobody, &out), OK);
	char *text = open_frames(&out, hex);

	assert_string_equal(text, "int a;\n");
	hash_format(f->list[a].entry.digest, wanted);
	assert_string_equal(hex, wanted);
	free(text);
	buffer_release(&out);
	parcels_free(p);
}

static void
an_empty_file_travels_too(void **state)
{
	struct goods *f = *state;
	struct parcels *p = parcels_new();
	struct buffer out = {0};
	char hex[HASH_HEX_SIZE];

	assert_int_equal(parcels_put(p, find(p, f, goods_add(f, "a.h", "")), PARCELS_PASS, &nobody, &out), OK);
	char *text = open_frames(&out, hex);

	assert_string_equal(text, "");
	free(text);
	buffer_release(&out);
	parcels_free(p);
}

static void
a_file_that_changed_does_not_travel(void **state)
{
	struct goods *f = *state;
	struct parcels *p = parcels_new();
	struct buffer out = {0};
	size_t a = goods_add(f, "a.h", "old");
	uint32_t number = find(p, f, a);

	goods_write(f, a, "new");
	assert_int_equal(parcels_put(p, number, PARCELS_CACHE, &nobody, &out), ERR_MISSING);
	unlink(f->paths[a]);
	assert_int_equal(parcels_put(p, number, PARCELS_CACHE, &nobody, &out), ERR_MISSING);
	assert_int_equal(out.len, 0);
	parcels_free(p);
	goods_write(f, a, "");
}

static void
what_was_compressed_is_kept_for_the_next_host(void **state)
{
	struct goods *f = *state;
	struct parcels *p = parcels_new();
	struct buffer first = {0}, second = {0};
	size_t a = goods_add(f, "a.h", "old");
	uint32_t number = find(p, f, a);

	assert_int_equal(parcels_put(p, number, PARCELS_CACHE, &nobody, &first), OK);
	goods_write(f, a, "new");
	assert_int_equal(parcels_put(p, number, PARCELS_CACHE, &nobody, &second), OK);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	buffer_release(&first);
	buffer_release(&second);
	parcels_free(p);
}

/* Each is too random to be compressed: about a quarter of what is kept. */
static void
write_noise(struct goods *f, size_t i, struct parcels *p, uint32_t *number)
{
	size_t size = (size_t)5 << 20;
	char *text = xmalloc(size + 1);
	uint32_t x = (uint32_t)i + 1;

	for (size_t k = 0; k < size; k++) {
		x = x * 1664525u + 1013904223u;
		text[k] = (char)(1 + (x >> 24) % 255);
	}
	text[size] = '\0';
	goods_renew(f, i, text);
	*number = find(p, f, i);
	free(text);
}

static void
what_is_kept_has_a_bound_and_the_oldest_goes(void **state)
{
	struct goods *f = *state;
	struct parcels *p = parcels_new();
	struct buffer out = {0};
	uint32_t numbers[8];

	for (size_t i = 0; i < 8; i++) {
		char name[8];

		snprintf(name, sizeof(name), "%zu.h", i);
		write_noise(f, goods_add(f, name, ""), p, &numbers[i]);
		assert_int_equal(parcels_put(p, numbers[i], PARCELS_CACHE, &nobody, &out), OK);
		buffer_clear(&out);
		goods_write(f, i, "gone");
	}
	assert_true(parcels_memory(p) < (size_t)30 << 20);
	assert_int_equal(parcels_put(p, numbers[7], PARCELS_CACHE, &nobody, &out), OK);
	assert_int_equal(parcels_put(p, numbers[0], PARCELS_CACHE, &nobody, &out), ERR_MISSING);
	buffer_release(&out);
	parcels_free(p);
}

static void
a_blob_of_our_own_lives_as_long_as_somebody_keeps_it(void **state)
{
	struct parcels *p = parcels_new();
	struct buffer bytes = {0}, again = {0}, out = {0};
	char hex[HASH_HEX_SIZE];

	(void)state;
	buffer_add_string(&bytes, "catalogue");
	buffer_add_string(&again, "catalogue");
	uint32_t number = parcels_keep(p, &bytes);

	assert_int_equal(parcels_keep(p, &again), number);
	assert_int_equal(parcels_size(p, number), 9);
	parcels_forget(p, number);
	assert_int_equal(parcels_put(p, number, PARCELS_PASS, &nobody, &out), OK);
	char *text = open_frames(&out, hex);

	assert_string_equal(text, "catalogue");
	parcels_forget(p, number);
	assert_int_equal(parcels_put(p, number, PARCELS_PASS, &nobody, &out), ERR_MISSING);
	free(text);
	buffer_release(&out);
	parcels_free(p);
}

static void
note_life(void *context)
{
	++*(int *)context;
}

static void
many_blobs_are_found_again_and_large_ones_give_signs_of_life(void **state)
{
	struct goods *f = *state;
	struct parcels *p = parcels_new();
	struct buffer out = {0};
	unsigned char digest[HASH_SIZE] = {0};
	uint32_t number;
	int lives = 0;

	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(digest, &i, sizeof(i));
		assert_int_equal(parcels_find(p, digest, "/x", 1), i);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(digest, &i, sizeof(i));
		assert_int_equal(parcels_find(p, digest, "/x", 1), i);
	}
	write_noise(f, goods_add(f, "a.h", ""), p, &number);
	assert_int_equal(parcels_put(p, number, PARCELS_PASS, &(struct parcels_alive){note_life, &lives}, &out),
	                 OK);
	assert_int_equal(lives, 4);
	buffer_release(&out);
	parcels_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(equal_bytes_are_one_blob, goods_set_up, goods_tear_down),
		cmocka_unit_test_setup_teardown(a_blob_travels_under_its_digest, goods_set_up, goods_tear_down),
		cmocka_unit_test_setup_teardown(an_empty_file_travels_too, goods_set_up, goods_tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_changed_does_not_travel, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(what_was_compressed_is_kept_for_the_next_host, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test_setup_teardown(what_is_kept_has_a_bound_and_the_oldest_goes, goods_set_up,
		                                goods_tear_down),
		cmocka_unit_test(a_blob_of_our_own_lives_as_long_as_somebody_keeps_it),
		cmocka_unit_test_setup_teardown(many_blobs_are_found_again_and_large_ones_give_signs_of_life,
		                                goods_set_up, goods_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
