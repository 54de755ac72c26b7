/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_IDENTIFY_H
#define DCC_IDENTIFY_H

#include <stdbool.h>

#include "err.h"
#include "identity.h"

/*
 * Computes the identity of the compiler at path (absolute) by asking it and hashing its files: 0.1 to 0.3 s. With search
 * NULL it is the one that our environment gives, else the one that runs with PATH=search alone. Needs
 * libcrypto, so dcc itself never calls it; it runs dcc-identify. ERR_MISSING: no such file. ERR_USAGE: not a
 * compiler, or a link to ccache and its like. ERR_TIMEOUT, ERR_SYSTEM. The cause is logged as a warning.
 */
enum err
identify_compiler(const char *path, const char *search, struct identity *id);
/* Hashes the files of id and sets its digests from them. ERR_USAGE: it has no language at all. Logs. */
enum err
identify_digest(struct identity *id);
/* Is path, with links followed, a program that runs compilers of other names: dcc, distcc, ccache, icecc...? */
bool
identify_is_launcher(const char *path);
/* The first program of that name in PATH that is no such link; absolute, yours; NULL if there is none. */
char *
identify_find_compiler(const char *name);

#endif
