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
jobtable_init(struct jobtable *t, size_t slots, size_t queue_max)
{
	*t = (struct jobtable){.slots = slots, .queue_max = queue_max};
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

	*e = (struct jobtable_entry){.pid = pid, .control_fd = control_fd, .phase = phase};
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
jobtable_count_reading(const struct jobtable *t, const unsigned char address[ACCESS_ADDRESS_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->list[i].phase == JOB_READING &&
		     memcmp(t->list[i].address, address, ACCESS_ADDRESS_SIZE) == 0;
	return n;
}

enum jobtable_answer
jobtable_want(struct jobtable *t, struct jobtable_entry *e)
{
	if (e->phase == JOB_WAITING)
		return JOBTABLE_WAIT;
	if (e->phase != JOB_READING)
		return JOBTABLE_FULL;
	if (t->in_phase[JOB_RUNNING] < t->slots && t->in_phase[JOB_WAITING] == 0) {
		enter(t, e, JOB_RUNNING);
		return JOBTABLE_GO;
	}
	if (t->in_phase[JOB_WAITING] >= t->queue_max) {
		enter(t, e, JOB_REPLYING);
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
jobtable_free_slot(struct jobtable *t, struct jobtable_entry *e)
{
	if (e->phase == JOB_RUNNING)
		enter(t, e, JOB_REPLYING);
}

struct jobtable_entry *
jobtable_next(struct jobtable *t)
{
	struct jobtable_entry *first = NULL;

	if (t->in_phase[JOB_RUNNING] >= t->slots || t->in_phase[JOB_WAITING] == 0)
		return NULL;
	for (size_t i = 0; i < t->count; i++) {
		struct jobtable_entry *e = &t->list[i];

		if (e->phase == JOB_WAITING && (first == NULL || e->turn < first->turn))
			first = e;
	}
	if (first != NULL)
		enter(t, first, JOB_RUNNING);
	return first;
}
