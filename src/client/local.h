/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LOCAL_H
#define DCC_LOCAL_H

#include "err.h"
#include "identity.h"
#include "userdir.h"

/*
 * Runs the user's command on this machine, with our standard streams; *status as from waitpid(2). ERR_MISSING or ERR_SYSTEM
 * (logged): it could not be started.
 */
enum err
local_run(const char *compiler, char *const argv[], int *status);
/*
 * The identity of the compiler: from the cache, or by running dcc-identify (once per compiler and machine). ERR_MISSING
 * (logged): it cannot be identified.
 */
enum err
local_identify(const struct userdir *dirs, const char *compiler, struct identity *id);

#endif
