/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JOB_H
#define DCC_JOB_H

#include <stdint.h>

#include "access.h"
#include "control.h"
#include "confinement.h"
#include "peer.h"
#include "reason.h"
#include "settings.h"
#include "tls.h"
#include "toolchain.h"

/*
 * One connection from its first to its last byte, in a process of its own. `native` and `distcc`
 * speak the two languages; `work` runs the compiler.
 */
struct job;

/* What differs between the languages outside their own files. */
struct job_language {
	const char *name;                             /* as the log shows it */
	void (*queued)(struct job *j, uint32_t ahead);  /* the job waits: says so */
	void (*compiling)(struct job *j);               /* the compiler runs: says so */
	void (*refuse)(struct job *j);                  /* sends reason and text */
};

struct job {
	const struct settings *settings; /* borrowed */
	struct toolchain *toolchain;     /* borrowed */
	const struct confinement *confinement; /* borrowed */
	struct tls *tls;                 /* borrowed; NULL: not set up */
	bool is_let_in;                  /* whoever started us has proved who the client is */
	bool offers_pump;                /* jobs can have a view here, and there is a store */
	struct peer peer;
	int control_fd;                  /* to the listener; -1: there is none, slots are free */
	char client[ACCESS_NAME_SIZE];
	uint32_t running, queued;        /* of the daemon, when the client came */
	int64_t held;                    /* bytes of its request on disk */
	int64_t told_held;               /* the same, when the listener was told last */

	const struct job_language *language;
	const char *language_name;       /* with the version: "distcc2" */
	bool is_pump;                    /* the client's files came, not a preprocessed text */
	char *compiler;                  /* as the client calls it, for the log; NULL: not known yet */
	char *source;
	enum reason reason;              /* of the refusal; also set before the start: refuse at once */
	char *text;                      /* a sentence for it, or NULL */
	int exit_code;
	int64_t wait_ms, cpu_ms, wall_ms, peak_kb;
};

#define JOB_INIT {.control_fd = -1}

/* Serves the connection (peer, set by the caller) to its end, and says in the log what became of it. Releases what j owns. */
void
job_run(struct job *j);
/* Notes why this job is refused; returns ERR_DENIED, which is to be handed up. */
enum err
job_refuse(struct job *j, enum reason why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A file without a name in the store's folder. RESOURCE or INTERNAL is noted on failure. */
enum err
job_open_file(struct job *j, int *fd);
/* Notes so many bytes more of the request on disk, or less, which the listener adds up for all requests of a client. */
void
job_hold(struct job *j, int64_t bytes);
/* Appends to it. */
enum err
job_write_file(struct job *j, int fd, const void *data, size_t len);

#endif
