/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_IDENTITY_H
#define DCC_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "args.h"
#include "err.h"
#include "strv.h"

/*
 * What compiler this is: for each language a digest over the bytes of everything that does the
 * work (driver, cc1 or cc1plus or clang, as, collect2, lto-plugin, specs, the shared libraries that they load),
 * never over a name. Kept in a small text file per compiler, with the (path, device, inode, size, mtime, ctime) of
 * every component, so that a check costs one stat(2) each.
 */
enum identity_language { IDENTITY_C, IDENTITY_CXX, IDENTITY_OBJC, IDENTITY_OBJCXX, IDENTITY_ASM, IDENTITY_LANGUAGES };

struct identity {
	enum args_compiler compiler;
	int major;                        /* version, for choosing a form of preprocessing */
	char *version;                    /* "12.2.0", for people */
	char *target;                     /* "x86_64-linux-gnu" */
	char *path;                       /* the driver, resolved */
	char *digest[IDENTITY_LANGUAGES]; /* hexadecimal SHA-256, NULL where the compiler lacks the language */
	struct strv components;           /* absolute paths, each once: what a jail must show */
};

void
identity_release(struct identity *id);
/* The language whose digest counts for a source. */
enum identity_language
identity_language_of(enum args_language language);
/*
 * Loads the identity of the compiler at path (absolute) from the cache directory dir. ERR_MISSING:
 * none there, or a component changed since; compute it (dcc-identify, identity_compute).
 */
enum err
identity_load(const char *dir, const char *path, struct identity *id);
/* Writes it there, atomically. */
enum err
identity_save(const char *dir, const struct identity *id);
/* Computes by asking the compiler and hashing; needs libcrypto, so dcc itself never calls it (it runs dcc-identify).
 * Lives in identify.c. ERR_USAGE: not a compiler. */
enum err
identity_compute(const char *path, struct identity *id);

#endif
