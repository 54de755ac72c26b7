/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "jobtable.h"

static const unsigned char here[ACCESS_ADDRESS_SIZE] = {1};
static const unsigned char there[ACCESS_ADDRESS_SIZE] = {2};

static enum jobtable_answer
want(struct jobtable *t, pid_t pid)
{
	return jobtable_want(t, jobtable_find(t, pid));
}

/* A table with n readers, pids 1..n. */
static struct jobtable
table(size_t slots, size_t queue_max, int n)
{
	struct jobtable t;

	jobtable_init(&t, &(struct jobtable_limits){.slots = slots, .queue = queue_max});
	for (int i = 1; i <= n; i++)
		jobtable_add(&t, i, -1, JOB_READING, here);
	return t;
}

static void
a_free_slot_is_given_at_once(void **state)
{
	struct jobtable t = table(2, 10, 3);

	(void)state;
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	assert_int_equal(want(&t, 2), JOBTABLE_GO);
	assert_int_equal(want(&t, 3), JOBTABLE_WAIT);
	assert_int_equal(t.in_phase[JOB_RUNNING], 2);
	assert_int_equal(t.in_phase[JOB_WAITING], 1);
	jobtable_release(&t);
}

static void
slots_are_granted_in_order_of_arrival(void **state)
{
	struct jobtable t = table(1, 10, 4);

	(void)state;
	assert_int_equal(want(&t, 2), JOBTABLE_GO);
	assert_int_equal(want(&t, 4), JOBTABLE_WAIT);
	assert_int_equal(want(&t, 1), JOBTABLE_WAIT);
	assert_int_equal(want(&t, 3), JOBTABLE_WAIT);
	assert_int_equal(jobtable_ahead(&t, jobtable_find(&t, 3)), 2);
	assert_null(jobtable_next(&t));
	static const pid_t order[] = {2, 4, 1, 3};

	for (int i = 0; i < 3; i++) {
		jobtable_free_slot(&t, jobtable_find(&t, order[i]), 0);
		struct jobtable_entry *e = jobtable_next(&t);

		assert_non_null(e);
		assert_int_equal(e->pid, order[i + 1]);
		assert_null(jobtable_next(&t));
	}
	jobtable_release(&t);
}

static void
asking_again_does_not_lose_the_place(void **state)
{
	struct jobtable t = table(1, 10, 3);

	(void)state;
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	assert_int_equal(want(&t, 2), JOBTABLE_WAIT);
	assert_int_equal(want(&t, 3), JOBTABLE_WAIT);
	assert_int_equal(want(&t, 2), JOBTABLE_WAIT);
	assert_int_equal(jobtable_ahead(&t, jobtable_find(&t, 2)), 0);
	assert_int_equal(t.in_phase[JOB_WAITING], 2);
	jobtable_release(&t);
}

static void
a_full_queue_says_so(void **state)
{
	struct jobtable t = table(1, 1, 3);

	(void)state;
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	assert_int_equal(want(&t, 2), JOBTABLE_WAIT);
	assert_int_equal(want(&t, 3), JOBTABLE_FULL);
	assert_int_equal(want(&t, 3), JOBTABLE_FULL);
	jobtable_release(&t);
}

static void
a_job_that_dies_leaves_its_slot(void **state)
{
	struct jobtable t = table(1, 10, 2);

	(void)state;
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	assert_int_equal(want(&t, 2), JOBTABLE_WAIT);
	jobtable_remove(&t, jobtable_find(&t, 1));
	assert_null(jobtable_find(&t, 1));
	assert_int_equal(jobtable_next(&t)->pid, 2);
	jobtable_remove(&t, jobtable_find(&t, 2));
	assert_int_equal(t.count, 0);
	assert_int_equal(t.in_phase[JOB_RUNNING], 0);
	jobtable_release(&t);
}

static void
a_slot_is_given_back_once(void **state)
{
	struct jobtable t = table(1, 10, 3);

	(void)state;
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	jobtable_free_slot(&t, jobtable_find(&t, 1), 0);
	jobtable_free_slot(&t, jobtable_find(&t, 1), 0);
	assert_int_equal(t.in_phase[JOB_RUNNING], 0);
	assert_int_equal(want(&t, 1), JOBTABLE_FULL);
	assert_int_equal(want(&t, 2), JOBTABLE_GO);
	assert_int_equal(want(&t, 3), JOBTABLE_WAIT);
	jobtable_release(&t);
}

static void
readers_are_counted_by_address(void **state)
{
	struct jobtable t = table(1, 10, 3);

	(void)state;
	jobtable_add(&t, 9, -1, JOB_READING, there);
	jobtable_add(&t, 10, -1, JOB_HELPER, there);
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	assert_int_equal(jobtable_count(&t, JOB_READING, here), 2);
	assert_int_equal(jobtable_count(&t, JOB_READING, there), 1);
	jobtable_release(&t);
}

