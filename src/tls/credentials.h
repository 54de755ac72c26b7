/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CREDENTIALS_H
#define DCC_CREDENTIALS_H

#include "config.h"
#include "err.h"
#include "tls.h"

/* Which files a client proves itself with, and believes volunteers by. */
struct credentials {
	char *farm_key; /* NULL: certificates */
	char *cert, *key, *ca;
	struct tls_files files; /* the same, borrowed */
};

/*
 * A key that is set, else a CA that is set, else the first that exists of a key and a CA in the user's directory and in
 * /etc/dcc. *c starts as {0}. ERR_MISSING: none (*why, yours).
 */
enum err
credentials_find(struct credentials *c, const struct config *config, char **why);
void
credentials_release(struct credentials *c);

#endif
