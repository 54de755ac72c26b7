/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>
#include <zstd.h>

#include "compress.h"

#define PIECE ((size_t)64 << 10)

/* Bytes that compress a little, as text does. */
static void
fill(struct buffer *b, size_t len)
{
	uint32_t seed = 12345;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245U + 12345U;
		buffer_add(b, &"the quick brown fox\n"[(seed >> 16) % 20], 1);
	}
}

static void
pack(const struct buffer *plain, struct buffer *packed)
{
	struct compressor *c = compressor_new();

	compressor_add(c, plain->data, plain->len, COMPRESS_FINISH, packed);
	compressor_free(c);
}

static enum err
collect(void *context, const void *data, size_t len)
{
	assert_in_range(len, 1, COMPRESS_PIECE);
	buffer_add(context, data, len);
	return OK;
}

/* Unpacks with at most step bytes of input at a time; ERR_CLOSED: the frame's end did not come. */
static enum err
unpack(struct decompressor *d, const struct buffer *packed, size_t step, struct buffer *plain)
{
	for (size_t at = 0; at < packed->len;) {
		size_t n = packed->len - at < step ? packed->len - at : step;
		enum err e = decompressor_add(d, packed->data + at, n, collect, plain);

		if (e != OK)
			return e;
		at += n;
	}
	return decompressor_has_ended(d) ? OK : ERR_CLOSED;
}

static void
round_trip(size_t len, size_t step)
{
	struct buffer plain = {0}, packed = {0}, again = {0};
	struct decompressor *d = decompressor_new();

	fill(&plain, len);
	pack(&plain, &packed);
	assert_int_equal(unpack(d, &packed, step, &again), OK);
	assert_int_equal(again.len, len);
	if (len != 0)
		assert_memory_equal(again.data, plain.data, len);
	decompressor_free(d);
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&again);
}

static void
a_text_survives_in_pieces_of_any_size(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 1000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 700001};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		round_trip(sizes[i], SIZE_MAX);
		round_trip(sizes[i], 1);
		round_trip(sizes[i], 997);
	}
}

static void
a_byte_behind_the_end_is_refused(void **state)
{
	struct buffer plain = {0}, packed = {0}, out = {0};
	struct decompressor *d = decompressor_new();

	(void)state;
	fill(&plain, PIECE);
	pack(&plain, &packed);
	assert_int_equal(unpack(d, &packed, SIZE_MAX, &out), OK);
	assert_int_equal(decompressor_add(d, "", 0, collect, &out), OK);
	assert_true(decompressor_has_ended(d));
	assert_int_equal(decompressor_add(d, packed.data, 1, collect, &out), ERR_PROTOCOL);
	assert_int_equal(out.len, PIECE);
	decompressor_free(d);
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&out);
}

static void
nothing_has_ended_before_the_first_byte(void **state)
{
	struct decompressor *d = decompressor_new();
	struct buffer out = {0};

	(void)state;
	assert_int_equal(decompressor_add(d, "", 0, collect, &out), OK);
	assert_false(decompressor_has_ended(d));
	decompressor_free(d);
	buffer_release(&out);
}

static enum err
refuse(void *context, const void *data, size_t len)
{
	size_t *calls = context;

	(void)data;
	(void)len;
	++*calls;
	return ERR_LIMIT;
}

static void
a_sink_that_refuses_ends_it(void **state)
{
	struct buffer plain = {0}, packed = {0};
	struct decompressor *d = decompressor_new();
	size_t calls = 0;

	(void)state;
	fill(&plain, 3 * PIECE);
	pack(&plain, &packed);
	assert_int_equal(decompressor_add(d, packed.data, packed.len, refuse, &calls), ERR_LIMIT);
	assert_int_equal(calls, 1);
	decompressor_free(d);
	buffer_release(&plain);
	buffer_release(&packed);
}

static void
every_truncated_frame_is_not_ended(void **state)
{
	struct buffer plain = {0}, packed = {0};

	(void)state;
	fill(&plain, 300);
	pack(&plain, &packed);
	for (size_t len = 0; len < packed.len; len++) {
		struct decompressor *d = decompressor_new();
		struct buffer part = {0}, out = {0};

		buffer_add(&part, packed.data, len);
		assert_int_equal(unpack(d, &part, SIZE_MAX, &out), ERR_CLOSED);
		decompressor_free(d);
		buffer_release(&part);
		buffer_release(&out);
	}
	buffer_release(&plain);
	buffer_release(&packed);
}

