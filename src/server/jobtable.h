/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JOBTABLE_H
#define DCC_JOBTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "access.h"

/*
 * The listener's list of its children and the one decision it takes: who may use a processor now.
 * A free slot goes to the client (an address) that has the fewest; of those that have equally many, and of one client's
 * own jobs, to the request that became complete first. Pure.
 */
enum jobtable_phase {
	JOB_READING,  /* sends its request, or nothing at all */
	JOB_WAITING,  /* complete, waits for a slot */
	JOB_RUNNING,  /* has a slot */
	JOB_REPLYING, /* gave its slot back */
	JOB_HELPER    /* a refusal or a page of statistics: no job */
};
#define JOBTABLE_PHASES 5

struct jobtable_entry {
	pid_t pid;
	int control_fd; /* -1: none, or its other end is closed; the owner of the table closes it */
	enum jobtable_phase phase;
	uint64_t turn;  /* order in which they began to read, to wait or to reply */
	size_t kept_mb; /* of its request on disk, and of outputs in memory while it replies */
	unsigned char address[ACCESS_ADDRESS_SIZE];
};

struct jobtable_limits {
	size_t slots;        /* jobs at once */
	size_t queue;        /* jobs that wait */
	size_t client_slots; /* of one client; 0: as many as there are */
	size_t client_queue; /* of one client; 0: the same */
};

struct jobtable {
	struct jobtable_entry *list;
	size_t count;
	size_t cap;
	struct jobtable_limits limits;
	size_t in_phase[JOBTABLE_PHASES];
	uint64_t next_turn;
};

enum jobtable_answer { JOBTABLE_GO, JOBTABLE_WAIT, JOBTABLE_FULL };

void
jobtable_init(struct jobtable *t, const struct jobtable_limits *limits);
void
jobtable_release(struct jobtable *t);
/* The new entry, in this phase; borrowed until the next add or remove. */
struct jobtable_entry *
jobtable_add(struct jobtable *t, pid_t pid, int control_fd, enum jobtable_phase phase,
             const unsigned char address[ACCESS_ADDRESS_SIZE]);
/*
 * Of those in the phase that keep so much, of one address or (NULL) of all, the one that has been there longest, which is a
 * helper then; NULL: nobody is.
 */
struct jobtable_entry *
jobtable_give_up(struct jobtable *t, enum jobtable_phase phase, size_t least_mb, const unsigned char *address);
/* So much of its request is here. */
void
jobtable_hold(struct jobtable_entry *e, size_t kept_mb);
/* What all requests of this client keep, to the end of their jobs. */
size_t
jobtable_held_mb(const struct jobtable *t, const unsigned char address[ACCESS_ADDRESS_SIZE]);
/* NULL: no child of ours. */
struct jobtable_entry *
jobtable_find(struct jobtable *t, pid_t pid);
void
jobtable_remove(struct jobtable *t, struct jobtable_entry *e);
/* Entries of this address in this phase. */
size_t
jobtable_count(const struct jobtable *t, enum jobtable_phase phase, const unsigned char address[ACCESS_ADDRESS_SIZE]);
/* The request of e is complete: its slot at once, or a place in the queue, or neither. An entry that waits is told WAIT
 * again. */
enum jobtable_answer
jobtable_want(struct jobtable *t, struct jobtable_entry *e);
/* Jobs that became complete before e and still wait. */
size_t
jobtable_ahead(const struct jobtable *t, const struct jobtable_entry *e);
/* e needs its slot no more. */
void
jobtable_free_slot(struct jobtable *t, struct jobtable_entry *e, size_t kept_mb);
/* What all that reply keep. */
size_t
jobtable_kept_mb(const struct jobtable *t);
/* The next one that may run, which now has its slot; NULL while all slots are taken, or nobody waits who may have one. */
struct jobtable_entry *
jobtable_next(struct jobtable *t);

#endif
