/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SERVE_NATIVE_H
#define DCC_SERVE_NATIVE_H

#include "job.h"

/* Speaks our own protocol (dcc-protocol(5)) on a connection whose magic bytes were read: one job. */
enum err
serve_native_run(struct job *j);
/* Greets a client that is not to be served, so that the refusal that follows can be read. */
enum err
serve_native_greet(struct job *j);

#endif
