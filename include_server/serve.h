/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SERVE_H
#define DCC_SERVE_H

#include <stdint.h>

#include "manifest.h"
#include "meeting.h"

struct serve_options {
	const struct meeting *meeting;
	const char *base;             /* the user's dcc directory */
	int64_t idle_ms;              /* without a client for so long: the end; 0: never */
	unsigned char client[MANIFEST_CLIENT_SIZE];
	int listener;                 /* taken */
	int lock;                     /* taken: released when nothing new is accepted any more */
};

/*
 * The one loop. Returns when it was idle, when it was told to stop and the clients that it has are done, when it has grown
 * too large, or when its own program file is another one; the next client then starts a new server.
 */
void
serve_run(const struct serve_options *o);

#endif
