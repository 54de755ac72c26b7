/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_FEED_H
#define DCC_JAIL_FEED_H

#include "err.h"
#include "jail.h"

/* Sends the text into the source's FIFO, from outside the jail. */
struct jail_feed_state {
	int fifo_fd;   /* -1: nothing to do, or done */
	int folder_fd; /* where the FIFO is */
	int text_fd;   /* borrowed */
	const char *name;
	off_t sent;
	off_t size;
};

#define JAIL_FEED_INIT {.fifo_fd = -1, .folder_fd = -1, .text_fd = -1}

/* Is this job fed through a FIFO? An empty text is not: nothing would show that somebody reads. */
bool
jail_feed_is_fifo(const struct jail_job *job);
/* In the jail: makes the source below root, as a file, or as a FIFO (open in *fifo_fd) with the original beside. */
enum err
jail_feed_place(const struct jail_job *job, const char *path, int *fifo_fd, int *folder_fd);
/* When fifo_fd is ready for writing. The last call puts the original in place and closes. */
enum err
jail_feed_step(struct jail_feed_state *f);
void
jail_feed_release(struct jail_feed_state *f);

#endif
