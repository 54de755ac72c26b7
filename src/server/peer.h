/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PEER_H
#define DCC_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "err.h"
#include "sum.h"

/*
 * The client's end of a job: buffered reading, counted bytes, and a deadline for every wait. With
 * a socket both fds are the same; over ssh they are a pair of pipes.
 */
#define PEER_BUFFER_SIZE ((size_t)64 << 10)
#define PEER_FIRST_BYTES_MS 10000
#define PEER_PROGRESS_MS 30000
#define PEER_REQUEST_MS 900000
#define PEER_FAREWELL_MS 2000

struct peer {
	int in_fd, out_fd;
	unsigned char *buffer;
	size_t start, end;          /* unread bytes of buffer */
	int64_t progress_ms;        /* how long one wait for bytes may last */
	int64_t request_deadline_ms;
	uint64_t bytes_in, bytes_out;
	struct sum in_sum, out_sum; /* of what was read from the buffer, and written */
};

/* Takes both fds and makes them non-blocking. The first bytes are due at once. */
void
peer_init(struct peer *p, int in_fd, int out_fd);
/* Closes; safe twice. */
void
peer_release(struct peer *p);
/* Exactly n bytes: ERR_CLOSED, ERR_TIMEOUT, ERR_SYSTEM. */
enum err
peer_read(struct peer *p, void *data, size_t n);
/* Between 1 and max bytes, borrowed until the next call. */
enum err
peer_read_some(struct peer *p, size_t max, const unsigned char **data, size_t *len);
enum err
peer_write(struct peer *p, const void *data, size_t n);
/* All of iov, which is changed on the way; keep a piece at 64 KiB or so: each call has its own deadline. */
enum err
peer_writev(struct peer *p, struct iovec *iov, int count);
/*
 * Says goodbye: ends our direction, reads and forgets what the client still sends until it closes or
 * PEER_FAREWELL_MS pass. A socket closed with unread bytes would be reset, and a reset destroys the reply on its way.
 */
void
peer_finish(struct peer *p);

#endif
