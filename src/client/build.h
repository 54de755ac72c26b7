/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_BUILD_H
#define DCC_BUILD_H

#include "config.h"
#include "masquerade.h"

/*
 * Drives one job: away, another host, or here. The only retry policy of the client. Gives the
 * exit code, and in *signal_number the signal that ended the compiler or stopped us, 0 for none.
 */
int
build_run(const struct config *c, const struct masquerade *m, int *signal_number);

#endif
