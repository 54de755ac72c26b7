/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libssl's codes in words for the two people at the ends: what it was, and where to look. */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "tls_context.h"
#include "xalloc.h"

/* An alert of the other side has this much added. */
#define ALERT_BASE SSL_AD_REASON_OFFSET

/* The other side's alert, -1: the failure is no alert. */
static int
alert_of(const struct tls_stream *s)
{
	int reason = ERR_GET_REASON(s->failure);

	return ERR_GET_LIB(s->failure) == ERR_LIB_SSL && reason >= ALERT_BASE ? reason - ALERT_BASE : -1;
}

static bool
is_about_certificates(int alert)
{
	return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) || alert == SSL_AD_UNKNOWN_CA;
}

static char *
explain_alert_to_client(const struct tls_stream *s, int alert)
{
	const struct tls *tls = s->tls;
	const char *text = SSL_alert_desc_string_long(alert);

	if (alert == SSL_AD_ACCESS_DENIED)
		return xasprintf("no --allow there names this machine");
	if (alert == SSL_AD_NO_APPLICATION_PROTOCOL)
		return xasprintf("it has no TLS set up (see dccd(8), TLS)");
	if (tls->key_file != NULL && (alert == SSL_AD_ILLEGAL_PARAMETER || alert == SSL_AD_DECRYPT_ERROR))
		return xasprintf("it does not accept the key %s of %s", tls->keys.list[0].name, tls->key_file);
	if (tls->key_file == NULL && alert == SSL_AD_HANDSHAKE_FAILURE)
		return xasprintf("it has no certificate to show: it may want a key (DCC_FARM_KEY)");
	if (alert == SSL_AD_CERTIFICATE_REQUIRED)
		return xasprintf("it wants a certificate of this machine (DCC_TLS_CERT)");
	if (is_about_certificates(alert))
		return xasprintf("it does not accept this machine's certificate: %s", text);
	return xasprintf("it ended the handshake: %s", text);
}

static char *
explain_to_client(const struct tls_stream *s)
{
	int alert = alert_of(s);

	if (alert >= 0)
		return explain_alert_to_client(s, alert);
	switch (ERR_GET_REASON(s->failure)) {
	case SSL_R_CERTIFICATE_VERIFY_FAILED:
		if (s->tls->key_file != NULL)
			return xasprintf("it takes no keys: it has shown a certificate");
		return xasprintf("its certificate is not accepted: %s",
		                 X509_verify_cert_error_string(SSL_get_verify_result(s->ssl)));
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_BAD_RECORD_TYPE:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		return xasprintf("its answer is no TLS");
	case SSL_R_UNSUPPORTED_PROTOCOL:
		return xasprintf("it does not speak TLS 1.3");
	}
	return xasprintf("the handshake failed: %s", ERR_reason_error_string(s->failure));
}

static char *
explain_key(const struct tls_stream *s)
{
	if (s->key_state == TLS_KEY_OFFERED)
		return xasprintf("the client's key %s is not the one of %s", s->key_name, s->tls->key_file);
	if (s->tls->key_file == NULL)
		return xasprintf("the client has a key, and this volunteer has none (--farm-key)");
	return xasprintf("the client's key has a name that is not in %s: %s", s->tls->key_file,
	                 s->key_name[0] != '\0' ? s->key_name : "(no name)");
}

static char *
explain_to_volunteer(const struct tls_stream *s)
{
	int alert = alert_of(s);

	if (is_about_certificates(alert))
		return xasprintf("the client does not accept this volunteer's certificate: %s",
		                 SSL_alert_desc_string_long(alert));
	if (alert >= 0)
		return xasprintf("the client ended the handshake: %s", SSL_alert_desc_string_long(alert));
	switch (ERR_GET_REASON(s->failure)) {
	case SSL_R_BINDER_DOES_NOT_VERIFY:
		return explain_key(s);
	case SSL_R_CERTIFICATE_VERIFY_FAILED:
		return xasprintf("the client's certificate is not accepted: %s",
		                 X509_verify_cert_error_string(SSL_get_verify_result(s->ssl)));
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return xasprintf("the client has no certificate");
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
		return xasprintf("the client has no key, and this volunteer no certificate (--tls-cert)");
	case SSL_R_UNSUPPORTED_PROTOCOL:
		return xasprintf("the client does not speak TLS 1.3");
	}
	return xasprintf("what the client says is no TLS: %s", ERR_reason_error_string(s->failure));
}

char *
tls_stream_explain(const struct tls_stream *s)
{
	const char *other = s->tls->side == TLS_CLIENT ? "it" : "the client";

	if (s->failure == 0)
		return xasprintf("%s closed the connection in the middle of the handshake", other);
	return s->tls->side == TLS_CLIENT ? explain_to_client(s) : explain_to_volunteer(s);
}
