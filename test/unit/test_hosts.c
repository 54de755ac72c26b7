/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hosts.h"
#include "xalloc.h"

/* One entry and what it must mean. */
struct row {
	const char *text;
	enum host_kind kind;
	const char *name;
	unsigned port; /* TCP */
	unsigned slots;
	const char *user; /* ssh */
	const char *command;
	const char *id;
};

static const struct row rows[] = {
	{"angry", HOST_TCP, "angry", 3632, 4, NULL, NULL, "tcp_angry_3632"},
	{"angry:4204", HOST_TCP, "angry", 4204, 4, NULL, NULL, "tcp_angry_4204"},
	{"angry/44", HOST_TCP, "angry", 3632, 44, NULL, NULL, "tcp_angry_3632"},
	{"angry=44", HOST_TCP, "angry", 3632, 44, NULL, NULL, "tcp_angry_3632"},
	{"angry:300/44", HOST_TCP, "angry", 300, 44, NULL, NULL, "tcp_angry_300"},
	{"angry/44:300", HOST_TCP, "angry", 300, 44, NULL, NULL, "tcp_angry_300"},
	{"10.0.0.1:65535/1", HOST_TCP, "10.0.0.1", 65535, 1, NULL, NULL, "tcp_10.0.0.1_65535"},
	{"[::1]", HOST_TCP, "::1", 3632, 4, NULL, NULL, "tcp_::1_3632"},
	{"[::1]:3633/7", HOST_TCP, "::1", 3633, 7, NULL, NULL, "tcp_::1_3633"},
	{"[fe80::1%eth0]=2", HOST_TCP, "fe80::1%eth0", 3632, 2, NULL, NULL, "tcp_fe80::1%eth0_3632"},
	{"localhostbutnotreally", HOST_TCP, "localhostbutnotreally", 3632, 4, NULL, NULL,
         "tcp_localhostbutnotreally_3632"},
	{"localhost,lzo", HOST_TCP, "localhost", 3632, 4, NULL, NULL, "tcp_localhost_3632"},
	{"localhost/3,down", HOST_TCP, "localhost", 3632, 3, NULL, NULL, "tcp_localhost_3632"},
	{"localhost:99", HOST_TCP, "localhost", 99, 4, NULL, NULL, "tcp_localhost_99"},
	{"localhost", HOST_LOCAL, "localhost", 3632, 2, NULL, NULL, "localhost"},
	{"localhost/12", HOST_LOCAL, "localhost", 3632, 12, NULL, NULL, "localhost"},
	{"localhost=3", HOST_LOCAL, "localhost", 3632, 3, NULL, NULL, "localhost"},
	{"@angry", HOST_SSH, "angry", 3632, 4, NULL, NULL, "ssh_angry"},
	{"ted@angry", HOST_SSH, "angry", 3632, 4, "ted", NULL, "ssh_angry"},
	{"@angry:/home/x/distccd", HOST_SSH, "angry", 3632, 4, NULL, "/home/x/distccd", "ssh_angry"},
	{"@foo/5:/opt/distccd", HOST_SSH, "foo", 3632, 5, NULL, "/opt/distccd", "ssh_foo"},
	{"u@[::1]/2:dccd,native", HOST_SSH, "::1", 3632, 2, "u", "dccd", "ssh_::1"},
};

static struct hosts
parse(const char *text)
{
	struct hosts h = {0};
	char *error = NULL;

	if (hosts_parse(text, &h, &error) != OK) {
		print_error("%s: %s\n", text, error);
		free(error);
		fail();
	}
	return h;
}

/* The message of a list that must be refused; yours. */
static char *
refusal(const char *text)
{
	struct hosts h = {.count = 77};
	char *error = NULL;

	if (hosts_parse(text, &h, &error) == OK)
		fail_msg("accepted: \"%s\"", text);
	assert_int_equal(h.count, 77);
	assert_non_null(error);
	return error;
}

static void
assert_same(const char *a, const char *b)
{
	if (b == NULL)
		assert_null(a);
	else
		assert_string_equal(a, b);
}