static void
the_client_with_fewer_jobs_is_next(void **state)
{
	struct jobtable t = table(2, 10, 5);

	(void)state;
	for (pid_t pid = 6; pid <= 8; pid++)
		jobtable_add(&t, pid, -1, JOB_READING, there);
	for (pid_t pid = 1; pid <= 8; pid++)
		assert_int_equal(want(&t, pid), pid <= 2 ? JOBTABLE_GO : JOBTABLE_WAIT);
	/* One slot is here's, so the other is there's; then they take turns. */
	static const pid_t freed[] = {1, 2, 6, 3, 7}, next[] = {6, 3, 7, 4, 8};

	for (int i = 0; i < 5; i++) {
		jobtable_free_slot(&t, jobtable_find(&t, freed[i]), 0);
		struct jobtable_entry *e = jobtable_next(&t);

		assert_non_null(e);
		assert_int_equal(e->pid, next[i]);
	}
	jobtable_release(&t);
}

static void
one_client_gets_no_more_than_its_share(void **state)
{
	struct jobtable t;

	(void)state;
	jobtable_init(&t, &(struct jobtable_limits){.slots = 3, .queue = 10, .client_slots = 2, .client_queue = 1});
	for (pid_t pid = 1; pid <= 4; pid++)
		jobtable_add(&t, pid, -1, JOB_READING, here);
	jobtable_add(&t, 5, -1, JOB_READING, there);
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	assert_int_equal(want(&t, 2), JOBTABLE_GO);
	/* A slot is free, but not for this one. */
	assert_int_equal(want(&t, 3), JOBTABLE_WAIT);
	assert_null(jobtable_next(&t));
	assert_int_equal(want(&t, 4), JOBTABLE_FULL);
	assert_int_equal(want(&t, 5), JOBTABLE_GO);
	jobtable_free_slot(&t, jobtable_find(&t, 5), 0);
	assert_null(jobtable_next(&t));
	jobtable_free_slot(&t, jobtable_find(&t, 1), 0);
	assert_int_equal(jobtable_next(&t)->pid, 3);
	jobtable_release(&t);
}

static void
the_longest_in_a_phase_gives_way(void **state)
{
	struct jobtable t = table(2, 10, 4);

	(void)state;
	assert_int_equal(want(&t, 3), JOBTABLE_GO);
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	jobtable_free_slot(&t, jobtable_find(&t, 3), 5);
	jobtable_free_slot(&t, jobtable_find(&t, 1), 0);
	assert_int_equal(jobtable_give_up(&t, JOB_READING, 0, NULL)->pid, 2);
	assert_int_equal(t.in_phase[JOB_READING], 1);
	assert_int_equal(want(&t, 2), JOBTABLE_FULL);
	assert_int_equal(jobtable_kept_mb(&t), 5);
	assert_int_equal(jobtable_give_up(&t, JOB_REPLYING, 1, NULL)->pid, 3);
	assert_int_equal(jobtable_kept_mb(&t), 0);
	assert_null(jobtable_give_up(&t, JOB_REPLYING, 1, NULL));
	jobtable_release(&t);
}

static void
requests_of_one_client_are_added_up(void **state)
{
	struct jobtable t = table(1, 1, 4);

	(void)state;
	jobtable_add(&t, 5, -1, JOB_READING, there);
	for (pid_t pid = 1; pid <= 5; pid++)
		jobtable_hold(jobtable_find(&t, pid), (size_t)pid);
	assert_int_equal(jobtable_held_mb(&t, here), 10);
	assert_int_equal(want(&t, 1), JOBTABLE_GO);
	assert_int_equal(want(&t, 2), JOBTABLE_WAIT);
	assert_int_equal(jobtable_held_mb(&t, here), 10);
	assert_int_equal(want(&t, 3), JOBTABLE_FULL);
	assert_int_equal(jobtable_held_mb(&t, here), 7);
	/* The request is complete: what comes now is the answer. */
	jobtable_free_slot(&t, jobtable_find(&t, 1), 0);
	jobtable_hold(jobtable_find(&t, 1), 100);
	assert_int_equal(jobtable_held_mb(&t, here), 6);
	assert_int_equal(jobtable_give_up(&t, JOB_READING, 1, there)->pid, 5);
	assert_null(jobtable_give_up(&t, JOB_READING, 1, there));
	assert_int_equal(jobtable_give_up(&t, JOB_READING, 1, here)->pid, 4);
	assert_int_equal(jobtable_held_mb(&t, here), 2);
	assert_int_equal(jobtable_kept_mb(&t), 0);
	jobtable_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_free_slot_is_given_at_once),
		cmocka_unit_test(slots_are_granted_in_order_of_arrival),
		cmocka_unit_test(asking_again_does_not_lose_the_place),
		cmocka_unit_test(a_full_queue_says_so),
		cmocka_unit_test(a_job_that_dies_leaves_its_slot),
		cmocka_unit_test(a_slot_is_given_back_once),
		cmocka_unit_test(readers_are_counted_by_address),
		cmocka_unit_test(the_client_with_fewer_jobs_is_next),
		cmocka_unit_test(one_client_gets_no_more_than_its_share),
		cmocka_unit_test(the_longest_in_a_phase_gives_way),
		cmocka_unit_test(requests_of_one_client_are_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
