/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A key of farmkey.h as a pre-shared key of TLS 1.3, always together with a Diffie-Hellman exchange: whoever learns the key later
 * cannot read what was recorded before.
 *
 * A name that the volunteer does not know goes on with a secret made up on the spot: the handshake then fails as with a wrong
 * key, so that nobody can try out names.
 */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "tls_context.h"

/* TLS_AES_128_GCM_SHA256: the key is bound to its hash; the other suite that is offered has the same. */
static const unsigned char suite[] = {0x13, 0x01};

static SSL_SESSION *
make_session(SSL *ssl, const unsigned char secret[FARMKEY_SIZE])
{
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, suite);
	SSL_SESSION *session = SSL_SESSION_new();

	if (cipher != NULL && session != NULL &&
	    SSL_SESSION_set1_master_key(session, secret, FARMKEY_SIZE) == 1 &&
	    SSL_SESSION_set_cipher(session, cipher) == 1 &&
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

/* The volunteer: 1 with *session NULL for what is no key of ours. */
static int
find_key(SSL *ssl, const unsigned char *identity, size_t len, SSL_SESSION **session)
{
	struct tls_stream *s = tls_stream_of(ssl);
	unsigned char made_up[FARMKEY_SIZE];
	const struct farmkey *key = NULL;
	enum err e = farmkey_get_identity(identity, len, s->key_name);

	*session = NULL;
	if (e == ERR_MISSING)
		return 1;
	if (e == OK)
		key = farmkey_find(&s->tls->keys, s->key_name);
	if (key == NULL && RAND_bytes(made_up, sizeof(made_up)) != 1)
		return 0;
	s->key_state = key != NULL ? TLS_KEY_OFFERED : TLS_KEY_UNKNOWN;
	/* A ticket would save nothing that the key does not save. */
	SSL_set_num_tickets(ssl, 0);
	*session = make_session(ssl, key != NULL ? key->secret : made_up);
	return *session != NULL;
}

static int
use_key(SSL *ssl, const EVP_MD *hash, const unsigned char **identity, size_t *len, SSL_SESSION **session)
{
	struct tls_stream *s = tls_stream_of(ssl);

	(void)hash;
	*session = make_session(ssl, s->tls->keys.list[0].secret);
	if (*session == NULL)
		return 0;
	farmkey_put_identity(s->tls->keys.list[0].name, s->identity);
	*identity = (const unsigned char *)s->identity;
	*len = strlen(s->identity);
	return 1;
}

void
tls_keys_install(struct tls *tls)
{
	if (tls->side == TLS_VOLUNTEER)
		SSL_CTX_set_psk_find_session_callback(tls->context, find_key);
	else if (tls->keys.count != 0)
		SSL_CTX_set_psk_use_session_callback(tls->context, use_key);
}
