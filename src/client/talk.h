/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TALK_H
#define DCC_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "buffer.h"
#include "identity.h"
#include "outputs.h"
#include "reason.h"
#include "sched.h"
#include "state.h"
#include "strv.h"
#include "transport.h"

/* One job that shall go away: what every language of conversation needs to know of it. All borrowed. */
struct talk_job {
	const struct args *args;
	const struct strv *native;  /* what a gcc elsewhere must be told of -march=native and -mtune=native; NULL: nothing */
	const struct strv *scanned; /* the command for the include server, which must not depend on this machine's processor */
	const struct identity *identity;
	const char *compiler;       /* path, for preprocessing here */
	const char *cwd;            /* absolute; $PWD's spelling where that names the same folder */
	const char *tmpdir;
	struct sched *sched;        /* for the local slot of the preprocessor */
	struct state_writer *state;
	const char *host;           /* for the state record */
	int slot;
	int64_t io_timeout_ms;
	bool saves_temps;           /* keep the preprocessed text */
	bool wants_colour;          /* our stderr is a terminal: the compiler elsewhere cannot see that */
};

/*
 * How one job with one volunteer ended. "The job failed" (TALK_DONE with an exit code) and "the
 * host failed" are different ends from the start.
 */
enum talk_end {
	TALK_DONE,        /* the compiler's own result, whatever its exit code */
	TALK_HOST_FAILED, /* the volunteer or the way to it: try another */
	TALK_HERE,        /* nobody can do it elsewhere: compile here */
	TALK_NOT_OURS,    /* the volunteer does not speak this language: try the other */
	TALK_NO_PUMP,     /* not in pump mode: preprocess here */
	TALK_UNFIT,       /* nothing failed, but this job is not for this volunteer: try another */
	TALK_STOPPED      /* a stop signal was caught */
};

struct talk_result {
	enum talk_end end;
	enum reason reason;     /* of TALK_HOST_FAILED, TALK_HERE, TALK_NO_PUMP and TALK_UNFIT */
	char *text;             /* one sentence more, or NULL */
	int exit_code;          /* of TALK_DONE */
	int stdout_fd;          /* unnamed files at any offset, -1: nothing was printed */
	int stderr_fd;
	struct buffer cpp_messages;
	struct strv names;      /* of REASON_PROOF: files that the compiler there has read */
	struct outputs outputs; /* not yet placed */
	uint64_t sent, received;
};
#define TALK_RESULT_INIT {.end = TALK_HOST_FAILED, .stdout_fd = -1, .stderr_fd = -1}

void
talk_result_release(struct talk_result *r);
/* Sets the end and its reason; fmt NULL: no text. Returns the end, so that a caller can return it. */
enum talk_end
talk_fail(struct talk_result *r, enum talk_end end, enum reason why, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* An error of the connection (ERR_CLOSED, ERR_TIMEOUT...) as an end. */
enum talk_end
talk_fail_io(struct talk_result *r, enum err e, const char *what);
/* Creates an unnamed file in tmpdir at *fd if it is not open yet. ERR_SYSTEM, logged. */
enum err
talk_open_unnamed(const char *tmpdir, int *fd);

struct preprocess;
struct pump;
struct scan_answer;
/*
 * The two languages. c is connected; all leave it open. cpp was started, to a pipe for our language and to a file
 * for distcc's; it is used up, its messages are moved to the result.
 */
enum talk_end
talk_native(const struct talk_job *job, struct connection *c, struct preprocess *cpp,
            struct talk_result *r);
/* In pump mode: the include server has given its answer, and goes on. */
enum talk_end
talk_pump(const struct talk_job *job, struct connection *c, struct pump *pump,
          const struct scan_answer *answer, struct talk_result *r);
enum talk_end
talk_distcc(const struct talk_job *job, struct connection *c, struct preprocess *cpp, bool has_lzo,
            struct talk_result *r);

#endif
