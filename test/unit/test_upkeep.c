/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "process.h"
#include "store.h"
#include "upkeep.h"
#include "xalloc.h"

#include "store_fixture.h"

static uint64_t
epoch_of(struct shelf *s)
{
	return store_epoch(s->store);
}

static void
an_epoch_lasts_while_daemons_end_well(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	uint64_t first = epoch_of(&s);

	shelf_restart(&s, true);
	assert_true(epoch_of(&s) == first);
	shelf_restart(&s, false);
	assert_true(epoch_of(&s) == first + 1);
	shelf_restart(&s, true);
	assert_true(epoch_of(&s) == first + 1);
	shelf_close(&s);
}

static void
a_boot_begins_an_epoch(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	uint64_t first = epoch_of(&s);

	shell("sed -i 's/ [^ ]* open/ another-boot closed/' store/epoch", s.dir);
	assert_int_equal(upkeep_begin(s.dir, UPKEEP_ONCE), OK);
	shelf_restart(&s, true);
	assert_true(epoch_of(&s) == first + 1);
	shelf_close(&s);
}

static void
a_single_job_beside_a_daemon_begins_no_epoch(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	uint64_t first = epoch_of(&s);

	assert_int_equal(upkeep_begin(s.dir, UPKEEP_ONCE), OK);
	shelf_restart(&s, true);
	assert_true(epoch_of(&s) == first);
	shelf_close(&s);
}

static void
an_unreadable_epoch_is_over(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	shell("echo nonsense >store/epoch", s.dir);
	assert_int_equal(upkeep_begin(s.dir, UPKEEP_DAEMON), OK);
	shelf_restart(&s, true);
	assert_true(epoch_of(&s) == 1);
	shelf_close(&s);
}

static char *
text_of(unsigned i)
{
	char *text = xcalloc(4097, 1);

	memset(text, 'a' + (int)i, 4096);
	return text;
}

static enum err
link_text(struct shelf *s, const char *text, const char *name)
{
	unsigned char digest[HASH_SIZE];
	const struct store_file f = {.digest = digest, .size = strlen(text), .mtime_ns = 1000000000};

	digest_of(text, digest);
	return store_link(s->store, &f, s->out_fd, name);
}

/* Ten blobs of a block each, used in their order. */
static void
fill(struct shelf *s)
{
	for (unsigned i = 0; i < 10; i++) {
		char *text = text_of(i);
		char name[2] = {(char)('a' + i), '\0'};

		put(s->store, text);
		assert_int_equal(link_text(s, text, name), OK);
		assert_int_equal(unlinkat(s->out_fd, name, 0), 0);
		free(text);
		usleep(12000);
	}
}

static unsigned
which_are_left(struct shelf *s)
{
	unsigned left = 0;

	for (unsigned i = 0; i < 10; i++) {
		char *text = text_of(i);

		if (link_text(s, text, "x") == OK) {
			left |= 1u << i;
			assert_int_equal(unlinkat(s->out_fd, "x", 0), 0);
		}
		free(text);
	}
	return left;
}

static void
the_least_recently_used_go_first(void **state)
{
	struct shelf s;
	char *text = text_of(1);

	(void)state;
	shelf_open(&s);
	fill(&s);
	assert_int_equal(link_text(&s, text, "again"), OK);
	assert_int_equal(unlinkat(s.out_fd, "again", 0), 0);
	upkeep_tidy(s.dir, 10 * 4096);
	upkeep_tidy(s.dir, 5 * 4096);
	/* Four: a tenth of the bound is free afterwards. The second was used again. */
	assert_int_equal(which_are_left(&s), 0x382);
	free(text);
	shelf_close(&s);
}

static void
what_a_tree_links_stays(void **state)
{
	struct shelf s;
	char *text = text_of(0);

	(void)state;
	shelf_open(&s);
	fill(&s);
	assert_int_equal(link_text(&s, text, "held"), OK);
	upkeep_tidy(s.dir, 4096);
	assert_int_equal(which_are_left(&s), 1);
	free(text);
	shelf_close(&s);
}