static void
every_form_of_entry_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hosts h = parse(rows[i].text);
		const struct host *got = &h.list[0];

		assert_int_equal(h.count, 1);
		assert_int_equal(got->kind, rows[i].kind);
		assert_string_equal(got->name, rows[i].name);
		assert_int_equal(got->port, rows[i].port);
		assert_int_equal(got->slots, rows[i].slots);
		assert_same(got->user, rows[i].user);
		assert_same(got->command, rows[i].command);
		assert_string_equal(got->id, rows[i].id);
		assert_string_equal(got->text, rows[i].text);
		hosts_release(&h);
	}
}

static void
options_stand_in_any_order(void **state)
{
	struct hosts h = parse("a,lzo,cpp b,cpp,lzo c,down d/2,distcc,lzo e:1,native f");

	(void)state;
	assert_int_equal(h.count, 6);
	assert_true(h.list[0].has_lzo && h.list[0].has_cpp);
	assert_true(h.list[1].has_lzo && h.list[1].has_cpp);
	assert_true(h.list[2].is_down && !h.list[2].has_lzo);
	assert_int_equal(h.list[0].language, HOST_ANY);
	assert_int_equal(h.list[3].language, HOST_DISTCC);
	assert_true(h.list[3].has_lzo);
	assert_int_equal(h.list[4].language, HOST_NATIVE);
	assert_true(!h.list[5].has_lzo && !h.list[5].has_cpp && !h.list[5].is_down);
	hosts_release(&h);
}

static void
tls_goes_with_every_language(void **state)
{
	struct hosts h = parse("a,tls b:1/2,distcc,lzo,tls c,native");

	(void)state;
	assert_true(h.list[0].has_tls && h.list[1].has_tls && !h.list[2].has_tls);
	assert_int_equal(h.list[1].language, HOST_DISTCC);
	assert_string_equal(h.list[0].id, "tcp_a_3632");
	hosts_release(&h);
}

static void
comments_end_an_entry_even_when_glued(void **state)
{
	struct hosts h = parse("# first\n@a,lzo#x y z\n\tb # c\n#d\n\r\n  e");

	(void)state;
	assert_int_equal(h.count, 3);
	assert_string_equal(h.list[0].text, "@a,lzo");
	assert_string_equal(h.list[1].text, "b");
	assert_string_equal(h.list[2].text, "e");
	hosts_release(&h);
}

static void
settings_of_the_list_are_read(void **state)
{
	struct hosts h = parse("--randomize --localslots=7\n--localslots_cpp=9 a");

	(void)state;
	assert_int_equal(h.count, 1);
	assert_true(h.randomize);
	assert_int_equal(h.local_slots, 7);
	assert_int_equal(h.local_cpp_slots, 9);
	hosts_release(&h);
	h = parse("a");
	assert_false(h.randomize);
	assert_int_equal(h.local_slots, 0);
	assert_int_equal(h.local_cpp_slots, 0);
	hosts_release(&h);
}

static void
slots_add_up_as_in_distcc(void **state)
{
	struct hosts h = parse("127.0.0.1:42556/2,lzo localhost/3 @foo/5:/opt/distccd,lzo [::1]:3632/7,lzo");

	(void)state;
	assert_int_equal(h.count, 4);
	assert_int_equal(hosts_total_slots(&h), 17);
	hosts_release(&h);
	h = parse("a/5,down b/2");
	assert_int_equal(hosts_total_slots(&h), 7);
	hosts_release(&h);
}

static void
list_without_entries_is_empty(void **state)
{
	static const char *const texts[] = {"", "  \t\n", "# only a comment", "\n\n#x\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct hosts h = parse(texts[i]);

		assert_int_equal(h.count, 0);
		assert_int_equal(hosts_total_slots(&h), 0);
		hosts_release(&h);
	}
}

