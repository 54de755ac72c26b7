/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_HOSTS_H
#define DCC_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * Host list text -> array of hosts. distcc's grammar (distcc(1), "HOST SPECIFICATIONS") and options
 * of our own: ",native" and ",distcc" force a language, ",tls" encrypts. Pure.
 */
enum host_kind { HOST_LOCAL, HOST_TCP, HOST_SSH };
enum host_language { HOST_ANY, HOST_NATIVE, HOST_DISTCC };

struct host {
	enum host_kind kind;
	enum host_language language; /* forced by an option; ",lzo" and ",cpp" alone force nothing */
	bool is_down;                /* ",down": counted by -j, never used */
	bool has_lzo;                /* protocol 2 when distcc's language is spoken */
	bool has_tls;                /* TCP only: never a byte of a job in the clear */
	bool has_cpp;                /* pump mode allowed over distcc's language */
	char *name;                  /* host name or address without brackets; "localhost" for HOST_LOCAL */
	char *user;                  /* ssh only, or NULL */
	char *command;               /* ssh only: the daemon's path there, or NULL */
	unsigned port;               /* TCP only */
	unsigned slots;
	char *text;                  /* the entry as written, for --show-hosts and messages */
	char *id;                    /* "tcp_NAME_PORT", "ssh_NAME", "localhost": names lock files; no '/' */
};

struct hosts {
	struct host *list;
	size_t count;
	unsigned local_slots;     /* --localslots, 0 if not given */
	unsigned local_cpp_slots; /* --localslots_cpp, 0 if not given */
	bool randomize;           /* --randomize */
};

#define HOSTS_DEFAULT_PORT 3632u
#define HOSTS_DEFAULT_SLOTS 4u
#define HOSTS_DEFAULT_LOCAL_SLOTS 2u /* "localhost" in the list, as in distcc */
#define HOSTS_SLOTS_MAX 10000u
#define HOSTS_COUNT_MAX 4096u
#define HOSTS_TEXT_MAX ((size_t)1 << 20) /* distcc's bound for a hosts file */

/*
 * A bad entry makes the whole list bad, as in distcc: ERR_USAGE, and *error (yours) says which
 * entry, at which line and column of the text, and what is wrong with it. An empty list is OK with
 * count 0.
 */
enum err
hosts_parse(const char *text, struct hosts *h, char **error);
void
hosts_release(struct hosts *h);
/* The sum of slots, as `dcc -j` prints it. */
unsigned
hosts_total_slots(const struct hosts *h);

#endif
