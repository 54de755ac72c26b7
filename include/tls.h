/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TLS_H
#define DCC_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * TLS 1.3 by libssl, for dccd and dcc-tls; never linked into dcc. Two ways to know each other: a key that both have
 * (farmkey.h), or certificates of a private CA.
 */
enum tls_side { TLS_CLIENT, TLS_VOLUNTEER };

struct tls_files {
	const char *farm_key; /* keys; NULL: none. A client that has one uses it and nothing else */
	const char *cert;     /* PEM: our certificate, then what leads to the CA; NULL: none */
	const char *key;      /* PEM: its key; NULL: in the same file */
	const char *ca;       /* PEM: whose certificates are believed; NULL: a volunteer asks for none */
};

/* The first byte of a connection whose client speaks TLS: a handshake record. */
#define TLS_FIRST_BYTE 0x16

/*
 * Reads the files: secrets must be nobody else's to read. ERR_USAGE: *error (yours) names the file and what is wrong with
 * it. Shared by forked children; the tickets of one are good for all.
 */
struct tls;
enum err
tls_new(enum tls_side side, const struct tls_files *files, struct tls **tls, char **error);
void
tls_free(struct tls *tls);
/* Does it prove who the other side is? */
bool
tls_authenticates(const struct tls *tls);

/* One connection over a non-blocking socket, which is borrowed. */
struct tls_stream;
struct tls_stream *
tls_stream_new(struct tls *tls, int fd);
void
tls_stream_free(struct tls_stream *s);
/* Client: the name or address that the volunteer's certificate must have. ERR_USAGE. */
enum err
tls_stream_expect(struct tls_stream *s, const char *host);
/* Client: a session of before, as tls_stream_session gave it; ERR_PROTOCOL for what is none, or too old. */
enum err
tls_stream_resume(struct tls_stream *s, const unsigned char *data, size_t len);
/*
 * A step of the handshake: OK when it is complete; ERR_BUSY: wait for tls_stream_events. ERR_DENIED: somebody does not
 * believe somebody, ERR_PROTOCOL, ERR_CLOSED: *why (yours) is a sentence.
 */
enum err
tls_stream_handshake(struct tls_stream *s, char **why);
/* The same to its end, before the deadline: ERR_TIMEOUT. */
enum err
tls_stream_handshake_until(struct tls_stream *s, int64_t deadline_ms, char **why);
/* A step: *done > 0 on OK. ERR_BUSY, ERR_CLOSED at the end, ERR_PROTOCOL, ERR_SYSTEM. */
enum err
tls_stream_read(struct tls_stream *s, void *data, size_t n, size_t *done);
enum err
tls_stream_write(struct tls_stream *s, const void *data, size_t n, size_t *done);
/* What the last ERR_BUSY waits for, as poll(2) bits. */
short
tls_stream_events(const struct tls_stream *s);
/* Why the last step failed, as a sentence (yours). */
char *
tls_stream_explain(const struct tls_stream *s);
/* Says that nothing follows; never waits. */
void
tls_stream_close(struct tls_stream *s);

/* After the handshake. */
enum tls_way { TLS_BY_KEY, TLS_BY_CERTIFICATE, TLS_RESUMED };
enum tls_way
tls_stream_way(const struct tls_stream *s);
/* The client's name: of its key, or its certificate; "-" if it has none. Without blanks. Borrowed. */
const char *
tls_stream_peer(const struct tls_stream *s);
/* Client: a session for next time, yours; ERR_MISSING while the volunteer has given none. */
enum err
tls_stream_session(const struct tls_stream *s, unsigned char **data, size_t *len);

#endif
