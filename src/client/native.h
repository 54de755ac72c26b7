/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_NATIVE_H
#define DCC_NATIVE_H

#include "args.h"
#include "err.h"
#include "strv.h"

/* -march=native and -mtune=native: what they mean on this machine, in words that mean the same on every other. */

/* Which of them a command has. */
enum native_option { NATIVE_ARCH = 1 << 0, NATIVE_TUNE = 1 << 1 };

struct native {
	struct strv argv;  /* the command in words that need no such option; yours to move */
	struct strv words; /* empty: argv is as good as the command in all that the compiler writes. Else it is for preprocessing
	                      alone, and a volunteer's gcc is told these: for -march, and from the first --param or -mtune= on for -mtune */
};

/*
 * Asks the compiler itself (with -###) what it makes of them, so a few milliseconds. ERR_MISSING: no such option, or one that
 * cannot be said to others; or the compiler's answer is not understood.
 */
enum err
native_resolve(const char *compiler, enum args_compiler kind, const struct strv *argv, struct native *n);
void
native_release(struct native *n);
/*
 * Does "gcc -dumpspecs" say that at the place where the driver makes the words (cc1_cpu) it does nothing else? Then another
 * driver can be told them. Pure.
 */
bool
native_knows_specs(const char *specs);
/* The words for the options asked for, out of what -### prints. Pure. ERR_PROTOCOL: nothing of the kind in it. */
enum err
native_parse(const char *said, enum args_compiler kind, unsigned asked, struct strv *words);

#endif
