/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEST_CERTIFICATES_H
#define DCC_TEST_CERTIFICATES_H

/* Keys, CAs and certificates as files where the test stands; for after cmocka.h. */

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct authority {
	X509 *certificate;
	EVP_PKEY *key;
};

#define DAY ((long)86400)

static inline void
write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline void
add_extension(X509 *certificate, int what, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, what, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* Valid from a month ago for days from now; not signed yet. */
static inline X509 *
new_certificate(const char *name, long days, EVP_PKEY *key)
{
	X509 *x = X509_new();

	assert_int_equal(X509_set_version(x, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -30 * DAY);
	X509_gmtime_adj(X509_getm_notAfter(x), days * DAY);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_pubkey(x, key);
	return x;
}

/* A CA of this name, and its certificate in path. */
static inline struct authority
make_authority(const char *name, const char *path)
{
	struct authority a = {.key = EVP_EC_gen("P-256")};
	FILE *f = fopen(path, "w");

	a.certificate = new_certificate(name, 100, a.key);
	X509_set_issuer_name(a.certificate, X509_get_subject_name(a.certificate));
	add_extension(a.certificate, NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(a.certificate, a.key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(f, a.certificate), 1);
	fclose(f);
	return a;
}

static inline void
release_authority(struct authority *a)
{
	X509_free(a->certificate);
	EVP_PKEY_free(a->key);
}

/* A certificate and its key in one file of mode 0600. names: "DNS:red", or NULL. */
static inline void
issue(const struct authority *a, const char *name, const char *names, long days, const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = new_certificate(name, days, key);

	X509_set_issuer_name(x, X509_get_subject_name(a->certificate));
	if (names != NULL)
		add_extension(x, NID_subject_alt_name, names);
	assert_true(X509_sign(x, a->key, EVP_sha256()) > 0);
	write_file(path, "", 0600);
	FILE *f = fopen(path, "w");

	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

#endif
