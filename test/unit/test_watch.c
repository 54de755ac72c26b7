/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "path.h"
#include "watch.h"
#include "xalloc.h"

#define REPORTS_MAX 64

struct report {
	void *owner;
	enum watch_event event;
	char name[32];
};

struct ear {
	struct watch *watch;
	char base[64];
	struct report reports[REPORTS_MAX];
	size_t count;
	unsigned lost;
	void *to_remove; /* when anything is heard */
};

static void
heard(void *context, void *owner, enum watch_event event, const char *name)
{
	struct ear *ear = context;

	assert_true(ear->count < REPORTS_MAX);
	struct report *r = &ear->reports[ear->count++];

	*r = (struct report){owner, event, ""};
	snprintf(r->name, sizeof(r->name), "%s", name != NULL ? name : "");
	if (ear->to_remove != NULL)
		watch_remove(ear->watch, ear->to_remove);
}

static void
lost(void *context)
{
	((struct ear *)context)->lost++;
}

static int
setup(void **state)
{
	struct ear *ear = xcalloc(1, sizeof(*ear));
	struct watch_listener listener = {ear, heard, lost};
	const char *tmp = getenv("TMPDIR");

	snprintf(ear->base, sizeof(ear->base), "%s/dcc-watch-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(ear->base));
	assert_int_equal(chdir(ear->base), 0);
	ear->watch = watch_new(&listener);
	*state = ear;
	return 0;
}

static int
teardown(void **state)
{
	struct ear *ear = *state;
	static const char *const names[] = {"a", "b", "d/a", "e/a", "d", "e"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(names[i]);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(ear->base), 0);
	watch_free(ear->watch);
	free(ear);
	return 0;
}

static void
write_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static size_t
count_of(const struct ear *ear, void *owner, enum watch_event event, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < ear->count; i++) {
		n += ear->reports[i].owner == owner && ear->reports[i].event == event &&
		     strcmp(ear->reports[i].name, name) == 0;
	}
	return n;
}

static void
names_bytes_and_rights_are_told_apart(void **state)
{
	struct ear *ear = *state;
	int owner;

	assert_int_equal(watch_add(ear->watch, ear->base, &owner), OK);
	write_file("a");
	watch_hear(ear->watch);
	assert_int_equal(count_of(ear, &owner, WATCH_NAME, "a"), 1);
	assert_true(count_of(ear, &owner, WATCH_BYTES, "a") >= 1);
	ear->count = 0;
	assert_int_equal(chmod("a", 0644), 0);
	assert_int_equal(chmod(".", 0755), 0);
	watch_hear(ear->watch);
	assert_int_equal(ear->count, 2);
	assert_int_equal(count_of(ear, &owner, WATCH_RIGHTS, "a"), 1);
	assert_int_equal(count_of(ear, &owner, WATCH_RIGHTS, ""), 1);
	ear->count = 0;
	assert_int_equal(rename("a", "b"), 0);
	watch_hear(ear->watch);
	assert_int_equal(ear->count, 2);
	assert_int_equal(count_of(ear, &owner, WATCH_NAME, "a"), 1);
	assert_int_equal(count_of(ear, &owner, WATCH_NAME, "b"), 1);
}

static void
two_owners_of_one_folder_both_hear(void **state)
{
	struct ear *ear = *state;
	int one, two, three;

	assert_int_equal(watch_add(ear->watch, ear->base, &one), OK);
	assert_int_equal(watch_add(ear->watch, ".", &two), OK);
	assert_int_equal(watch_add(ear->watch, ".", &three), OK);
	assert_int_equal(watch_count(ear->watch), 1);
	write_file("a");
	watch_hear(ear->watch);
	assert_int_equal(count_of(ear, &one, WATCH_NAME, "a"), 1);
	assert_int_equal(count_of(ear, &two, WATCH_NAME, "a"), 1);
	assert_int_equal(count_of(ear, &three, WATCH_NAME, "a"), 1);
	watch_remove(ear->watch, &one);
	watch_remove(ear->watch, &three);
	ear->count = 0;
	assert_int_equal(unlink("a"), 0);
	watch_hear(ear->watch);
	assert_int_equal(ear->count, 1);
	assert_int_equal(count_of(ear, &two, WATCH_NAME, "a"), 1);
	watch_remove(ear->watch, &two);
	assert_int_equal(watch_count(ear->watch), 0);
}