static void
a_new_frame_may_begin_after_the_end(void **state)
{
	struct compressor *c = compressor_new();
	struct decompressor *d = decompressor_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct buffer packed = {0}, out = {0};

		compressor_add(c, "first, ", 7, COMPRESS_MORE, &packed);
		compressor_add(c, "second", 6, COMPRESS_FINISH, &packed);
		assert_int_equal(unpack(d, &packed, 3, &out), OK);
		assert_int_equal(out.len, 13);
		assert_memory_equal(out.data, "first, second", 13);
		decompressor_reset(d);
		buffer_release(&packed);
		buffer_release(&out);
	}
	compressor_free(c);
	decompressor_free(d);
}

static void
reset_forgets_half_a_frame(void **state)
{
	struct decompressor *d = decompressor_new();
	struct buffer plain = {0}, packed = {0}, half = {0}, out = {0};

	(void)state;
	fill(&plain, 5000);
	pack(&plain, &packed);
	buffer_add(&half, packed.data, packed.len / 2);
	assert_int_equal(unpack(d, &half, SIZE_MAX, &out), ERR_CLOSED);
	decompressor_reset(d);
	buffer_clear(&out);
	assert_int_equal(unpack(d, &packed, SIZE_MAX, &out), OK);
	assert_int_equal(out.len, 5000);
	decompressor_free(d);
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&half);
	buffer_release(&out);
}

static void
bytes_that_are_no_zstd_are_refused(void **state)
{
	static const unsigned char bytes[] = "DIST00000001ARGC00000003";
	struct decompressor *d = decompressor_new();
	struct buffer in = {0}, out = {0};

	(void)state;
	buffer_add(&in, bytes, sizeof(bytes));
	assert_int_equal(unpack(d, &in, SIZE_MAX, &out), ERR_PROTOCOL);
	decompressor_free(d);
	buffer_release(&in);
	buffer_release(&out);
}

static enum err
unpack_with_window(int window_log)
{
	struct buffer plain = {0}, packed = {0}, out = {0};
	struct decompressor *d = decompressor_new();
	ZSTD_CCtx *context = ZSTD_createCCtx();

	/* A size that needs the whole window, and is not told: else the frame names a smaller one. */
	fill(&plain, (size_t)3 << 20);
	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
	ZSTD_inBuffer in = {plain.data, plain.len, 0};

	while (in.pos < in.size) {
		ZSTD_outBuffer o = {buffer_reserve(&packed, PIECE), PIECE, 0};

		ZSTD_compressStream2(context, &o, &in, ZSTD_e_continue);
		packed.len += o.pos;
	}
	for (size_t left = 1; left != 0;) {
		ZSTD_outBuffer o = {buffer_reserve(&packed, PIECE), PIECE, 0};

		left = ZSTD_compressStream2(context, &o, &in, ZSTD_e_end);
		packed.len += o.pos;
	}
	enum err e = unpack(d, &packed, SIZE_MAX, &out);

	ZSTD_freeCCtx(context);
	decompressor_free(d);
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&out);
	return e;
}

static void
a_larger_window_than_ours_is_refused(void **state)
{
	(void)state;
	assert_int_equal(unpack_with_window(COMPRESS_WINDOW_LOG), OK);
	assert_int_equal(unpack_with_window(COMPRESS_WINDOW_LOG + 1), ERR_PROTOCOL);
}

static enum err
count_bytes(void *context, const void *data, size_t len)
{
	size_t *total = context;

	(void)data;
	assert_in_range(len, 1, COMPRESS_PIECE);
	*total += len;
	return OK;
}

static void
a_bomb_is_given_out_in_bounded_pieces(void **state)
{
	struct buffer plain = {0}, packed = {0};
	struct decompressor *d = decompressor_new();
	size_t total = 0;

	(void)state;
	memset(buffer_reserve(&plain, (size_t)32 << 20), 0, (size_t)32 << 20);
	plain.len = (size_t)32 << 20;
	pack(&plain, &packed);
	assert_true(packed.len < PIECE);
	assert_int_equal(decompressor_add(d, packed.data, packed.len, count_bytes, &total), OK);
	assert_true(decompressor_has_ended(d));
	assert_int_equal(total, plain.len);
	decompressor_free(d);
	buffer_release(&plain);
	buffer_release(&packed);
}

static void
free_of_null_is_allowed(void **state)
{
	(void)state;
	compressor_free(NULL);
	decompressor_free(NULL);
}

/* LZO. */

