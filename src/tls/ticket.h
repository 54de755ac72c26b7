/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TICKET_H
#define DCC_TICKET_H

#include <stddef.h>

#include "err.h"
#include "tls.h"

/* Sessions of before, one file a volunteer in the user's directory, readable by the user alone. */
#define TICKET_MAX ((size_t)64 << 10)

/* Whose session it is: a volunteer's (hosts.h's id), with a client of these files. Borrowed. */
struct ticket_place {
	const char *dir; /* the user's */
	const char *id;
	const struct tls_files *files;
};

/*
 * The session kept, yours. ERR_MISSING: none that may be used: it must be the user's own, nobody
 * else's to read, and newer than every one of the files, since what these say decided whom to believe.
 */
enum err
ticket_load(const struct ticket_place *place, unsigned char **data, size_t *len);
/* Replaces it. ERR_SYSTEM. */
enum err
ticket_save(const struct ticket_place *place, const unsigned char *data, size_t len);
/* The volunteer did not take it. */
void
ticket_drop(const struct ticket_place *place);

#endif