static void
bad_entries_are_refused_with_their_cause(void **state)
{
	static const struct {
		const char *text;
		const char *cause;
	} bad[] = {
		{"@", "host name is missing"},
		{":", "host name is missing"},
		{"mbp@", "host name is missing"},
		{"mbp@:cmd", "host name is missing"},
		{":4200", "host name is missing"},
		{"/3", "host name is missing"},
		{",lzo", "host name is missing"},
		{"angry::", "brackets"},
		{"::1", "host name is missing"},
		{"fe80::1", "brackets"},
		{"a:1:2", "brackets"},
		{"a:", "port"},
		{"a:0", "port"},
		{"a:1x", "port"},
		{"a:65536", "port"},
		{"a:99999999999", "port"},
		{"a/0", "slots"},
		{"a/", "slots"},
		{"a/x", "slots"},
		{"a/-1", "slots"},
		{"a/10001", "slots"},
		{"a/99999999999", "slots"},
		{"a/1/2", "second number of slots"},
		{"localhost/x", "slots"},
		{"localhost/0", "slots"},
		{"a,foo", "unknown option \"foo\""},
		{"a,lzox", "unknown option \"lzox\""},
		{"a,", "unknown option \"\""},
		{"a,ssl", "unknown option \"ssl\""},
		{"a,cpp", "cpp needs lzo"},
		{"a,auth", "GSSAPI"},
		{"a,auth=b@c", "GSSAPI"},
		{"a,native,distcc", "exclude"},
		{"@a,tls", "ssh encrypts already"},
		{"a,tls=x", "unknown option"},
		{"@a:", "command"},
		{"@a/2:,lzo", "command"},
		{"@-oProxyCommand", "begin with '-'"},
		{"-l@a", "begin with '-'"},
		{"-a", "begin with '-'"},
		{"a;b", "';'"},
		{"a\"b", "'\"'"},
		{"[::1", "brackets"},
		{"[]", "brackets"},
		{"[abc]", "brackets"},
		{"[::1]x", "behind the ']'"},
		{"+zeroconf", "zeroconf"},
		{"+x", "unknown"},
		{"--localslots=0", "1 to"},
		{"--localslots=", "1 to"},
		{"--localslots=3/4", "1 to"},
		{"--localslots_cpp=x", "1 to"},
		{"--foo", "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *error = refusal(bad[i].text);

		if (strstr(error, bad[i].cause) == NULL || strstr(error, bad[i].text) == NULL)
			fail_msg("\"%s\" is refused with: %s", bad[i].text, error);
		free(error);
	}
}

static void
one_bad_entry_spoils_the_list_and_says_where(void **state)
{
	char *error = refusal("good/3 # fine\n  \tfine,lzo a,foo better");

	(void)state;
	assert_non_null(strstr(error, "\"a,foo\" (line 2, column 13)"));
	free(error);
	error = refusal("x y/0");
	assert_non_null(strstr(error, "\"y/0\" (line 1, column 3)"));
	free(error);
}

static void
list_over_its_limit_is_refused(void **state)
{
	char *text = xmalloc(HOSTS_TEXT_MAX + 2);
	char *error;
	struct hosts h;

	(void)state;
	memset(text, ' ', HOSTS_TEXT_MAX + 1);
	text[HOSTS_TEXT_MAX] = '\0';
	h = parse(text);
	hosts_release(&h);
	text[HOSTS_TEXT_MAX] = ' ';
	text[HOSTS_TEXT_MAX + 1] = '\0';
	error = refusal(text);
	free(error);
	for (size_t i = 0; i < HOSTS_TEXT_MAX; i += 2)
		text[i] = 'a';
	text[HOSTS_TEXT_MAX] = '\0';
	error = refusal(text);
	assert_non_null(strstr(error, "more than"));
	free(error);
	free(text);
}

static void
long_names_give_short_and_distinct_ids(void **state)
{
	char text[512];
	char first[256], second[256];

	(void)state;
	memset(first, 'a', 250);
	first[250] = '\0';
	memcpy(second, first, sizeof(second));
	second[249] = 'b';
	memcpy(text, first, 250);
	text[250] = ' ';
	memcpy(text + 251, second, 251);
	struct hosts h = parse(text);

	assert_int_equal(h.count, 2);
	assert_true(strlen(h.list[0].id) < 100);
	assert_string_not_equal(h.list[0].id, h.list[1].id);
	assert_string_equal(h.list[1].name, second);
	hosts_release(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_entry_is_understood),
		cmocka_unit_test(options_stand_in_any_order),
		cmocka_unit_test(tls_goes_with_every_language),
		cmocka_unit_test(comments_end_an_entry_even_when_glued),
		cmocka_unit_test(settings_of_the_list_are_read),
		cmocka_unit_test(slots_add_up_as_in_distcc),
		cmocka_unit_test(list_without_entries_is_empty),
		cmocka_unit_test(bad_entries_are_refused_with_their_cause),
		cmocka_unit_test(one_bad_entry_spoils_the_list_and_says_where),
		cmocka_unit_test(list_over_its_limit_is_refused),
		cmocka_unit_test(long_names_give_short_and_distinct_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
