/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SEEN_H
#define DCC_SEEN_H

#include <stdint.h>

/* What is known in this run of each file (by struct source's once_key). Starts as {0}. */
enum seen_flag {
	SEEN_ENTERED = 1 << 0,
	SEEN_ONCE = 1 << 1,   /* #pragma once, #import: never again */
	SEEN_RENAMED = 1 << 2, /* found under more than one name */
	SEEN_PROBED = 1 << 3  /* found by __has_include */
};

struct seen {
	struct seen_row *rows;
	uint32_t cap, count;
	uint32_t epoch;
};

void
seen_release(struct seen *s);
/* Forgets everything. */
void
seen_begin(struct seen *s);
/* The flags of the key, to be changed; valid until the next call. */
uint32_t *
seen_flags(struct seen *s, uint64_t key);
/* The file was found under this name, which lives as long as the run. */
void
seen_name(struct seen *s, uint64_t key, const char *name);

#endif
