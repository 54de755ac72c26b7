/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "access.h"

static struct sockaddr_storage
socket_address(const char *text)
{
	struct sockaddr_storage s = {0};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(4711)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(4711)};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		memcpy(&s, &in, sizeof(in));
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(&s, &in6, sizeof(in6));
	else
		fail_msg("%s is no address", text);
	return s;
}

static bool
is_allowed(const struct access_list *list, const char *text)
{
	struct sockaddr_storage from = socket_address(text);
	unsigned char address[ACCESS_ADDRESS_SIZE];

	assert_int_equal(access_address(&from, address), OK);
	return access_is_allowed(list, address);
}

static bool
allows(const char *network, const char *address)
{
	struct access_list list = {0};
	bool has_host_bits;

	assert_int_equal(access_add(&list, network, &has_host_bits), OK);
	bool yes = is_allowed(&list, address);

	access_release(&list);
	return yes;
}

static void
an_empty_list_allows_nobody(void **state)
{
	struct access_list list = {0};

	(void)state;
	assert_false(is_allowed(&list, "127.0.0.1"));
	assert_false(is_allowed(&list, "::1"));
}

static void
a_network_ends_at_its_mask(void **state)
{
	(void)state;
	assert_true(allows("192.168.4.0/22", "192.168.7.255"));
	assert_false(allows("192.168.4.0/22", "192.168.8.0"));
	assert_false(allows("192.168.4.0/22", "192.168.3.255"));
	assert_true(allows("10.1.2.3", "10.1.2.3"));
	assert_false(allows("10.1.2.3", "10.1.2.2"));
	assert_true(allows("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(allows("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(allows("[::1]", "::1"));
	assert_false(allows("::1", "::2"));
}

static void
mask_zero_allows_one_family_or_both(void **state)
{
	(void)state;
	assert_true(allows("0.0.0.0/0", "203.0.113.9"));
	assert_false(allows("0.0.0.0/0", "2001:db8::1"));
	assert_true(allows("::/0", "203.0.113.9"));
	assert_true(allows("::/0", "2001:db8::1"));
}

static void
a_mapped_address_is_the_ipv4_address(void **state)
{
	(void)state;
	assert_true(allows("10.0.0.0/8", "::ffff:10.9.8.7"));
	assert_true(allows("::ffff:10.0.0.0/104", "10.9.8.7"));
	assert_false(allows("10.0.0.0/8", "::10.9.8.7"));
}

static void
the_private_list_holds_no_public_address(void **state)
{
	static const char *const inside[] = {"127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.0.1",
	                                     "172.31.255.255", "192.168.0.1", "169.254.1.1", "::1",
	                                     "fe80::1", "febf::1", "fc00::1", "fdff::1"};
	static const char *const outside[] = {"8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1",
	                                      "11.0.0.1", "128.0.0.1", "2001:db8::1", "fec0::1",
	                                      "fe00::1", "::", "::2"};
	struct access_list list = {0};

	(void)state;
	access_add_private(&list);
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		assert_true(is_allowed(&list, inside[i]));
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		assert_false(is_allowed(&list, outside[i]));
	access_release(&list);
}

static void
what_is_no_network_is_refused(void **state)
{
	static const char *const bad[] = {"", "/", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1",
	                                  "10.0.0.1/8x", "10.0.0", "1.2.3.4.5", "::1/129", "host",
	                                  "10.0.0.1 ", "[::1", "10.0.0.0/255.0.0.0",
	                                  "10.0.0.1/99999999999999999999"};
	struct access_list list = {0};
	bool has_host_bits;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(access_add(&list, bad[i], &has_host_bits), ERR_USAGE);
	assert_int_equal(list.count, 0);
}

static void
host_bits_are_told_and_dropped(void **state)
{
	struct access_list list = {0};
	bool has_host_bits = false;

	(void)state;
	assert_int_equal(access_add(&list, "192.168.1.77/24", &has_host_bits), OK);
	assert_true(has_host_bits);
	assert_true(is_allowed(&list, "192.168.1.1"));
	assert_int_equal(access_add(&list, "192.168.1.0/24", &has_host_bits), OK);
	assert_false(has_host_bits);
	access_release(&list);
}

static void
a_name_shows_address_and_port(void **state)
{
	char name[ACCESS_NAME_SIZE];
	struct sockaddr_storage from = socket_address("192.0.2.1");

	(void)state;
	access_format(&from, name);
	assert_string_equal(name, "192.0.2.1:4711");
	from = socket_address("::ffff:192.0.2.1");
	access_format(&from, name);
	assert_string_equal(name, "192.0.2.1:4711");
	from = socket_address("2001:db8::1");
	access_format(&from, name);
	assert_string_equal(name, "[2001:db8::1]:4711");
	from.ss_family = AF_UNIX;
	access_format(&from, name);
	assert_string_equal(name, "-");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_list_allows_nobody),
		cmocka_unit_test(a_network_ends_at_its_mask),
		cmocka_unit_test(mask_zero_allows_one_family_or_both),
		cmocka_unit_test(a_mapped_address_is_the_ipv4_address),
		cmocka_unit_test(the_private_list_holds_no_public_address),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(host_bits_are_told_and_dropped),
		cmocka_unit_test(a_name_shows_address_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
