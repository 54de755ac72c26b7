/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ACCESS_H
#define DCC_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "err.h"

/*
 * Who may connect: networks as in --allow. Pure. An address is kept as 16 bytes, IPv4 as its
 * v4-mapped IPv6 form, so that "::ffff:10.0.0.1" and "10.0.0.1" are one client.
 */
#define ACCESS_ADDRESS_SIZE 16
#define ACCESS_NAME_SIZE 64

struct access_network {
	unsigned char address[ACCESS_ADDRESS_SIZE];
	unsigned bits; /* 0..128, of the mapped form */
};

struct access_list {
	struct access_network *networks;
	size_t count;
};

/*
 * Adds "10.0.0.0/8", "192.168.1.7", "fe80::/10", "[::1]". ERR_USAGE: no such network. *has_host_bits tells that
 * the address had bits beyond its mask; they count as 0.
 */
enum err
access_add(struct access_list *list, const char *text, bool *has_host_bits);
/* Adds loopback, the private and the link-local ranges of IPv4 and IPv6. */
void
access_add_private(struct access_list *list);
void
access_release(struct access_list *list);
bool
access_is_allowed(const struct access_list *list, const unsigned char address[ACCESS_ADDRESS_SIZE]);
/* The address of an AF_INET or AF_INET6 socket; ERR_USAGE for another family. */
enum err
access_address(const struct sockaddr_storage *from, unsigned char address[ACCESS_ADDRESS_SIZE]);
/* "192.0.2.1:4711", "[2001:db8::1]:4711", "-" for another family. */
void
access_format(const struct sockaddr_storage *from, char name[ACCESS_NAME_SIZE]);

#endif
