/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PREPROCESS_H
#define DCC_PREPROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "buffer.h"
#include "err.h"
#include "pragmas.h"
#include "talk.h"
#include "textfilter.h"

/*
 * The text of a job: the local preprocessor running, or the source itself where it is preprocessed
 * already. Its messages are kept, to be shown with the compiler's.
 */
struct preprocess {
	enum args_form form;
	pid_t pid;        /* 0: no child runs (any more) */
	int text_fd;      /* the text comes from here; -1 at its end, or when it goes to a file */
	int file_fd;      /* the text goes to this unnamed file, for who needs it whole; -1 none */
	int copy_fd;      /* and a copy of it is kept here (DCC_SAVE_TEMPS); -1 none */
	int err_fd;       /* cpp's messages; -1 at their end */
	struct buffer messages;
	bool has_filter;
	struct textfilter filter;
	bool has_pragmas; /* gcc would drop some that matter: they are watched for */
	struct pragmas pragmas;
	struct lock lock; /* the local slot */
	bool is_read;     /* something was taken from it: of no use for another conversation */
};
#define PREPROCESS_INIT {.text_fd = -1, .err_fd = -1, .file_fd = -1, .copy_fd = -1, .lock = LOCK_INIT}

/* Messages beyond this many bytes: something is odd, the job stays here. */
#define PREPROCESS_MESSAGES_MAX ((size_t)1 << 20)

/*
 * Starts it: the text is to be read from p->text_fd, or, PREPROCESS_TO_FILE, goes to p->file_fd, which is complete
 * once preprocess_finish was OK. The dependency file is added to result->outputs. ERR_SYSTEM (logged): cannot; ERR_CLOSED: a stop
 * signal; ERR_USAGE: the source cannot be read.
 */
enum preprocess_target { PREPROCESS_TO_PIPE, PREPROCESS_TO_FILE };
enum err
preprocess_start(struct preprocess *p, const struct talk_job *job, enum args_form form,
                 enum preprocess_target target, struct talk_result *result);
/* Reads some text through the filter into out (at most about 64 KiB). At the end text_fd is -1. ERR_SYSTEM; ERR_USAGE: the
 * text has lost something that the compiler needs. */
enum err
preprocess_read(struct preprocess *p, struct buffer *out);
/* Reads what there is of the messages; at their end err_fd is -1. ERR_LIMIT: too many. */
enum err
preprocess_read_messages(struct preprocess *p);
/* Text and messages have ended: reaps the child, frees the slot. ERR_USAGE: cpp failed. */
enum err
preprocess_finish(struct preprocess *p);
/* Kills what still runs and releases everything. Safe on INIT and twice. */
void
preprocess_release(struct preprocess *p);

#endif
