/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_IDENTITY_H
#define DCC_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "args.h"
#include "buffer.h"
#include "err.h"
#include "strv.h"

/*
 * What compiler this is: for each language a digest over the bytes of everything that does the
 * work (driver, cc1 or cc1plus or clang, as, objcopy, specs, the libraries that they load), never over a name.
 * Computed by identify.h; kept in a small text file per compiler with what stat(2) says of every
 * component, so that a check costs one stat(2) each.
 */
enum identity_language { IDENTITY_C, IDENTITY_CXX, IDENTITY_OBJC, IDENTITY_OBJCXX, IDENTITY_ASM, IDENTITY_LANGUAGES };
#define IDENTITY_ALL_LANGUAGES ((1U << IDENTITY_LANGUAGES) - 1)

/* A file that is still this one has still these. */
struct identity_stamp {
	uint64_t dev;
	uint64_t ino;
	uint64_t size;
	uint64_t mtime_ns;
	uint64_t ctime_ns;
};

struct identity_file {
	char *role;                  /* "driver", "compiler", "as", "library", ... */
	char *path;                  /* absolute, as the compiler finds it; may be a symbolic link */
	char *program;               /* the bare name that the compiler looks up in PATH to find it, or NULL */
	char *digest;                /* of its bytes, hexadecimal; NULL: it decides nothing in an object */
	unsigned languages;          /* one bit for each enum identity_language it works for */
	struct identity_stamp stamp;
};

struct identity {
	enum args_compiler compiler;
	int major;                        /* version, for choosing a form of preprocessing */
	char *version;                    /* "12.2.0", for people */
	char *target;                     /* "x86_64-linux-gnu" */
	char *asked;                      /* the driver as it was named, absolute: the key of the cache */
	char *path;                       /* the driver, resolved */
	char *digest[IDENTITY_LANGUAGES]; /* hexadecimal SHA-256, NULL where the compiler lacks the language */
	struct identity_file *files;      /* the driver is the first */
	size_t file_count;
	struct strv components;           /* absolute paths, each once: what a jail must show */
	struct strv environment;          /* "NAME=VALUE", or "NAME" when unset: variables that decide which files */
	char *search;                     /* PATH that it is to run with, those variables unset; NULL: with ours */
};

void
identity_release(struct identity *id);
/* A copy of the contents, into a struct that holds nothing yet. */
void
identity_copy(const struct identity *from, struct identity *to);
/* Adds a file with role and path copied, the rest empty; borrowed until the next one is added. */
struct identity_file *
identity_add_file(struct identity *id, const char *role, const char *path);
/* The language whose digest counts for a source. */
enum identity_language
identity_language_of(enum args_language language);
/* "c", "c++", "objective-c", "objective-c++", "assembler". */
const char *
identity_language_name(enum identity_language language);

#define IDENTITY_TEXT_MAX ((size_t)256 << 10)
/* The cache file's text, pure. ERR_USAGE: a path or name has a control character. */
enum err
identity_format(const struct identity *id, struct buffer *out);
/* ERR_PROTOCOL: damaged, or another version's. Proves nothing about the files: identity_is_current. */
enum err
identity_parse(const void *text, size_t len, struct identity *id);

/* Do asked, every file (also those without a digest), PATH and the environment still give this compiler? */
bool
identity_is_current(const struct identity *id);
/*
 * Loads the identity of the compiler at path (absolute) from the cache directory dir. ERR_MISSING:
 * none there, or something that counts changed since; compute it (dcc-identify, identify_compiler).
 */
enum err
identity_load(const char *dir, const char *path, struct identity *id);
/* The same for a compiler that is to run with PATH=search (may be NULL: with our environment). */
enum err
identity_load_with(const char *dir, const char *path, const char *search, struct identity *id);
/*
 * For who found nothing there: waits until nobody else computes an identity for dir, which is made. Look again
 * then. The caller closes the descriptor; -1 where there can be no lock, which costs only double work.
 */
int
identity_lock(const char *dir);
/* Writes it there, atomically; makes dir. */
enum err
identity_save(const char *dir, const struct identity *id);

/* ERR_MISSING, ERR_SYSTEM; errno is set. */
enum err
identity_stamp_file(const char *path, struct identity_stamp *stamp);
/* The variables that decide which files do the work, as they are now; in the form of struct identity. */
void
identity_list_environment(struct strv *out);
/* A regular file that we may run? */
bool
identity_is_program(const char *path);
/* The first program of that name in search (NULL: in our PATH) for which is_unwanted (may be NULL) says no; yours; NULL
 * if there is none. */
char *
identity_find_program(const char *name, const char *search, bool (*is_unwanted)(const char *path));

#endif
