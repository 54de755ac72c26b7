/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "xalloc.h"

static void
digest_of_abc_is_the_published_one(void **state)
{
	char hex[HASH_HEX_SIZE];
	struct hash *h = hash_new();

	(void)state;
	hash_add(h, "a", 1);
	hash_add(h, "bc", 2);
	hash_finish(h, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
add_fields(const char *a, const char *b, char hex[HASH_HEX_SIZE])
{
	struct hash *h = hash_new();

	hash_add_field(h, a, strlen(a));
	hash_add_field(h, b, strlen(b));
	hash_finish(h, hex);
}

static void
fields_do_not_run_into_each_other(void **state)
{
	char one[HASH_HEX_SIZE], two[HASH_HEX_SIZE];

	(void)state;
	add_fields("ab", "c", one);
	add_fields("a", "bc", two);
	assert_string_not_equal(one, two);
}

static void
a_large_file_has_the_digest_of_its_bytes(void **state)
{
	size_t size = ((size_t)300 << 10) + 7;
	char name[] = "test_hash_XXXXXX", from_file[HASH_HEX_SIZE], from_memory[HASH_HEX_SIZE];
	unsigned char *data = xmalloc(size);
	int fd = mkstemp(name);
	struct hash *h = hash_new();

	(void)state;
	for (size_t i = 0; i < size; i++)
		data[i] = (unsigned char)(i * 31 >> 3);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
	hash_add(h, data, size);
	hash_finish(h, from_memory);
	assert_int_equal(hash_file(name, from_file), OK);
	assert_string_equal(from_file, from_memory);
	unlink(name);
	free(data);
}

static void
an_empty_file_has_the_digest_of_nothing(void **state)
{
	char hex[HASH_HEX_SIZE];

	(void)state;
	assert_int_equal(hash_file("/dev/null", hex), OK);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
a_missing_file_is_missing_and_a_directory_an_error(void **state)
{
	char hex[HASH_HEX_SIZE] = "untouched";

	(void)state;
	assert_int_equal(hash_file("/nowhere/at/all", hex), ERR_MISSING);
	assert_int_equal(hash_file("/", hex), ERR_SYSTEM);
	assert_int_equal(errno, EISDIR);
	assert_string_equal(hex, "untouched");
}

static void
digests_as_text_and_as_bytes_are_one(void **state)
{
	struct hash *h = hash_new();
	unsigned char digest[HASH_SIZE], parsed[HASH_SIZE];
	char hex[HASH_HEX_SIZE];

	(void)state;
	hash_add(h, "abc", 3);
	hash_finish_binary(h, digest);
	assert_int_equal(digest[0], 0xba);
	hash_format(digest, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(hash_parse(hex, parsed), OK);
	assert_memory_equal(parsed, digest, HASH_SIZE);
	hex[5] = 'B';
	assert_int_equal(hash_parse(hex, parsed), ERR_PROTOCOL);
	hex[5] = '\0';
	assert_int_equal(hash_parse(hex, parsed), ERR_PROTOCOL);
	assert_memory_equal(parsed, digest, HASH_SIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_of_abc_is_the_published_one),
		cmocka_unit_test(fields_do_not_run_into_each_other),
		cmocka_unit_test(a_large_file_has_the_digest_of_its_bytes),
		cmocka_unit_test(an_empty_file_has_the_digest_of_nothing),
		cmocka_unit_test(digests_as_text_and_as_bytes_are_one),
		cmocka_unit_test(a_missing_file_is_missing_and_a_directory_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
