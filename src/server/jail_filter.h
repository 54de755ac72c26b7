/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_FILTER_H
#define DCC_JAIL_FILTER_H

#include "jail.h"

/* Confines the calling process for good; needs no_new_privs. ERR_SYSTEM with errno set. */
enum err
jail_filter_apply(const struct jail_filter *f);

#endif
