/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TLS_CONTEXT_H
#define DCC_TLS_CONTEXT_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "farmkey.h"
#include "tls.h"

/* What tls, tls_stream and tls_explain share, and nobody else includes. */
struct tls {
	SSL_CTX *context;
	enum tls_side side;
	struct farmkeys keys;
	char *key_file;       /* for messages; NULL: no keys */
	bool authenticates;
};

enum tls_key_state {
	TLS_KEY_NONE,     /* none was spoken of */
	TLS_KEY_OFFERED,  /* it exists on both sides; the handshake proves that it is the same one */
	TLS_KEY_UNKNOWN   /* volunteer: no such name here */
};

#define TLS_PEER_MAX 128

struct tls_stream {
	struct tls *tls;      /* borrowed */
	SSL *ssl;
	short events;
	enum tls_key_state key_state;
	char key_name[FARMKEY_NAME_MAX + 1];
	char identity[FARMKEY_IDENTITY_MAX]; /* client: of its key, while libssl asks for it */
	char peer[TLS_PEER_MAX];
	unsigned long failure; /* libssl's code of the last failure, 0: none */
	SSL_SESSION *session;  /* client: the newest that the volunteer gave */
};

/* The stream of a callback's SSL. Borrowed. */
struct tls_stream *
tls_stream_of(SSL *ssl);
/* Makes the callbacks for keys known to the context. */
void
tls_keys_install(struct tls *tls);

#endif
