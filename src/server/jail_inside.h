/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_INSIDE_H
#define DCC_JAIL_INSIDE_H

#include "jail_box.h"

/*
 * The life of the process in the jail: builds it, runs the compiler, reports, ends. In a pid namespace it is pid 1, so
 * the compiler is an ordinary process (a pid 1 does not die of its own signals).
 */
void
jail_inside_run(struct jail_box *b) __attribute__((noreturn));

#endif
