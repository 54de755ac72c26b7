/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_STATE_H
#define DCC_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/*
 * The record of one running dcc: a file of STATE_SIZE bytes in userdir's state/, written by the
 * client at each change of phase and read by the monitors. The writer holds a flock(2) on it for
 * its whole life, so a record whose lock can be taken belongs to a dead process, whatever pid
 * namespace that lived in.
 */
enum state_phase {
	STATE_STARTUP, STATE_BLOCKED, STATE_PREPROCESS, STATE_CONNECT, STATE_SEND,
	STATE_QUEUED, STATE_COMPILE, STATE_RECEIVE, STATE_DONE
};

enum state_mode { STATE_MODE_NONE, STATE_MODE_LOCAL, STATE_MODE_PLAIN, STATE_MODE_PUMP };

/* How the volunteer is reached. */
enum state_link { STATE_LINK_NONE, STATE_LINK_TCP, STATE_LINK_SSH, STATE_LINK_TLS };

#define STATE_NAME_MAX 128
#define STATE_SIZE 512

struct state {
	enum state_phase phase;
	enum state_mode mode;
	enum state_link link;
	int64_t pid;
	int64_t start_ms;                  /* wall clock, ms since the epoch: when dcc started */
	int64_t phase_ms;                  /* when this phase began */
	int32_t slot;                      /* of the host, from 0; -1 none */
	char source[STATE_NAME_MAX];       /* as on the command line, its tail if long */
	char host[STATE_NAME_MAX];         /* "localhost" for work here, "" before a host is chosen */
	char blocked_on[STATE_NAME_MAX];   /* what a Blocked job waits for: "a volunteer's slot", "a local slot"... */
};

/* "Startup", "Blocked"...; "" for a number that is no phase. */
const char *
state_phase_name(enum state_phase phase);
const char *
state_mode_name(enum state_mode mode);
const char *
state_link_name(enum state_link link);

/* The codec: pure. get returns ERR_PROTOCOL for bytes that are no record of this version. */
void
state_put(const struct state *s, unsigned char record[STATE_SIZE]);
enum err
state_get(const unsigned char record[STATE_SIZE], struct state *s);

/* The writer. fd -1: no record can be kept, every call does nothing. */
struct state_writer {
	int fd;
	char *path;
	struct state state;
};
#define STATE_WRITER_INIT {.fd = -1}

/* The clock of start_ms and phase_ms. */
int64_t
state_now_ms(void);
/* Creates and locks dir/PID-RANDOM. Failure is no error (debug log): the job goes on unseen. */
void
state_open(struct state_writer *w, const char *dir, const char *source);
/*
 * Changes phase, host, slot; host NULL: both unchanged. What repeats the phase that is, at the same
 * place, leaves its time. mode, link and blocked_on are set in w->state before; leaving Blocked clears
 * blocked_on.
 */
void
state_enter(struct state_writer *w, enum state_phase phase, const char *host, int slot);
/* Removes the record. Safe on INIT and twice. */
void
state_close(struct state_writer *w);

/*
 * The reader: all live records of dir, sorted by host, slot, pid; yours (free). Removes the records
 * of dead processes. ERR_SYSTEM (logged) when dir cannot be read.
 */
enum err
state_list(const char *dir, struct state **list, size_t *count);

#endif
