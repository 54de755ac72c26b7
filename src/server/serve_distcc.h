/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SERVE_DISTCC_H
#define DCC_SERVE_DISTCC_H

#include "job.h"

/* Speaks distcc's protocols 1 and 2 on a connection whose first four bytes, "DIST", were read: one job. */
enum err
serve_distcc_run(struct job *j);

#endif
