/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_DEPS_H
#define DCC_DEPS_H

#include "err.h"
#include "hash.h"
#include "strv.h"

/*
 * The list of files that a compiler says it has read, as it writes it in make's language: what proves
 * that a volunteer compiled the very files the include server predicted.
 */

/* The prerequisites of the first rule in text, unescaped (make's "\ ", "$$", continued lines). ERR_PROTOCOL: no rule. */
enum err
deps_parse(const char *text, size_t len, struct strv *names);
/*
 * SHA-256 over the names, sorted, each once, each followed by a NUL, without the "./" that gcc
 * drops in front (but clang keeps). names is sorted and changed by this.
 */
void
deps_digest(struct strv *names, unsigned char digest[HASH_SIZE]);

#endif