static void
an_owner_removed_while_others_hear_does_not(void **state)
{
	struct ear *ear = *state;
	int one, two;

	assert_int_equal(watch_add(ear->watch, ".", &one), OK);
	assert_int_equal(watch_add(ear->watch, ".", &two), OK);
	ear->to_remove = &two;
	assert_int_equal(mkdir("d", 0700), 0);
	watch_hear(ear->watch);
	size_t of_one = count_of(ear, &one, WATCH_NAME, "d");

	/* Whoever heard first: two heard nothing after it was removed. */
	assert_int_equal(of_one, 1);
	ear->count = 0;
	assert_int_equal(rmdir("d"), 0);
	watch_hear(ear->watch);
	assert_int_equal(ear->count, 1);
	assert_int_equal(count_of(ear, &one, WATCH_NAME, "d"), 1);
}

static void
a_folder_that_goes_or_moves_is_watched_no_more(void **state)
{
	struct ear *ear = *state;
	int d, e;

	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(mkdir("e", 0700), 0);
	assert_int_equal(watch_add(ear->watch, "d", &d), OK);
	assert_int_equal(watch_add(ear->watch, "e", &e), OK);
	assert_int_equal(rmdir("d"), 0);
	assert_int_equal(rename("e", "d"), 0);
	watch_hear(ear->watch);
	assert_int_equal(count_of(ear, &d, WATCH_GONE, ""), 1);
	assert_int_equal(count_of(ear, &e, WATCH_GONE, ""), 1);
	assert_int_equal(watch_count(ear->watch), 0);
	ear->count = 0;
	write_file("d/a");
	watch_hear(ear->watch);
	assert_int_equal(ear->count, 0);
}

static void
an_owner_follows_its_path_to_another_folder(void **state)
{
	struct ear *ear = *state;
	int owner;

	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(watch_add(ear->watch, "d", &owner), OK);
	assert_int_equal(rename("d", "e"), 0);
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(watch_add(ear->watch, "d", &owner), OK);
	assert_int_equal(watch_count(ear->watch), 1);
	write_file("e/a");
	watch_hear(ear->watch);
	assert_int_equal(ear->count, 0);
	write_file("d/a");
	watch_hear(ear->watch);
	assert_int_equal(count_of(ear, &owner, WATCH_NAME, "a"), 1);
}

static void
failures_are_told_apart_and_leave_no_watch(void **state)
{
	struct ear *ear = *state;
	struct statfs st;
	int one, two;

	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(symlink("d", "a"), 0);
	assert_int_equal(watch_add(ear->watch, "nowhere", &one), ERR_MISSING);
	assert_int_equal(watch_add(ear->watch, "a", &one), ERR_MISSING);
	assert_int_equal(watch_add(ear->watch, "/proc", &one), ERR_DENIED);
	watch_limit(ear->watch, 1);
	assert_int_equal(watch_add(ear->watch, "d", &one), OK);
	assert_int_equal(watch_add(ear->watch, ".", &two), ERR_LIMIT);
	assert_int_equal(watch_count(ear->watch), 1);
	watch_limit(ear->watch, 5);
	assert_int_equal(watch_add(ear->watch, ".", &two), OK);
	assert_int_equal(statfs("d", &st), 0);
	watch_distrust(ear->watch, (long)st.f_type);
	assert_int_equal(watch_add(ear->watch, "d", &one), ERR_DENIED);
	assert_int_equal(watch_count(ear->watch), 1);
}

static void
a_full_queue_is_told(void **state)
{
	struct ear *ear = *state;
	int owner;

	assert_int_equal(watch_add(ear->watch, ".", &owner), OK);
	ear->count = 0;
	for (int i = 0; i < 40000 && ear->lost == 0; i++) {
		write_file(i % 2 == 0 ? "a" : "b");
		unlink(i % 2 == 0 ? "a" : "b");
	}
	watch_remove(ear->watch, &owner);
	watch_hear(ear->watch);
	assert_int_equal(ear->lost, 1);
	assert_int_equal(watch_add(ear->watch, ".", &owner), OK);
	write_file("a");
	watch_hear(ear->watch);
	assert_int_equal(count_of(ear, &owner, WATCH_NAME, "a"), 1);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(names_bytes_and_rights_are_told_apart),
		IN_FOLDER(two_owners_of_one_folder_both_hear),
		IN_FOLDER(an_owner_removed_while_others_hear_does_not),
		IN_FOLDER(a_folder_that_goes_or_moves_is_watched_no_more),
		IN_FOLDER(an_owner_follows_its_path_to_another_folder),
		IN_FOLDER(failures_are_told_apart_and_leave_no_watch),
		IN_FOLDER(a_full_queue_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
