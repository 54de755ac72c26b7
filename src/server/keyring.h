/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_KEYRING_H
#define DCC_KEYRING_H

#include "settings.h"
#include "tls.h"

/* What dccd proves itself with, and knows its clients by. *tls stays NULL where nothing is set. ERR_USAGE: *error (yours). */
enum err
keyring_load(const struct settings *s, struct tls **tls, char **error);

enum keyring_owner { KEYRING_OF_ROOT, KEYRING_OF_USER };
/* For a daemon whose jobs can see its process: they shall not read its memory, and whoever started it hears of what they can read. */
void
keyring_guard(enum keyring_owner owner);

#endif
