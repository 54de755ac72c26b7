/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "xalloc.h"

static struct manifest_entry
file_entry(const char *path)
{
	struct manifest_entry entry = {.type = MANIFEST_FILE, .path = path, .target = "", .size = 7};

	memset(entry.digest, 0xab, sizeof(entry.digest));
	entry.mtime_ns = 1700000000123456789;
	return entry;
}

static struct manifest_entry
link_entry(const char *path, const char *target)
{
	return (struct manifest_entry){.type = MANIFEST_LINK, .path = path, .target = target};
}

static struct manifest_entry
directory_entry(const char *path)
{
	return (struct manifest_entry){.type = MANIFEST_DIRECTORY, .path = path, .target = ""};
}

/* From memory of exactly len bytes, so that a sanitizer sees a byte too many. */
static enum err
get(const void *bytes, size_t len)
{
	unsigned char *copy = xmalloc(len);
	struct manifest m;

	if (len != 0)
		memcpy(copy, bytes, len);
	enum err e = manifest_get(copy, len, &m);

	manifest_release(&m);
	free(copy);
	return e;
}

static enum err
get_catalogue(const void *bytes, size_t len)
{
	unsigned char *copy = xmalloc(len);
	struct manifest_entry *entries = NULL;
	size_t count;

	if (len != 0)
		memcpy(copy, bytes, len);
	enum err e = manifest_get_catalogue(copy, len, &entries, &count);

	free(entries);
	free(copy);
	return e;
}

static enum err
get_entries(const struct manifest_entry *entries, size_t count)
{
	struct buffer b = {0};

	manifest_put_catalogue(&b, entries, count);
	enum err e = get_catalogue(b.data, b.len);

	buffer_release(&b);
	return e;
}

static void
check_same(const struct manifest_entry *a, const struct manifest_entry *b)
{
	assert_int_equal(a->type, b->type);
	assert_string_equal(a->path, b->path);
	assert_string_equal(a->target, b->target);
	assert_memory_equal(a->digest, b->digest, sizeof(a->digest));
	assert_true(a->size == b->size && a->mtime_ns == b->mtime_ns);
}

static void
a_manifest_round_trips(void **state)
{
	uint32_t indexes[] = {0, 1, 300, 65535};
	struct manifest_entry entries[] = {directory_entry("/w"), file_entry("/w/a.c"),
	                                   link_entry("/w/b.h", "../x y/b.h"), file_entry("/w/\xc3\xa4 .h")};
	struct manifest m = {.has_catalogue = true, .catalogue_size = 123456, .indexes = indexes,
	                     .index_count = 4, .entries = entries, .entry_count = 4};
	struct manifest got;
	struct buffer b = {0};

	(void)state;
	memset(m.client, 1, sizeof(m.client));
	memset(m.expected, 2, sizeof(m.expected));
	memset(m.expected_user, 3, sizeof(m.expected_user));
	memset(m.catalogue, 4, sizeof(m.catalogue));
	strv_add(&m.hidden, "/usr/include");
	strv_add(&m.hidden, "/");
	manifest_put(&b, &m);
	assert_int_equal(manifest_get(b.data, b.len, &got), OK);
	assert_memory_equal(got.client, m.client, sizeof(m.client));
	assert_memory_equal(got.expected, m.expected, sizeof(m.expected));
	assert_memory_equal(got.expected_user, m.expected_user, sizeof(m.expected_user));
	assert_true(got.has_catalogue && got.catalogue_size == 123456);
	assert_memory_equal(got.catalogue, m.catalogue, sizeof(m.catalogue));
	assert_int_equal(got.index_count, 4);
	assert_memory_equal(got.indexes, indexes, sizeof(indexes));
	assert_int_equal(got.entry_count, 4);
	for (size_t i = 0; i < 4; i++)
		check_same(&got.entries[i], &entries[i]);
	assert_int_equal(got.hidden.count, 2);
	assert_string_equal(got.hidden.items[0], "/usr/include");
	assert_string_equal(got.hidden.items[1], "/");
	manifest_release(&got);
	manifest_release(&got);
	strv_release(&m.hidden);
	buffer_release(&b);
}

static void
the_smallest_manifest_round_trips(void **state)
{
	struct manifest m = {0};
	struct buffer b = {0};

	(void)state;
	manifest_put(&b, &m);
	assert_int_equal(b.len, 16 + 32 + 32 + 1 + 3);
	assert_int_equal(get(b.data, b.len), OK);
	buffer_release(&b);
}

