/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TOOLCHAIN_H
#define DCC_TOOLCHAIN_H

#include <stddef.h>

#include "err.h"
#include "identity.h"

/*
 * The compilers that this volunteer offers: the names in its masquerade directory (LIBDIR/dcc, else
 * /usr/lib/dcc, else /usr/lib/distcc), or those in the file $DCC_CMDLIST (one path a line), or, without either, every
 * compiler of a usual name in PATH. A name is resolved to the first program in PATH that is no masquerade link.
 */
struct toolchain_entry {
	char *name;          /* "gcc", "x86_64-linux-gnu-g++-12" */
	char *path;          /* "/usr/bin/gcc" */
	struct identity id;
};

struct toolchain {
	struct toolchain_entry *list;
	size_t count;
	char *identity_dir;
};

/* Finds and identifies all; what cannot be identified is left out with a warning. ERR_MISSING: none is left. */
enum err
toolchain_load(struct toolchain *t, const char *identity_dir);
void
toolchain_release(struct toolchain *t);
/* By identity; entries whose files changed on disk are identified again. ERR_MISSING. Borrowed. */
enum err
toolchain_find_digest(struct toolchain *t, const char *digest, enum identity_language language,
                      const struct toolchain_entry **entry);
/* By name, as a distcc client gives it: a bare name, or /bin/NAME, /usr/bin/NAME. ERR_MISSING. Borrowed. */
enum err
toolchain_find_name(struct toolchain *t, const char *name, const struct toolchain_entry **entry);
/* "gcc 12.2.0 x86_64-linux-gnu, clang 14.0.6 ...": for a refusal. Yours. */
char *
toolchain_describe(const struct toolchain *t);

#endif
