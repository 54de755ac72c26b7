/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "certificates.h"
#include "scratch.h"
#include "tls.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char *folder;
static struct authority farm;

static int
set_up(void **state)
{
	(void)state;
	folder = scratch_make();
	farm = make_authority("farm", "ca.pem");
	issue(&farm, "red", "DNS:red", 10, "red.pem");
	issue(&farm, "blue", "DNS:blue", 10, "blue.pem");
	write_file("good.key", "a " HEX "\n", 0600);
	write_file("open.key", "a " HEX "\n", 0640);
	write_file("bad.key", "a 12\n", 0600);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	release_authority(&farm);
	int status = scratch_remove(folder);

	free(folder);
	return status;
}

static void
check_good(enum tls_side side, const struct tls_files *files, bool authenticates)
{
	struct tls *tls = NULL;
	char *error = NULL;

	assert_int_equal(tls_new(side, files, &tls, &error), OK);
	assert_null(error);
	assert_int_equal(tls_authenticates(tls), authenticates);
	tls_free(tls);
}

static void
good_files_are_taken(void **state)
{
	(void)state;
	check_good(TLS_VOLUNTEER, &(struct tls_files){.farm_key = "good.key"}, true);
	check_good(TLS_VOLUNTEER, &(struct tls_files){.cert = "red.pem"}, false);
	check_good(TLS_VOLUNTEER, &(struct tls_files){.cert = "red.pem", .ca = "ca.pem", .farm_key = "good.key"}, true);
	check_good(TLS_CLIENT, &(struct tls_files){.farm_key = "good.key"}, true);
	check_good(TLS_CLIENT, &(struct tls_files){.ca = "ca.pem"}, true);
	check_good(TLS_CLIENT, &(struct tls_files){.ca = "ca.pem", .cert = "red.pem", .key = "red.pem"}, true);
	tls_free(NULL);
}

static void
bad_files_are_named(void **state)
{
	static const struct {
		struct tls_files files;
		const char *words;
	} rows[] = {
		{{.farm_key = "none.key"}, "none.key: No such file"},
		{{.farm_key = "open.key"}, "chmod 600 open.key"},
		{{.farm_key = "bad.key"}, "bad.key: line 1"},
		{{.cert = "none.pem"}, "none.pem: No such file"},
		{{.cert = "good.key"}, "good.key: no certificate"},
		{{.cert = "red.pem", .key = "good.key"}, "good.key: no key without a password"},
		{{.cert = "red.pem", .key = "blue.pem"}, "blue.pem: no key without a password: key values mismatch"},
		{{.cert = "ca.pem"}, "chmod 600 ca.pem"},
		{{.cert = "red.pem", .ca = "good.key"}, "good.key: no certificate of a CA"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls *tls = NULL;
		char *error = NULL;

		assert_int_equal(tls_new(TLS_VOLUNTEER, &rows[i].files, &tls, &error), ERR_USAGE);
		if (strstr(error, rows[i].words) == NULL)
			fail_msg("\"%s\" instead of \"%s\"", error, rows[i].words);
		assert_null(tls);
		free(error);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files_are_taken),
		cmocka_unit_test(bad_files_are_named),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
