/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "jobmessage.h"
#include "wire.h"

static char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* The Job that these words, at this place, become. */
static void
get_job(const char *const words[], enum args_form form, bool wants_colour, struct wire_job *m)
{
	struct args a = {0};
	struct identity id = {.compiler = ARGS_GCC, .major = 12};
	struct talk_job job = {.args = &a, .identity = &id, .cwd = "/w", .wants_colour = wants_colour};
	struct wire_hello hello;
	struct buffer b = {0};
	enum wire_type type;
	size_t len;

	for (; *words != NULL; words++)
		strv_add(&a.argv, *words);
	args_scan(&a);
	assert_int_equal(a.here, REASON_NONE);
	for (int i = 0; i < IDENTITY_LANGUAGES; i++)
		id.digest[i] = digest;
	jobmessage_put(&job, form, &b);
	assert_memory_equal(b.data, "DCC1", 4);
	const unsigned char *p = b.data + 4;

	assert_int_equal(wire_get_header(p, WIRE_CLIENT, &type, &len), OK);
	assert_int_equal(type, WIRE_HELLO);
	p += WIRE_HEADER_SIZE;
	assert_int_equal(wire_get_hello(p, len, &hello), OK);
	assert_int_equal(hello.version, 1);
	assert_int_equal(strncmp(hello.software, "dcc ", 4), 0);
	wire_hello_release(&hello);
	p += len;
	assert_int_equal(wire_get_header(p, WIRE_CLIENT, &type, &len), OK);
	assert_int_equal(type, WIRE_JOB);
	p += WIRE_HEADER_SIZE;
	assert_ptr_equal(p + len, b.data + b.len);
	assert_int_equal(wire_get_job(p, len, m), OK);
	args_release(&a);
	buffer_release(&b);
}

static void
the_command_loses_what_only_cpp_needs(void **state)
{
	static const char *const words[] = {"gcc", "-DA=1", "-Iinc", "-O2", "-MD", "-c", "s/x.c",
	                                    "-o",  "o/x.o", NULL};
	struct wire_job m;

	(void)state;
	umask(027);
	get_job(words, ARGS_FORM_DIRECTIVES, false, &m);
	assert_string_equal(m.digest, digest);
	assert_string_equal(m.cwd, "/w");
	assert_int_equal(m.form, ARGS_FORM_DIRECTIVES);
	assert_int_equal(m.language, IDENTITY_C);
	assert_int_equal(m.umask, 027);
	assert_string_equal(m.argv.items[0], "gcc");
	assert_string_equal(m.argv.items[m.source], "s/x.c");
	assert_true(strv_has(&m.argv, "-DA=1"));
	assert_true(strv_has(&m.argv, "-O2"));
	assert_false(strv_has(&m.argv, "-Iinc"));
	assert_false(strv_has(&m.argv, "-MD"));
	assert_int_equal(m.outputs.count, 1);
	assert_string_equal(m.outputs.items[0], "o/x.o");
	wire_job_release(&m);
	get_job(words, ARGS_FORM_CPP, false, &m);
	assert_false(strv_has(&m.argv, "-DA=1"));
	assert_string_equal(m.argv.items[m.source], "s/x.c");
	wire_job_release(&m);
	umask(022);
}

static void
the_language_is_the_sources(void **state)
{
	static const char *const words[] = {"g++", "-c", "x.cc", NULL};
	struct wire_job m;

	(void)state;
	get_job(words, ARGS_FORM_DIRECTIVES, false, &m);
	assert_int_equal(m.language, IDENTITY_CXX);
	assert_string_equal(m.outputs.items[0], "x.o");
	wire_job_release(&m);
}

static void
colour_is_asked_for_where_our_terminal_has_it(void **state)
{
	static const char *const words[] = {"gcc", "-c", "x.c", NULL};
	struct wire_job m;

	(void)state;
	get_job(words, ARGS_FORM_DIRECTIVES, true, &m);
	assert_true(strv_has(&m.argv, "-fdiagnostics-color=always"));
	wire_job_release(&m);
	get_job(words, ARGS_FORM_DIRECTIVES, false, &m);
	assert_false(strv_has(&m.argv, "-fdiagnostics-color=always"));
	wire_job_release(&m);
}

static void
only_variables_that_matter_travel(void **state)
{
	static const char *const words[] = {"gcc", "-c", "x.c", NULL};
	struct wire_job m;

	(void)state;
	clearenv();
	setenv("LC_MESSAGES", "de_DE.UTF-8", 1);
	setenv("SOURCE_DATE_EPOCH", "1", 1);
	setenv("SECRET_TOKEN", "s", 1);
	setenv("LD_PRELOAD", "", 1);
	setenv("PWD", "/elsewhere", 1);
	setenv("TZ", "Europe/Berlin", 1);
	get_job(words, ARGS_FORM_DIRECTIVES, false, &m);
	assert_true(strv_has(&m.env, "LC_MESSAGES=de_DE.UTF-8"));
	assert_true(strv_has(&m.env, "SOURCE_DATE_EPOCH=1"));
	assert_true(strv_has(&m.env, "TZ=Europe/Berlin"));
	assert_true(strv_has(&m.env, "PWD=/w"));
	assert_int_equal(m.env.count, 4);
	wire_job_release(&m);
}

/* Without TZ it comes from the clock's zone, which a program under test can only set through TZ itself. */
static void
our_time_zone_is_named_where_tz_is_not_set(void **state)
{
	static const char *const words[] = {"gcc", "-c", "x.c", NULL};
	struct wire_job m;
	const char *zone = NULL;
	time_t now;
	struct tm here, there;

	(void)state;
	unsetenv("TZ");
	tzset();
	get_job(words, ARGS_FORM_DIRECTIVES, false, &m);
	for (size_t i = 0; i < m.env.count; i++)
		if (strncmp(m.env.items[i], "TZ=<", 4) == 0)
			zone = m.env.items[i] + 3;
	assert_non_null(zone);
	now = time(NULL);
	localtime_r(&now, &here);
	setenv("TZ", zone, 1);
	tzset();
	localtime_r(&now, &there);
	assert_int_equal(here.tm_hour, there.tm_hour);
	assert_int_equal(here.tm_min, there.tm_min);
	assert_int_equal(here.tm_gmtoff, there.tm_gmtoff);
	unsetenv("TZ");
	wire_job_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_loses_what_only_cpp_needs),
		cmocka_unit_test(the_language_is_the_sources),
		cmocka_unit_test(colour_is_asked_for_where_our_terminal_has_it),
		cmocka_unit_test(only_variables_that_matter_travel),
		cmocka_unit_test(our_time_zone_is_named_where_tz_is_not_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
