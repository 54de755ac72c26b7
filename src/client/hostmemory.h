/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_HOSTMEMORY_H
#define DCC_HOSTMEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "hosts.h"
#include "reason.h"

/*
 * What this machine remembers of a host between jobs, as small files in userdir's lock/ whose mtime
 * is the datum: "backoff_ID" (it failed), "speaks-distcc_ID" (no volunteer of ours), "speaks-dcc_ID" (one of ours),
 * "lacks_ID_DIGEST" (it has no such compiler), "no-pump_ID_DIGEST" (nor pump mode for it). Everything expires; nothing here can fail a job
 * (errors: debug log).
 */
void
hostmemory_failed(const char *dir, const struct host *h, enum reason why);
void
hostmemory_worked(const char *dir, const struct host *h);
/* period_ms 0: never backed off. */
bool
hostmemory_is_backed_off(const char *dir, const struct host *h, int64_t period_ms);
void
hostmemory_set_distcc(const char *dir, const struct host *h);
/* Remembered for an hour. */
bool
hostmemory_is_distcc(const char *dir, const struct host *h);
/* A job was done there in our language. */
void
hostmemory_set_native(const char *dir, const struct host *h);
/* Remembered for an hour: such a host that says nothing is in trouble, and no distccd. */
bool
hostmemory_is_native(const char *dir, const struct host *h);
/* True: nobody has said so within the last hour. */
bool
hostmemory_lacks(const char *dir, const struct host *h, const char *digest);
/* It did not take a job with the compiler digest in pump mode; remembered for an hour. */
void
hostmemory_set_no_pump(const char *dir, const struct host *h, const char *digest);
bool
hostmemory_has_no_pump(const char *dir, const struct host *h, const char *digest);
bool
hostmemory_is_lacking(const char *dir, const struct host *h, const char *digest, int64_t period_ms);

#endif
