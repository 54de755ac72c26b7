/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TOOLCHAIN_H
#define DCC_TOOLCHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "identity.h"

/*
 * The compilers that this volunteer offers: those in the file $DCC_CMDLIST (or $DISTCC_CMDLIST; one name or absolute path a
 * line), else the names in its masquerade directory (LIBDIR/dcc, else /usr/lib/dcc, else /usr/lib/distcc), else
 * every compiler of a usual name in PATH. A name is resolved to the first program in PATH that is no masquerade link.
 */
struct toolchain_entry {
	char *name;          /* "gcc", "x86_64-linux-gnu-g++-12" */
	char *path;          /* "/usr/bin/gcc" */
	struct identity id;
};

struct toolchain {
	struct toolchain_entry *list; /* by name */
	size_t count;
	char *identity_dir;
	bool was_refreshed; /* a find met files that had changed on disk */
};

/*
 * Finds and identifies all; what cannot be identified is left out with a warning. Identities come from
 * identity_dir where it has them, and are left there. ERR_MISSING: no compiler is left.
 */
enum err
toolchain_load(struct toolchain *t, const char *identity_dir);
void
toolchain_release(struct toolchain *t);
/*
 * By identity. Entries whose files changed on disk are identified again, which may take a second and runs the
 * compiler: not in a listener. ERR_MISSING. Borrowed until the next find or release.
 */
enum err
toolchain_find_digest(struct toolchain *t, const char *digest, enum identity_language language,
                      const struct toolchain_entry **entry);
/*
 * By name, as a distcc client gives it: a bare name, or /bin/NAME, /usr/bin/NAME where that is the compiler
 * offered as NAME. ERR_MISSING. Borrowed, as above.
 */
enum err
toolchain_find_name(struct toolchain *t, const char *name, const struct toolchain_entry **entry);
/* Takes the identities that another process left in the directory since files changed; runs nothing. */
void
toolchain_reload(struct toolchain *t);
/* "gcc 12.2.0 x86_64-linux-gnu, clang 14.0.6 x86_64-pc-linux-gnu", each once: for a refusal. Yours. */
char *
toolchain_describe(const struct toolchain *t);
/*
 * The PATH that a job's compiler runs with: its own folder first, as it is for who has that in front of his
 * PATH, then the system's. Yours. An entry's identity is the one that it has with this PATH (it is id.search), whatever
 * the daemon's own environment says.
 */
char *
toolchain_search_path(const char *compiler);
/* Is this a usual name of a C or C++ compiler: [TRIPLE-]{cc,c++,gcc,g++,clang,clang++}[-VERSION]? */
bool
toolchain_is_compiler_name(const char *name);

#endif
