/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_IMPLIED_H
#define DCC_IMPLIED_H

#include <stdbool.h>

#include "args.h"
#include "err.h"
#include "strv.h"

/* Files that clang reads, and lists as dependencies, because of options alone: lists for its sanitizers. Pure. */

/* Can these options have such files? Only then is it worth to ask. */
bool
implied_is_likely(enum args_compiler compiler, const struct strv *options);
/*
 * From what clang prints with -###. system: what it lists with -MD, but not with -MMD. ERR_PROTOCOL: no command of its
 * compiler is in it.
 */
enum err
implied_parse(const char *said, struct strv *names, struct strv *system);

#endif
