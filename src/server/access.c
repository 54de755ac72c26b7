/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "xalloc.h"

#define MAPPED_BITS 96u
#define ADDRESS_BITS 128u

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

/* Accepts digits alone, at most limit. */
static enum err
parse_bits(const char *text, unsigned limit, unsigned *bits)
{
	unsigned n = 0;

	if (*text == '\0')
		return ERR_USAGE;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return ERR_USAGE;
		n = n * 10 + (unsigned)(*text - '0');
		if (n > limit)
			return ERR_USAGE;
	}
	*bits = n;
	return OK;
}

static enum err
parse_address(const char *text, struct access_network *n, unsigned *width)
{
	if (inet_pton(AF_INET, text, n->address + sizeof(mapped_prefix)) == 1) {
		memcpy(n->address, mapped_prefix, sizeof(mapped_prefix));
		*width = ADDRESS_BITS - MAPPED_BITS;
		return OK;
	}
	if (inet_pton(AF_INET6, text, n->address) != 1)
		return ERR_USAGE;
	*width = ADDRESS_BITS;
	return OK;
}

/* Clears what lies behind the mask; true if anything did. */
static bool
clear_host_bits(struct access_network *n)
{
	bool had = false;

	for (unsigned bit = n->bits; bit < ADDRESS_BITS; bit++) {
		unsigned char mask = (unsigned char)(0x80u >> (bit % 8));

		had = had || (n->address[bit / 8] & mask) != 0;
		n->address[bit / 8] &= (unsigned char)~mask;
	}
	return had;
}

static void
add_network(struct access_list *list, const struct access_network *n)
{
	list->networks = xrealloc(list->networks, (list->count + 1) * sizeof(*list->networks));
	list->networks[list->count++] = *n;
}

enum err
access_add(struct access_list *list, const char *text, bool *has_host_bits)
{
	char address[INET6_ADDRSTRLEN + 2];
	size_t len = strcspn(text, "/");
	const char *slash = text[len] == '/' ? text + len + 1 : NULL;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(address))
		return ERR_USAGE;
	memcpy(address, text, len);
	address[len] = '\0';
	struct access_network n = {0};
	unsigned width, bits;

	if (parse_address(address, &n, &width) != OK)
		return ERR_USAGE;
	bits = width;
	if (slash != NULL && parse_bits(slash, width, &bits) != OK)
		return ERR_USAGE;
	n.bits = bits + ADDRESS_BITS - width;
	*has_host_bits = clear_host_bits(&n);
	add_network(list, &n);
	return OK;
}

void
access_add_private(struct access_list *list)
{
	static const char *const networks[] = {"127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
	                                       "192.168.0.0/16", "169.254.0.0/16", "::1/128",
	                                       "fe80::/10",      "fc00::/7"};
	bool has_host_bits;

	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		if (access_add(list, networks[i], &has_host_bits) != OK)
			abort();
}

void
access_release(struct access_list *list)
{
	free(list->networks);
	*list = (struct access_list){0};
}

static bool
is_inside(const struct access_network *n, const unsigned char address[ACCESS_ADDRESS_SIZE])
{
	unsigned whole = n->bits / 8;
	unsigned char mask = (unsigned char)(0xff00u >> (n->bits % 8));

	if (memcmp(n->address, address, whole) != 0)
		return false;
	return whole == ACCESS_ADDRESS_SIZE || (address[whole] & mask) == n->address[whole];
}

bool
access_is_allowed(const struct access_list *list, const unsigned char address[ACCESS_ADDRESS_SIZE])
{
	for (size_t i = 0; i < list->count; i++)
		if (is_inside(&list->networks[i], address))
			return true;
	return false;
}

enum err
access_address(const struct sockaddr_storage *from, unsigned char address[ACCESS_ADDRESS_SIZE])
{
	if (from->ss_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		memcpy(address, mapped_prefix, sizeof(mapped_prefix));
		memcpy(address + sizeof(mapped_prefix), &in.sin_addr, 4);
		return OK;
	}
	if (from->ss_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof(in6));
		memcpy(address, &in6.sin6_addr, ACCESS_ADDRESS_SIZE);
		return OK;
	}
	return ERR_USAGE;
}

void
access_format(const struct sockaddr_storage *from, char name[ACCESS_NAME_SIZE])
{
	unsigned char address[ACCESS_ADDRESS_SIZE];
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in in;

	if (access_address(from, address) != OK) {
		snprintf(name, ACCESS_NAME_SIZE, "-");
		return;
	}
	/* The port lies at the same place in both families. */
	memcpy(&in, from, sizeof(in));
	unsigned port = ntohs(in.sin_port);

	if (memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		inet_ntop(AF_INET, address + sizeof(mapped_prefix), text, sizeof(text));
		snprintf(name, ACCESS_NAME_SIZE, "%s:%u", text, port);
	} else {
		inet_ntop(AF_INET6, address, text, sizeof(text));
		snprintf(name, ACCESS_NAME_SIZE, "[%s]:%u", text, port);
	}
}
