/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certificates.h"
#include "credentials.h"
#include "scratch.h"

static const char *const variables[] = {"DCC_FARM_KEY", "DCC_TLS_CA", "DCC_TLS_CERT", "DCC_TLS_KEY"};

static int
set_up(void **state)
{
	*state = scratch_make();
	setenv("DCC_DIR", *state, 1);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
	return 0;
}

static enum err
find(struct credentials *c, char **why)
{
	struct config config = {0};

	*c = (struct credentials){0};
	config_load(&config);
	enum err e = credentials_find(c, &config, why);

	config_release(&config);
	return e;
}

static void
nothing_is_said_with_where_it_could_be(void **state)
{
	struct credentials c;
	char *why = NULL;

	(void)state;
	if (access("/etc/dcc/farm.key", F_OK) == 0 || access("/etc/dcc/ca.pem", F_OK) == 0)
		skip();
	assert_int_equal(find(&c, &why), ERR_MISSING);
	assert_non_null(strstr(why, "DCC_FARM_KEY"));
	free(why);
	credentials_release(&c);
}

static void
the_users_directory_is_looked_into(void **state)
{
	char *ca = xasprintf("%s/ca.pem", (char *)*state);
	char *key = xasprintf("%s/farm.key", (char *)*state);
	struct credentials c;
	char *why = NULL;

	write_file("ca.pem", "", 0600);
	assert_int_equal(find(&c, &why), OK);
	assert_string_equal(c.files.ca, ca);
	assert_null(c.files.cert);
	assert_null(c.files.farm_key);
	credentials_release(&c);
	write_file("client.pem", "", 0600);
	assert_int_equal(find(&c, &why), OK);
	assert_non_null(strstr(c.files.cert, "/client.pem"));
	credentials_release(&c);
	/* A key is the simpler thing. */
	write_file("farm.key", "", 0600);
	assert_int_equal(find(&c, &why), OK);
	assert_string_equal(c.files.farm_key, key);
	assert_null(c.files.ca);
	credentials_release(&c);
	credentials_release(&c);
	free(ca);
	free(key);
}

static void
what_is_set_comes_first(void **state)
{
	struct credentials c;
	char *why = NULL;

	(void)state;
	write_file("farm.key", "", 0600);
	setenv("DCC_TLS_CA", "/x/ca", 1);
	setenv("DCC_TLS_CERT", "/x/cert", 1);
	setenv("DCC_TLS_KEY", "/x/key", 1);
	assert_int_equal(find(&c, &why), OK);
	assert_null(c.files.farm_key);
	assert_string_equal(c.files.ca, "/x/ca");
	assert_string_equal(c.files.cert, "/x/cert");
	assert_string_equal(c.files.key, "/x/key");
	credentials_release(&c);
	setenv("DCC_FARM_KEY", "/x/farm", 1);
	assert_int_equal(find(&c, &why), OK);
	assert_string_equal(c.files.farm_key, "/x/farm");
	assert_null(c.files.ca);
	credentials_release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_said_with_where_it_could_be, set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(the_users_directory_is_looked_into, set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(what_is_set_comes_first, set_up, scratch_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
