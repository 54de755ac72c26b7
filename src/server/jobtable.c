/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plain array: it holds at most some hundred children, and the listener already visits all of
 * them for every ppoll(2).
 */
#include <stdlib.h>
#include <string.h>

#include "jobtable.h"
#include "xalloc.h"

void
jobtable_init(struct jobtable *t, const struct jobtable_limits *limits)
{
	*t = (struct jobtable){.limits = *limits};
	if (t->limits.client_slots == 0)
		t->limits.client_slots = limits->slots;
	if (t->limits.client_queue == 0)
		t->limits.client_queue = limits->queue;
}

void
jobtable_release(struct jobtable *t)
{
	free(t->list);
	*t = (struct jobtable){0};
}

struct jobtable_entry *
jobtable_add(struct jobtable *t, pid_t pid, int control_fd, enum jobtable_phase phase,
             const unsigned char address[ACCESS_ADDRESS_SIZE])
{
	if (t->count == t->cap) {
		t->cap = t->cap != 0 ? t->cap * 2 : 16;
		t->list = xrealloc(t->list, t->cap * sizeof(*t->list));
	}
	struct jobtable_entry *e = &t->list[t->count++];

	*e = (struct jobtable_entry){.pid = pid, .control_fd = control_fd, .phase = phase, .turn = t->next_turn++};
	memcpy(e->address, address, ACCESS_ADDRESS_SIZE);
	t->in_phase[phase]++;
	return e;
}

struct jobtable_entry *
jobtable_find(struct jobtable *t, pid_t pid)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].pid == pid)
			return &t->list[i];
	return NULL;
}

static void
enter(struct jobtable *t, struct jobtable_entry *e, enum jobtable_phase phase)
{
	t->in_phase[e->phase]--;
	e->phase = phase;
	t->in_phase[phase]++;
}

void
jobtable_remove(struct jobtable *t, struct jobtable_entry *e)
{
	t->in_phase[e->phase]--;
	*e = t->list[--t->count];
}

size_t
jobtable_count(const struct jobtable *t, enum jobtable_phase phase, const unsigned char address[ACCESS_ADDRESS_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < t->count && t->in_phase[phase] != 0; i++)
		n += t->list[i].phase == phase && memcmp(t->list[i].address, address, ACCESS_ADDRESS_SIZE) == 0;
	return n;
}

struct jobtable_entry *
jobtable_give_up(struct jobtable *t, enum jobtable_phase phase, size_t least_mb, const unsigned char *address)
{
	struct jobtable_entry *oldest = NULL;

	for (size_t i = 0; i < t->count; i++) {
		struct jobtable_entry *e = &t->list[i];

		if (e->phase == phase && e->kept_mb >= least_mb && (oldest == NULL || e->turn < oldest->turn) &&
		    (address == NULL || memcmp(e->address, address, ACCESS_ADDRESS_SIZE) == 0))
			oldest = e;
	}
	if (oldest != NULL)
		enter(t, oldest, JOB_HELPER);
	return oldest;
}

void
jobtable_hold(struct jobtable_entry *e, size_t kept_mb)
{
	if (e->phase == JOB_READING)
		e->kept_mb = kept_mb;
}

size_t
jobtable_held_mb(const struct jobtable *t, const unsigned char address[ACCESS_ADDRESS_SIZE])
{
	size_t sum = 0;

	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].phase <= JOB_RUNNING && memcmp(t->list[i].address, address, ACCESS_ADDRESS_SIZE) == 0)
			sum += t->list[i].kept_mb;
	return sum;
}

/* Whoever waits while a slot is free has all that one client may have, so e takes nobody's turn. */
enum jobtable_answer
jobtable_want(struct jobtable *t, struct jobtable_entry *e)
{
	if (e->phase == JOB_WAITING)
		return JOBTABLE_WAIT;
	if (e->phase != JOB_READING)
		return JOBTABLE_FULL;
	if (t->in_phase[JOB_RUNNING] < t->limits.slots &&
	    jobtable_count(t, JOB_RUNNING, e->address) < t->limits.client_slots) {
		enter(t, e, JOB_RUNNING);
		return JOBTABLE_GO;
	}
	if (t->in_phase[JOB_WAITING] >= t->limits.queue ||
	    jobtable_count(t, JOB_WAITING, e->address) >= t->limits.client_queue) {
		enter(t, e, JOB_REPLYING);
		e->kept_mb = 0;
		return JOBTABLE_FULL;
	}
	enter(t, e, JOB_WAITING);
	e->turn = t->next_turn++;
	return JOBTABLE_WAIT;
}

size_t
jobtable_ahead(const struct jobtable *t, const struct jobtable_entry *e)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->list[i].phase == JOB_WAITING && t->list[i].turn < e->turn;
	return n;
}

void
jobtable_free_slot(struct jobtable *t, struct jobtable_entry *e, size_t kept_mb)
{
	if (e->phase != JOB_RUNNING)
		return;
	enter(t, e, JOB_REPLYING);
	e->turn = t->next_turn++;
	e->kept_mb = kept_mb;
}

size_t
jobtable_kept_mb(const struct jobtable *t)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->count && t->in_phase[JOB_REPLYING] != 0; i++)
		sum += t->list[i].phase == JOB_REPLYING ? t->list[i].kept_mb : 0;
	return sum;
}

static bool
is_before(const struct jobtable_entry *a, size_t a_runs, const struct jobtable_entry *b, size_t b_runs)
{
	return a_runs != b_runs ? a_runs < b_runs : a->turn < b->turn;
}

struct jobtable_entry *
jobtable_next(struct jobtable *t)
{
	struct jobtable_entry *first = NULL;
	size_t fewest = 0;

	if (t->in_phase[JOB_RUNNING] >= t->limits.slots || t->in_phase[JOB_WAITING] == 0)
		return NULL;
	for (size_t i = 0; i < t->count; i++) {
		struct jobtable_entry *e = &t->list[i];

		/* Most often the one before is of the same client, and came earlier. */
		if (e->phase != JOB_WAITING || (first != NULL && e->turn > first->turn &&
		                                memcmp(e->address, first->address, ACCESS_ADDRESS_SIZE) == 0))
			continue;
		size_t runs = jobtable_count(t, JOB_RUNNING, e->address);

		if (runs < t->limits.client_slots && (first == NULL || is_before(e, runs, first, fewest))) {
			first = e;
			fewest = runs;
		}
	}
	if (first != NULL)
		enter(t, first, JOB_RUNNING);
	return first;
}