static void
a_count_that_cannot_be_is_made_anew(void **state)
{
	static const char *const damages[] = {"echo 9223372036854775807 >store/usage", "echo -123456789 >store/usage"};
	struct shelf s;

	(void)state;
	shelf_open(&s);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		shell(damages[i], s.dir);
		store_close(s.store);
		open_client(&s, 1, &s.store);
		fill(&s);
		store_close(s.store);
		assert_true(upkeep_usage(s.dir) >= 10 * 4096 && upkeep_usage(s.dir) <= LIMIT);
		open_client(&s, 1, &s.store);
	}
	shelf_close(&s);
}

static void
what_comes_is_counted_and_bounded(void **state)
{
	struct shelf s;
	unsigned char client[MANIFEST_CLIENT_SIZE] = {9};

	(void)state;
	shelf_open(&s);
	upkeep_tidy(s.dir, LIMIT);
	assert_true(upkeep_usage(s.dir) == 0);
	store_close(s.store);
	assert_int_equal(store_open(s.dir, 6 * 4096, client, &s.store), OK);
	fill(&s);
	store_close(s.store);
	assert_true(upkeep_usage(s.dir) > 0 && upkeep_usage(s.dir) <= 6 * 4096);
	assert_int_equal(store_open(s.dir, 6 * 4096, client, &s.store), OK);
	assert_int_equal(which_are_left(&s) & 0x21f, 0x200);
	shelf_close(&s);
}

static void
remains_of_dead_processes_go(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	shell("cd store/????????????????* && touch tmp/new && touch -d '2 hours ago' tmp/old && mkdir -p trees/0/root/a trees/1 trees/2 && "
	      "touch trees/0/root/a/f && touch -d '2 days ago' trees/0 trees/2", s.dir);
	char *held = xasprintf("%s/store", s.dir);

	shell("cd store/????????????????* && pwd >../../place", s.dir);
	shell("ln -s $(cat place)/trees/2 held && rm place", s.dir);
	char *link = xasprintf("%s/held", s.dir);
	int fd = open(link, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
	upkeep_tidy(s.dir, LIMIT);
	close(fd);
	shell("rm held && cd store/????????????????* && test -e tmp/new && test ! -e tmp/old && test ! -e trees/0 && test -e trees/1 && "
	      "test -e trees/2", s.dir);
	free(held);
	free(link);
	shelf_close(&s);
}

static void
clients_that_stay_away_are_forgotten(void **state)
{
	struct shelf s;
	struct store *other;

	(void)state;
	shelf_open(&s);
	open_client(&s, 2, &other);
	store_close(other);
	shell("for d in store/????????????????*; do touch -d '20 days ago' $d/* $d; break; done", s.dir);
	upkeep_tidy(s.dir, LIMIT);
	shell("test $(ls -d store/????????????????* | wc -l) -eq 1", s.dir);
	shelf_close(&s);
}

static void
the_default_is_a_tenth_and_bounded(void **state)
{
	int64_t limit = upkeep_default_limit("/tmp");

	(void)state;
	assert_true(limit > 0 && limit <= (int64_t)20 << 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_epoch_lasts_while_daemons_end_well),
		cmocka_unit_test(a_boot_begins_an_epoch),
		cmocka_unit_test(a_single_job_beside_a_daemon_begins_no_epoch),
		cmocka_unit_test(an_unreadable_epoch_is_over),
		cmocka_unit_test(the_least_recently_used_go_first),
		cmocka_unit_test(what_a_tree_links_stays),
		cmocka_unit_test(a_count_that_cannot_be_is_made_anew),
		cmocka_unit_test(what_comes_is_counted_and_bounded),
		cmocka_unit_test(remains_of_dead_processes_go),
		cmocka_unit_test(clients_that_stay_away_are_forgotten),
		cmocka_unit_test(the_default_is_a_tenth_and_bounded),
	};

	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
