/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io.h"
#include "tls_context.h"
#include "xalloc.h"

struct tls_stream *
tls_stream_of(SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

struct tls_stream *
tls_stream_new(struct tls *tls, int fd)
{
	struct tls_stream *s = xcalloc(1, sizeof(*s));

	s->tls = tls;
	s->ssl = SSL_new(tls->context);
	if (s->ssl == NULL || SSL_set_fd(s->ssl, fd) != 1) {
		fputs("dcc: no memory for libssl\n", stderr);
		abort();
	}
	SSL_set_app_data(s->ssl, s);
	if (tls->side == TLS_CLIENT)
		SSL_set_connect_state(s->ssl);
	else
		SSL_set_accept_state(s->ssl);
	snprintf(s->peer, sizeof(s->peer), "-");
	return s;
}

void
tls_stream_free(struct tls_stream *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	SSL_SESSION_free(s->session);
	free(s);
}

enum err
tls_stream_expect(struct tls_stream *s, const char *host)
{
	X509_VERIFY_PARAM *rules = SSL_get0_param(s->ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1)
		return OK;
	ERR_clear_error();
	SSL_set_hostflags(s->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(s->ssl, host) == 1 ? OK : ERR_USAGE;
}

enum err
tls_stream_resume(struct tls_stream *s, const unsigned char *data, size_t len)
{
	const unsigned char *p = data;
	SSL_SESSION *session = len <= INT32_MAX ? d2i_SSL_SESSION(NULL, &p, (long)len) : NULL;
	enum err e = ERR_PROTOCOL;

	if (session != NULL && p == data + len && SSL_SESSION_is_resumable(session) == 1 &&
	    (int64_t)SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session) > (int64_t)time(NULL) &&
	    SSL_set_session(s->ssl, session) == 1)
		e = OK;
	SSL_SESSION_free(session);
	ERR_clear_error();
	return e;
}

/* Failures that mean: somebody is not who he should be. */
static bool
is_denial(unsigned long code)
{
	if (ERR_GET_LIB(code) != ERR_LIB_SSL)
		return false;
	switch (ERR_GET_REASON(code)) {
	case SSL_R_BINDER_DOES_NOT_VERIFY:
	case SSL_R_CERTIFICATE_VERIFY_FAILED:
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
		return true;
	}
	return ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET;
}

/* What a call that did not succeed means. */
static enum err
judge(struct tls_stream *s, int result)
{
	int saved = errno;
	unsigned long code = ERR_peek_error();

	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		s->events = POLLIN;
		return ERR_BUSY;
	case SSL_ERROR_WANT_WRITE:
		s->events = POLLOUT;
		return ERR_BUSY;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	case SSL_ERROR_SYSCALL:
		errno = saved;
		return saved == 0 || saved == ECONNRESET || saved == EPIPE ? ERR_CLOSED : ERR_SYSTEM;
	}
	if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return ERR_CLOSED;
	s->failure = code;
	return is_denial(code) ? ERR_DENIED : ERR_PROTOCOL;
}

/* Certificates may name their owner with anything; a log line takes no blanks and no control characters. */
static void
note_certificate(struct tls_stream *s)
{
	X509 *certificate = SSL_get1_peer_certificate(s->ssl);
	char name[TLS_PEER_MAX] = "";

	if (certificate == NULL)
		return;
	X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof(name));
	X509_free(certificate);
	for (char *p = name; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p) || (unsigned char)*p >= 0x80)
			*p = '?';
	if (name[0] != '\0')
		snprintf(s->peer, sizeof(s->peer), "%s", name);
}

/* The handshake is complete: who is it? */
static enum err
conclude(struct tls_stream *s)
{
	bool has_key = s->tls->side == TLS_CLIENT ? s->tls->keys.count != 0 : s->key_state == TLS_KEY_OFFERED;

	if (!has_key) {
		note_certificate(s);
		return OK;
	}
	s->key_state = TLS_KEY_OFFERED;
	snprintf(s->peer, sizeof(s->peer), "%s", s->tls->side == TLS_CLIENT ? s->tls->keys.list[0].name : s->key_name);
	return SSL_session_reused(s->ssl) == 1 ? OK : ERR_DENIED;
}

/* A volunteer that does not accept our certificate says so after our side of the handshake is complete; its ticket says that it does. */
static enum err
await_ticket(struct tls_stream *s)
{
	char byte;

	if (s->tls->side != TLS_CLIENT || s->session != NULL || SSL_session_reused(s->ssl) == 1)
		return OK;
	int result = SSL_peek(s->ssl, &byte, 1);

	return s->session != NULL || result > 0 ? OK : judge(s, result);
}

enum err
tls_stream_handshake(struct tls_stream *s, char **why)
{
	enum err e = OK;

	ERR_clear_error();
	errno = 0;
	if (SSL_is_init_finished(s->ssl) != 1) {
		int result = SSL_do_handshake(s->ssl);

		e = result == 1 ? conclude(s) : judge(s, result);
	}
	if (e == OK)
		e = await_ticket(s);
	if (e != OK && e != ERR_BUSY)
		*why = tls_stream_explain(s);
	ERR_clear_error();
	return e;
}

enum err
tls_stream_handshake_until(struct tls_stream *s, int64_t deadline_ms, char **why)
{
	enum err e;

	while ((e = tls_stream_handshake(s, why)) == ERR_BUSY) {
		e = io_wait(SSL_get_fd(s->ssl), s->events, deadline_ms);
		if (e == OK)
			continue;
		*why = xasprintf("the handshake was not complete in time");
		return e;
	}
	return e;
}

enum err
tls_stream_read(struct tls_stream *s, void *data, size_t n, size_t *done)
{
	ERR_clear_error();
	errno = 0;
	int result = SSL_read_ex(s->ssl, data, n, done);

	return result == 1 ? OK : judge(s, result);
}

enum err
tls_stream_write(struct tls_stream *s, const void *data, size_t n, size_t *done)
{
	ERR_clear_error();
	errno = 0;
	int result = SSL_write_ex(s->ssl, data, n, done);

	return result == 1 ? OK : judge(s, result);
}

short
tls_stream_events(const struct tls_stream *s)
{
	return s->events;
}

void
tls_stream_close(struct tls_stream *s)
{
	ERR_clear_error();
	SSL_shutdown(s->ssl);
	ERR_clear_error();
}

enum tls_way
tls_stream_way(const struct tls_stream *s)
{
	if (s->key_state == TLS_KEY_OFFERED)
		return TLS_BY_KEY;
	return SSL_session_reused(s->ssl) == 1 ? TLS_RESUMED : TLS_BY_CERTIFICATE;
}

const char *
tls_stream_peer(const struct tls_stream *s)
{
	return s->peer;
}

enum err
tls_stream_session(const struct tls_stream *s, unsigned char **data, size_t *len)
{
	int n = s->session != NULL ? i2d_SSL_SESSION(s->session, NULL) : 0;

	if (n <= 0)
		return ERR_MISSING;
	*data = xmalloc((size_t)n);
	*len = (size_t)n;
	unsigned char *p = *data;

	i2d_SSL_SESSION(s->session, &p);
	return OK;
}
