/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_NATIVE_H
#define DCC_NATIVE_H

#include "args.h"
#include "err.h"
#include "strv.h"

/* -march=native and -mtune=native: what they mean on this machine, in words that mean the same on every other. */

/* Which of them a command has. */
enum native_option { NATIVE_ARCH = 1 << 0, NATIVE_TUNE = 1 << 1 };

/*
 * The command with these options replaced: the compiler itself says (with -###) what it makes of them. Runs it, so a
 * few milliseconds. ERR_MISSING: another option decides as well, or the compiler's answer is not understood.
 */
enum err
native_resolve(const char *compiler, enum args_compiler kind, const struct strv *argv, struct strv *out);
/* The words for the options asked for, out of what -### prints. Pure. ERR_PROTOCOL: nothing of the kind in it. */
enum err
native_parse(const char *said, enum args_compiler kind, unsigned asked, struct strv *words);

#endif
