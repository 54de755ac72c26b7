/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ORACLE_MEMORY_H
#define DCC_ORACLE_MEMORY_H

#include <stdint.h>

#include "dialect.h"
#include "hash.h"
#include "identity.h"
#include "oracle.h"
#include "searched.h"
#include "table.h"

/* What the oracle keeps in memory, by keys (oracle_key.h). Pure, but for the digests. */

struct known_compiler {
	char *path;
	struct identity identity;
};

struct known_dialect {
	char *key;
	char record[HASH_HEX_SIZE]; /* its name on the disk */
	struct dialect said;
	struct program *predefines; /* NULL: not asked yet */
};

struct known_list {
	char *key;
	char record[HASH_HEX_SIZE];
	struct known_dialect *dialect;
	struct searched searched;
	const struct search *search; /* NULL: not asked yet */
	const char *covers;          /* a folder of it that has the compiler below it, or NULL; borrowed from searched */
	/* The last run failed, and why. */
	int64_t failed_until_ms;
	enum unmodelled why;
	char *detail;
};

struct oracle_memory {
	struct table compilers, dialects, lists, searches;
	uint64_t numbers; /* of searches */
};

/* Starts as {0}. */
void
oracle_memory_release(struct oracle_memory *m);
/* Each is made empty where there is none; each takes its key, and lives as long as m. */
struct known_compiler *
oracle_memory_compiler(struct oracle_memory *m, char *path);
struct known_dialect *
oracle_memory_dialect(struct oracle_memory *m, char *key);
struct known_list *
oracle_memory_list(struct oracle_memory *m, struct known_dialect *dialect, char *key);
/* Equal lists are one: what the resolver remembers of it counts for all of them. named: as in struct search. */
const struct search *
oracle_memory_search(struct oracle_memory *m, const struct searched *s, const struct strv *named);

#endif