static void
lzo_round_trips(void **state)
{
	static const size_t sizes[] = {1, 2, 20, 1000, 100000, 1000003};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buffer plain = {0}, packed = {0}, again = {0};

		fill(&plain, sizes[i]);
		compress_lzo(plain.data, plain.len, &packed);
		assert_int_equal(decompress_lzo(packed.data, packed.len, BUFFER_MAX, &again), OK);
		assert_int_equal(again.len, plain.len);
		assert_memory_equal(again.data, plain.data, plain.len);
		buffer_release(&plain);
		buffer_release(&packed);
		buffer_release(&again);
	}
}

static void
lzo_of_nothing_is_nothing(void **state)
{
	struct buffer out = {0};

	(void)state;
	compress_lzo("", 0, &out);
	assert_int_equal(out.len, 0);
	assert_int_equal(decompress_lzo("", 0, 100, &out), OK);
	assert_int_equal(out.len, 0);
	assert_int_equal(decompress_lzo(NULL, 0, 0, &out), OK);
	buffer_release(&out);
}

static void
lzo_finds_sizes_far_beyond_its_guess(void **state)
{
	struct buffer plain = {0}, packed = {0}, again = {0};

	(void)state;
	memset(buffer_reserve(&plain, 5000000), 'x', 5000000);
	plain.len = 5000000;
	compress_lzo(plain.data, plain.len, &packed);
	assert_true(packed.len * 100 < plain.len);
	assert_int_equal(decompress_lzo(packed.data, packed.len, BUFFER_MAX, &again), OK);
	assert_int_equal(again.len, plain.len);
	assert_memory_equal(again.data, plain.data, plain.len);
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&again);
}

static void
lzo_keeps_to_its_limit_exactly(void **state)
{
	struct buffer plain = {0}, packed = {0}, again = {0};

	(void)state;
	fill(&plain, 5000);
	compress_lzo(plain.data, plain.len, &packed);
	assert_int_equal(decompress_lzo(packed.data, packed.len, 4999, &again), ERR_LIMIT);
	assert_int_equal(again.len, 0);
	assert_int_equal(decompress_lzo(packed.data, packed.len, 0, &again), ERR_LIMIT);
	assert_int_equal(decompress_lzo(packed.data, packed.len, 5000, &again), OK);
	assert_int_equal(again.len, 5000);
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&again);
}

static void
lzo_truncated_or_longer_is_refused(void **state)
{
	struct buffer plain = {0}, packed = {0}, out = {0};

	(void)state;
	fill(&plain, 300);
	compress_lzo(plain.data, plain.len, &packed);
	for (size_t len = 1; len < packed.len; len++)
		assert_int_equal(decompress_lzo(packed.data, len, BUFFER_MAX, &out), ERR_PROTOCOL);
	buffer_add(&packed, "x", 1);
	assert_int_equal(decompress_lzo(packed.data, packed.len, BUFFER_MAX, &out), ERR_PROTOCOL);
	assert_int_equal(out.len, 0);
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&out);
}

/* The first byte counts the literals (17 + n); "11 00 00" ends the stream. */
static void
lzo_reads_a_stream_of_literals(void **state)
{
	static const unsigned char bytes[] = {17 + 4, 'a', 'b', 'c', 'd', 0x11, 0, 0};
	struct buffer out = {0};

	(void)state;
	assert_int_equal(decompress_lzo(bytes, sizeof(bytes), 100, &out), OK);
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.data, "abcd", 4);
	buffer_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_survives_in_pieces_of_any_size),
		cmocka_unit_test(a_byte_behind_the_end_is_refused),
		cmocka_unit_test(a_sink_that_refuses_ends_it),
		cmocka_unit_test(nothing_has_ended_before_the_first_byte),
		cmocka_unit_test(every_truncated_frame_is_not_ended),
		cmocka_unit_test(a_new_frame_may_begin_after_the_end),
		cmocka_unit_test(reset_forgets_half_a_frame),
		cmocka_unit_test(bytes_that_are_no_zstd_are_refused),
		cmocka_unit_test(a_larger_window_than_ours_is_refused),
		cmocka_unit_test(a_bomb_is_given_out_in_bounded_pieces),
		cmocka_unit_test(free_of_null_is_allowed),
		cmocka_unit_test(lzo_round_trips),
		cmocka_unit_test(lzo_of_nothing_is_nothing),
		cmocka_unit_test(lzo_finds_sizes_far_beyond_its_guess),
		cmocka_unit_test(lzo_keeps_to_its_limit_exactly),
		cmocka_unit_test(lzo_truncated_or_longer_is_refused),
		cmocka_unit_test(lzo_reads_a_stream_of_literals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
