/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LISTING_H
#define DCC_LISTING_H

#include "config.h"
#include "masquerade.h"

/* dcc --scan-includes: prints what pump mode would send for the command. The exit status. */
int
listing_run(const struct config *c, const struct masquerade *m);

#endif
