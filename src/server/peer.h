/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PEER_H
#define DCC_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "buffer.h"
#include "err.h"
#include "sum.h"
#include "tls.h"

/*
 * The client's end of a job: buffered reading, counted bytes, and a deadline for every wait. With
 * a socket both fds are the same; over ssh they are a pair of pipes. Once it is secured, all of it goes through TLS.
 */
#define PEER_BUFFER_SIZE ((size_t)64 << 10)
#define PEER_FIRST_BYTES_MS 10000
#define PEER_PROGRESS_MS 30000
#define PEER_REQUEST_MS 900000
#define PEER_ANSWER_MS 900000
#define PEER_FAREWELL_MS 2000

/* Their numbers in TLS. */
enum peer_alert { PEER_ALERT_ACCESS_DENIED = 49, PEER_ALERT_NO_TLS = 120 };

struct peer {
	int in_fd, out_fd;
	struct tls_stream *secure;  /* NULL: plaintext */
	unsigned char *buffer;
	size_t start, end;          /* unread bytes of buffer */
	int64_t progress_ms;        /* how long one wait for bytes may last */
	int64_t request_deadline_ms;
	int64_t answer_deadline_ms; /* of all that is written; IO_NO_DEADLINE while the job runs */
	uint64_t bytes_in, bytes_out;
	struct sum in_sum, out_sum; /* of what was read from the buffer, and written */
};

/* Takes both fds and makes them non-blocking. The first bytes are due at once. */
void
peer_init(struct peer *p, int in_fd, int out_fd);
/* Closes; safe twice. */
void
peer_release(struct peer *p);
/* The first byte that the client sends, which stays to be read; 0 where it cannot be looked at (a pipe). Errors as of peer_read. */
enum err
peer_first_byte(struct peer *p, unsigned char *byte);
/*
 * The handshake, before anything was read, and before the request's deadline. Errors as of tls_stream_handshake_until, *why is yours.
 */
enum err
peer_secure(struct peer *p, struct tls *tls, char **why);
/* A fatal alert for a client that speaks TLS where it is not to be answered with a handshake. */
void
peer_send_alert(struct peer *p, enum peer_alert alert);
/* Exactly n bytes: ERR_CLOSED, ERR_TIMEOUT, ERR_SYSTEM. */
enum err
peer_read(struct peer *p, void *data, size_t n);
/* Between 1 and max bytes, borrowed until the next call. */
enum err
peer_read_some(struct peer *p, size_t max, const unsigned char **data, size_t *len);
enum err
peer_write(struct peer *p, const void *data, size_t n);
/* The answer begins: one who reads it byte by byte does not keep us, and what the job wrote, for ever. */
void
peer_begin_answer(struct peer *p);
/* Writes the bytes of b and releases it. */
enum err
peer_send(struct peer *p, struct buffer *b);
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