static void
a_catalogue_keeps_its_order(void **state)
{
	struct manifest_entry entries[] = {file_entry("/z"), link_entry("/b", "c"), directory_entry("/a")};
	struct manifest_entry *got;
	size_t count;
	struct buffer b = {0};

	(void)state;
	manifest_put_catalogue(&b, entries, 3);
	assert_int_equal(manifest_get_catalogue(b.data, b.len, &got, &count), OK);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++)
		check_same(&got[i], &entries[i]);
	free(got);
	buffer_clear(&b);
	manifest_put_catalogue(&b, NULL, 0);
	assert_int_equal(manifest_get_catalogue(b.data, b.len, &got, &count), OK);
	assert_int_equal(count, 0);
	free(got);
	buffer_release(&b);
}

static void
numbers_of_every_size_round_trip(void **state)
{
	static const uint64_t sizes[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, (uint64_t)1 << 56, INT64_MAX};
	static const int64_t times[] = {0, 1, -1, 63, 64, -64, -65, INT64_MAX, INT64_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct manifest_entry entry = file_entry("/a");
		struct manifest_entry *got;
		size_t count;
		struct buffer b = {0};

		entry.size = sizes[i];
		entry.mtime_ns = times[i];
		manifest_put_catalogue(&b, &entry, 1);
		assert_int_equal(manifest_get_catalogue(b.data, b.len, &got, &count), OK);
		check_same(&got[0], &entry);
		free(got);
		buffer_release(&b);
	}
}

static void
paths_must_be_absolute_and_normalised(void **state)
{
	static const char *const bad[] = {"", "a", "/", "/a/", "//a", "/a//b", "/a/../b", "/..", "/a/.", "/./a", "../a"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct manifest_entry entry = file_entry(bad[i]);
		struct manifest m = {.entries = &entry, .entry_count = 1};
		struct buffer b = {0};

		assert_int_equal(get_entries(&entry, 1), ERR_PROTOCOL);
		manifest_put(&b, &m);
		assert_int_equal(get(b.data, b.len), ERR_PROTOCOL);
		buffer_release(&b);
	}
}

static void
hidden_folders_must_be_absolute_and_normalised(void **state)
{
	static const char *const bad[] = {"", "a", "/a/", "//", "/a/../b"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct manifest m = {0};
		struct buffer b = {0};

		strv_add(&m.hidden, bad[i]);
		manifest_put(&b, &m);
		assert_int_equal(get(b.data, b.len), ERR_PROTOCOL);
		strv_release(&m.hidden);
		buffer_release(&b);
	}
}

static void
strings_have_a_bound(void **state)
{
	(void)state;
	for (size_t len = 4096; len <= 4097; len++) {
		char *text = xcalloc(len + 1, 1);

		memset(text, 'x', len);
		struct manifest_entry entry = link_entry("/a", text);

		assert_int_equal(get_entries(&entry, 1), len <= 4096 ? OK : ERR_LIMIT);
		text[0] = '/';
		entry = file_entry(text);
		assert_int_equal(get_entries(&entry, 1), len <= 4096 ? OK : ERR_LIMIT);
		free(text);
	}
}

static void
an_entry_must_make_sense(void **state)
{
	struct manifest_entry entry = file_entry("/a");

	(void)state;
	entry.size = (uint64_t)INT64_MAX + 1;
	assert_int_equal(get_entries(&entry, 1), ERR_LIMIT);
	entry = link_entry("/a", "");
	assert_int_equal(get_entries(&entry, 1), ERR_PROTOCOL);
	assert_int_equal(get_catalogue("\x01\x03/a", 5), OK);
	assert_int_equal(get_catalogue("\x01\x00/a", 5), ERR_PROTOCOL);
	assert_int_equal(get_catalogue("\x01\x04/a", 5), ERR_PROTOCOL);
}

