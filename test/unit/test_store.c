/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "process.h"
#include "store.h"
#include "upkeep.h"
#include "xalloc.h"

#include "store_fixture.h"

#define MTIME 1700000000123456789

static enum err
link_as(const struct shelf *s, const char *text, int64_t mtime_ns, uint32_t nth, const char *name)
{
	unsigned char digest[HASH_SIZE];
	const struct store_file f = {.digest = digest, .size = strlen(text), .mtime_ns = mtime_ns, .nth = nth};

	digest_of(text, digest);
	return store_link(s->store, &f, s->out_fd, name);
}

static void
check(const struct shelf *s, const char *name, const char *text, int64_t mtime_ns)
{
	char *path = xasprintf("%s/%s", s->out, name);
	char *data = NULL;
	size_t len;
	struct stat st;

	assert_int_equal(io_read_file(path, 1 << 20, &data, &len), OK);
	assert_string_equal(data, text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_true((int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec == mtime_ns);
	free(data);
	free(path);
}

static ino_t
inode_of(const struct shelf *s, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(s->out_fd, name, &st, 0), 0);
	return st.st_ino;
}

static void
a_blob_is_found_by_its_digest(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), ERR_MISSING);
	put(s.store, "text");
	put(s.store, "");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	assert_int_equal(link_as(&s, "", -1, 0, "empty"), OK);
	check(&s, "a", "text", MTIME);
	check(&s, "empty", "", -1);
	assert_int_equal(link_as(&s, "other", MTIME, 0, "b"), ERR_MISSING);
	shelf_close(&s);
}

static void
other_bytes_than_promised_are_refused(void **state)
{
	struct store_upload u = STORE_UPLOAD_INIT;
	unsigned char digest[HASH_SIZE];
	struct shelf s;

	(void)state;
	shelf_open(&s);
	digest_of("text", digest);
	assert_int_equal(store_begin(s.store, &u), OK);
	assert_int_equal(store_add(&u, "texT", 4), OK);
	assert_int_equal(store_commit(&u, digest), ERR_PROTOCOL);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), ERR_MISSING);
	shell("test -z \"$(find store/*/tmp store/*/e* -type f)\"", s.dir);
	shelf_close(&s);
}

static void
an_upload_that_is_given_up_leaves_nothing(void **state)
{
	struct store_upload u = STORE_UPLOAD_INIT;
	struct shelf s;

	(void)state;
	shelf_open(&s);
	store_abort(&u);
	assert_int_equal(store_begin(s.store, &u), OK);
	assert_int_equal(store_add(&u, "text", 4), OK);
	store_abort(&u);
	store_abort(&u);
	shell("test -z \"$(find store/*/tmp store/*/e* -type f)\"", s.dir);
	shelf_close(&s);
}

static void
the_first_use_takes_the_blob_itself(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put(s.store, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "b"), OK);
	shell("test $(find store/*/e* -type f | wc -l) -eq 1", s.dir);
	assert_true(inode_of(&s, "a") == inode_of(&s, "b"));
	shelf_close(&s);
}

static void
another_mtime_has_an_inode_of_its_own(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put(s.store, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	assert_int_equal(link_as(&s, "text", MTIME + 1, 0, "b"), OK);
	check(&s, "a", "text", MTIME);
	check(&s, "b", "text", MTIME + 1);
	assert_true(inode_of(&s, "a") != inode_of(&s, "b"));
	shelf_close(&s);
}

static void
files_that_are_alike_differ_by_number(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put(s.store, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 1, "b"), OK);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	assert_int_equal(link_as(&s, "text", MTIME, 17, "c"), OK);
	check(&s, "a", "text", MTIME);
	check(&s, "b", "text", MTIME);
	check(&s, "c", "text", MTIME);
	assert_true(inode_of(&s, "a") != inode_of(&s, "b"));
	assert_true(inode_of(&s, "a") != inode_of(&s, "c"));
	shelf_close(&s);
}

static void
a_blob_of_another_size_is_missing(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	put(s.store, "text");
	shell("truncate -s 3 store/*/e*/*/*", s.dir);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), ERR_MISSING);
	put(s.store, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	shell("chmod u+w store/*/e*/*/* && truncate -s 3 store/*/e*/*/*", s.dir);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "b"), ERR_MISSING);
	put(s.store, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "b"), OK);
	check(&s, "b", "text", MTIME);
	shelf_close(&s);
}

static void
a_blob_that_was_written_to_is_missing(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put(s.store, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	shell("chmod u+w store/*/e*/*/* && printf texx >$(echo store/*/e*/*/*)", s.dir);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "b"), ERR_MISSING);
	shelf_close(&s);
}

