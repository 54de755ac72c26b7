/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SECRET_H
#define DCC_SECRET_H

#include "err.h"
#include "manifest.h"

/*
 * The name under which a volunteer keeps this user's files: drawn by chance once, and kept in dir, which is
 * this user's alone. ERR_SYSTEM, logged.
 */
enum err
secret_load(const char *dir, unsigned char secret[MANIFEST_CLIENT_SIZE]);

#endif