static void
entries_must_rise_and_differ(void **state)
{
	static const char *const rows[][2] = {{"/a", "/a"}, {"/b", "/a"}, {"/a/b", "/a"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct manifest_entry entries[] = {directory_entry(rows[i][0]), directory_entry(rows[i][1])};
		struct manifest m = {.entries = entries, .entry_count = 2};
		struct buffer b = {0};

		manifest_put(&b, &m);
		assert_int_equal(get(b.data, b.len), ERR_PROTOCOL);
		buffer_release(&b);
	}
}

static enum err
get_indexes(uint32_t first, uint32_t second, bool has_catalogue)
{
	uint32_t indexes[] = {first, second};
	struct manifest m = {.has_catalogue = has_catalogue, .indexes = indexes, .index_count = 2};
	struct buffer b = {0};

	manifest_put(&b, &m);
	enum err e = get(b.data, b.len);

	buffer_release(&b);
	return e;
}

static void
indexes_must_rise_and_have_a_catalogue(void **state)
{
	(void)state;
	assert_int_equal(get_indexes(3, 4, true), OK);
	assert_int_equal(get_indexes(3, 4, false), ERR_PROTOCOL);
	assert_int_equal(get_indexes(3, 3, true), ERR_PROTOCOL);
	assert_int_not_equal(get_indexes(4, 3, true), OK);
	assert_int_equal(get_indexes(3, 65536, true), ERR_LIMIT);
	assert_int_equal(get_indexes(65536, 65537, true), ERR_LIMIT);
}

static void
a_catalogue_has_a_bound(void **state)
{
	struct manifest m = {.has_catalogue = true, .catalogue_size = MANIFEST_RAW_MAX};
	struct buffer b = {0};

	(void)state;
	manifest_put(&b, &m);
	assert_int_equal(get(b.data, b.len), OK);
	buffer_clear(&b);
	m.catalogue_size++;
	manifest_put(&b, &m);
	assert_int_equal(get(b.data, b.len), ERR_LIMIT);
	buffer_release(&b);
}

static void
a_number_has_one_encoding(void **state)
{
	(void)state;
	assert_int_equal(get_catalogue("\0", 1), OK);
	assert_int_equal(get_catalogue("\x80\0", 2), ERR_PROTOCOL);
	assert_int_equal(get_catalogue("\x80\x80\0", 3), ERR_PROTOCOL);
	assert_int_equal(get_catalogue("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10), ERR_LIMIT);
	assert_int_equal(get_catalogue("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10), ERR_PROTOCOL);
	assert_int_equal(get_catalogue("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01", 11), ERR_PROTOCOL);
}

static void
a_count_that_lies_costs_no_memory(void **state)
{
	(void)state;
	assert_int_equal(get_catalogue("\x80\x80\x04", 3), ERR_PROTOCOL);
	assert_int_equal(get_catalogue("\x81\x80\x04", 3), ERR_LIMIT);
	assert_int_equal(get_catalogue("\x02\x03/a", 5), ERR_PROTOCOL);
}

static void
every_byte_too_few_or_too_many_is_refused(void **state)
{
	uint32_t indexes[] = {1, 200};
	struct manifest_entry entries[] = {file_entry("/a"), link_entry("/b", "a")};
	struct manifest m = {.has_catalogue = true, .indexes = indexes, .index_count = 2, .entries = entries,
	                     .entry_count = 2};
	struct buffer b = {0};

	(void)state;
	strv_add(&m.hidden, "/usr/include");
	manifest_put(&b, &m);
	for (size_t len = 0; len < b.len; len++)
		assert_int_not_equal(get(b.data, len), OK);
	assert_int_equal(get(b.data, b.len), OK);
	buffer_add(&b, "", 1);
	assert_int_equal(get(b.data, b.len), ERR_PROTOCOL);
	strv_release(&m.hidden);
	buffer_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_round_trips),
		cmocka_unit_test(the_smallest_manifest_round_trips),
		cmocka_unit_test(a_catalogue_keeps_its_order),
		cmocka_unit_test(numbers_of_every_size_round_trip),
		cmocka_unit_test(paths_must_be_absolute_and_normalised),
		cmocka_unit_test(hidden_folders_must_be_absolute_and_normalised),
		cmocka_unit_test(strings_have_a_bound),
		cmocka_unit_test(an_entry_must_make_sense),
		cmocka_unit_test(entries_must_rise_and_differ),
		cmocka_unit_test(indexes_must_rise_and_have_a_catalogue),
		cmocka_unit_test(a_catalogue_has_a_bound),
		cmocka_unit_test(a_number_has_one_encoding),
		cmocka_unit_test(a_count_that_lies_costs_no_memory),
		cmocka_unit_test(every_byte_too_few_or_too_many_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
