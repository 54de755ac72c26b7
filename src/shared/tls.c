/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions are resumed by tickets that the volunteer keeps nothing of. A ticket may be used again and again, by many clients at once, while
 * it is young; with the exchange of keys that goes with it, all that this gives away is that it is the same client.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "tls_context.h"
#include "xalloc.h"

#define TICKET_LIFETIME_S 7200
#define READ_BUFFER ((size_t)64 << 10)

/* Owns text. */
static enum err
fail(char **error, char *text)
{
	*error = text;
	return ERR_USAGE;
}

/* The newest error of libcrypto's in words; borrowed. */
static const char *
reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;

	return text != NULL ? text : "it cannot be read";
}

static enum err
check_secret(const char *path, char **error)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return fail(error, xasprintf("%s: %s", path, strerror(errno)));
	if ((st.st_mode & 077) != 0)
		return fail(error, xasprintf("%s: others may read or write it: chmod 600 %s", path, path));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return fail(error, xasprintf("%s: it belongs to another user", path));
	return OK;
}

static enum err
load_keys(struct tls *tls, const char *path, char **error)
{
	char *text = NULL;
	char *why = NULL;
	size_t len;
	enum err e = check_secret(path, error);

	if (e != OK)
		return e;
	e = io_read_file(path, FARMKEY_FILE_MAX, &text, &len);
	if (e != OK)
		return fail(error, xasprintf("%s: %s", path, e == ERR_LIMIT ? "it is too large" : strerror(errno)));
	e = strlen(text) == len ? farmkey_parse(text, &tls->keys, &why) : ERR_USAGE;
	if (e != OK)
		*error = xasprintf("%s: %s", path, why != NULL ? why : "it is no text");
	else
		tls->key_file = xstrdup(path);
	OPENSSL_cleanse(text, len);
	free(text);
	free(why);
	return e;
}

/* Nobody is there to type one. */
static int
no_password(char *to, int size, int writes, void *context)
{
	(void)to;
	(void)size;
	(void)writes;
	(void)context;
	return -1;
}

static enum err
load_certificate(struct tls *tls, const struct tls_files *files, char **error)
{
	const char *key = files->key != NULL ? files->key : files->cert;
	enum err e = check_secret(key, error);

	if (e != OK)
		return e;
	SSL_CTX_set_default_passwd_cb(tls->context, no_password);
	if (SSL_CTX_use_certificate_chain_file(tls->context, files->cert) != 1)
		return fail(error, xasprintf("%s: no certificate: %s", files->cert, reason()));
	if (SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1)
		return fail(error, xasprintf("%s: no key without a password: %s", key, reason()));
	return OK;
}

static enum err
load_ca(struct tls *tls, const char *path, char **error)
{
	if (SSL_CTX_load_verify_locations(tls->context, path, NULL) != 1)
		return fail(error, xasprintf("%s: no certificate of a CA: %s", path, reason()));
	return OK;
}

static bool
has_expired(const X509 *certificate)
{
	return certificate != NULL && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

/* The volunteer has decrypted a ticket, or could not. */
static SSL_TICKET_RETURN
ticket_callback(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
             SSL_TICKET_STATUS status, void *context)
{
	(void)name;
	(void)name_len;
	(void)context;
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	int64_t age = (int64_t)time(NULL) - SSL_SESSION_get_time(session);

	if (age < 0 || age > TICKET_LIFETIME_S || has_expired(SSL_SESSION_get0_peer(session)))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (age > TICKET_LIFETIME_S / 2)
		return SSL_TICKET_RETURN_USE_RENEW;
	SSL_set_num_tickets(ssl, 0);
	return SSL_TICKET_RETURN_USE;
}

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_stream *s = tls_stream_of(ssl);

	SSL_SESSION_free(s->session);
	s->session = session;
	return 1;
}

static void
set_up_tickets(struct tls *tls)
{
	static const unsigned char scope[] = "dcc";

	SSL_CTX_set_timeout(tls->context, TICKET_LIFETIME_S);
	if (tls->side == TLS_CLIENT) {
		SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(tls->context, keep_session);
		return;
	}
	SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(tls->context, scope, sizeof(scope));
	SSL_CTX_set_session_ticket_cb(tls->context, NULL, ticket_callback, NULL);
	SSL_CTX_set_num_tickets(tls->context, 1);
}

static enum err
set_up(struct tls *tls, const struct tls_files *files, char **error)
{
	char groups[] = "X25519:P-256";
	enum err e = OK;

	if (tls->context == NULL || SSL_CTX_set_min_proto_version(tls->context, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(tls->context, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") != 1 ||
	    SSL_CTX_set1_groups_list(tls->context, groups) != 1)
		return fail(error, xasprintf("libssl: %s", reason()));
	SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(tls->context, 1);
	SSL_CTX_set_default_read_buffer_len(tls->context, READ_BUFFER);
	set_up_tickets(tls);
	if (files->farm_key != NULL)
		e = load_keys(tls, files->farm_key, error);
	if (e == OK && files->cert != NULL)
		e = load_certificate(tls, files, error);
	if (e == OK && files->ca != NULL)
		e = load_ca(tls, files->ca, error);
	if (e != OK)
		return e;
	tls->authenticates = tls->side == TLS_CLIENT || files->cert == NULL || files->ca != NULL;
	if (tls->side == TLS_CLIENT)
		SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	else if (files->ca != NULL)
		SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	tls_keys_install(tls);
	return OK;
}

enum err
tls_new(enum tls_side side, const struct tls_files *files, struct tls **tls, char **error)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	/* What openssl.cnf may say is about other programs; both cost more than a handshake does. */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
	t->side = side;
	t->context = SSL_CTX_new(side == TLS_CLIENT ? TLS_client_method() : TLS_server_method());
	enum err e = set_up(t, files, error);

	if (e == OK)
		*tls = t;
	else
		tls_free(t);
	ERR_clear_error();
	return e;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	farmkey_release(&tls->keys);
	free(tls->key_file);
	free(tls);
}

bool
tls_authenticates(const struct tls *tls)
{
	return tls->authenticates;
}
