/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leftovers.h"
#include "scratch.h"

static void
remove_it(const char *path)
{
	assert_int_equal(rmdir(path), 0);
}

static void
dead_ones_go_and_others_stay(void **state)
{
	int fd = -1;

	assert_int_equal(mkdir("job-alive", 0700), 0);
	assert_int_equal(mkdir("job-dead", 0700), 0);
	assert_int_equal(mkdir("another", 0700), 0);
	assert_true(leftovers_lock("job-alive", &fd));
	leftovers_sweep(*state, "job-", remove_it);
	assert_int_equal(access("job-alive", F_OK), 0);
	assert_int_equal(access("job-dead", F_OK), -1);
	assert_int_equal(access("another", F_OK), 0);
	close(fd);
	leftovers_sweep(*state, "job-", remove_it);
	assert_int_equal(access("job-alive", F_OK), -1);
}

static void
a_folder_has_one_owner(void **state)
{
	int fd = -1, other = -1;

	(void)state;
	assert_int_equal(mkdir("job-x", 0700), 0);
	assert_true(leftovers_lock("job-x", &fd));
	assert_false(leftovers_lock("job-x", &other));
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(other, -1);
	close(fd);
	assert_false(leftovers_lock("job-y", &other));
	assert_int_equal(errno, ENOENT);
}

static void
without_a_parent_there_is_nothing_to_do(void **state)
{
	(void)state;
	leftovers_sweep("nowhere", "job-", remove_it);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(dead_ones_go_and_others_stay, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(a_folder_has_one_owner, scratch_set_up, scratch_tear_down),
		cmocka_unit_test(without_a_parent_there_is_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