static void
a_damaged_blob_is_not_copied(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put(s.store, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	shell("cp -p out/a times && chmod u+w out/a && printf texx >out/a && touch -r times out/a && rm -f times", s.dir);
	assert_int_equal(link_as(&s, "text", MTIME + 1, 0, "b"), ERR_MISSING);
	shelf_close(&s);
}

static void
bad_blobs_are_found_in_the_next_epoch(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put(s.store, "text");
	put(s.store, "good");
	put(s.store, "never used");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	assert_int_equal(link_as(&s, "good", MTIME, 0, "g"), OK);
	shell("cp -p out/a times && chmod u+w out/a && printf texx >out/a && touch -r times out/a && rm -f times", s.dir);
	shelf_restart(&s, false);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "b"), ERR_MISSING);
	assert_int_equal(link_as(&s, "good", MTIME, 0, "g2"), OK);
	assert_int_equal(link_as(&s, "never used", MTIME, 0, "n"), OK);
	check(&s, "g2", "good", MTIME);
	check(&s, "n", "never used", MTIME);
	shell("test $(find store/*/e* -type f | wc -l) -eq 2", s.dir);
	shelf_close(&s);
}

static void
after_a_proper_end_blobs_are_trusted(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put(s.store, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), OK);
	ino_t inode = inode_of(&s, "a");

	shelf_restart(&s, true);
	assert_int_equal(link_as(&s, "text", MTIME, 0, "b"), OK);
	assert_true(inode_of(&s, "b") == inode);
	shelf_close(&s);
}

static void
clients_do_not_see_each_others_blobs(void **state)
{
	struct shelf s;
	struct store *other;

	(void)state;
	shelf_open(&s);
	open_client(&s, 2, &other);
	put(other, "text");
	assert_int_equal(link_as(&s, "text", MTIME, 0, "a"), ERR_MISSING);
	store_close(other);
	shelf_close(&s);
}

static void
bytes_are_loaded(void **state)
{
	unsigned char digest[HASH_SIZE];
	char *data = NULL;
	struct shelf s;

	(void)state;
	shelf_open(&s);
	digest_of("text", digest);
	assert_int_equal(store_load(s.store, digest, 4, &data), ERR_MISSING);
	put(s.store, "text");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_load(s.store, digest, 4, &data), OK);
		assert_memory_equal(data, "text", 4);
		free(data);
	}
	shelf_restart(&s, false);
	assert_int_equal(store_load(s.store, digest, 4, &data), OK);
	free(data);
	shell("chmod u+w store/*/e*/*/* && truncate -s 5 store/*/e*/*/*", s.dir);
	assert_int_equal(store_load(s.store, digest, 4, &data), ERR_MISSING);
	assert_int_equal(store_load(s.store, digest, 4, &data), ERR_MISSING);
	shelf_close(&s);
}

/* Each process puts and links all of them, with its own and with common mtimes. */
static int
use_all(const struct shelf *s, unsigned number)
{
	struct shelf own = *s;
	int failures = 0;

	open_client(s, 1, &own.store);
	for (unsigned i = 0; i < 40; i++) {
		char *text = xasprintf("text %u", i % 10);
		char *one = xasprintf("%u-%u-one", number, i);
		char *two = xasprintf("%u-%u-two", number, i);

		if (i < 10)
			put(own.store, text);
		failures += link_as(&own, text, MTIME + i % 3, 0, one) != OK;
		failures += link_as(&own, text, MTIME + 100 + number, 0, two) != OK;
		free(text);
		free(one);
		free(two);
	}
	store_close(own.store);
	return failures;
}

static void
many_processes_use_it_at_once(void **state)
{
	struct shelf s;
	pid_t pids[6];

	(void)state;
	shelf_open(&s);
	for (unsigned i = 0; i < 6; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(use_all(&s, i) != 0);
	}
	for (unsigned i = 0; i < 6; i++) {
		int status = -1;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	check(&s, "5-39-one", "text 9", MTIME);
	check(&s, "5-39-two", "text 9", MTIME + 105);
	shelf_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blob_is_found_by_its_digest),
		cmocka_unit_test(other_bytes_than_promised_are_refused),
		cmocka_unit_test(an_upload_that_is_given_up_leaves_nothing),
		cmocka_unit_test(the_first_use_takes_the_blob_itself),
		cmocka_unit_test(another_mtime_has_an_inode_of_its_own),
		cmocka_unit_test(files_that_are_alike_differ_by_number),
		cmocka_unit_test(a_blob_of_another_size_is_missing),
		cmocka_unit_test(a_blob_that_was_written_to_is_missing),
		cmocka_unit_test(a_damaged_blob_is_not_copied),
		cmocka_unit_test(bad_blobs_are_found_in_the_next_epoch),
		cmocka_unit_test(after_a_proper_end_blobs_are_trusted),
		cmocka_unit_test(clients_do_not_see_each_others_blobs),
		cmocka_unit_test(bytes_are_loaded),
		cmocka_unit_test(many_processes_use_it_at_once),
	};

	/* Damage is said in warnings. */
	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
