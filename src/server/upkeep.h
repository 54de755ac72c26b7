/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_UPKEEP_H
#define DCC_UPKEEP_H

#include <stdint.h>

#include "err.h"

/*
 * The folder that holds all clients' files, as a whole: its bounds, its age, what dead processes left.
 *
 *     store/epoch              the present epoch's number, the boot it belongs to, "open" while a daemon runs
 *     store/usage              bytes of all blobs, about
 *     store/CLIENT/            SHA-256 of the client's secret
 *         tmp/                 uploads on their way
 *         eEPOCH/DD/D...       blobs that were hashed in this epoch; those of an older one are hashed before use
 *         trees/N/             what view.c keeps
 */
#define UPKEEP_FOLDER "store"
#define UPKEEP_TMP "tmp"
#define UPKEEP_TREES "trees"

enum upkeep_user {
	UPKEEP_DAEMON, /* says when it ends (upkeep_end): without that the next epoch begins */
	UPKEEP_ONCE    /* --inetd: one job */
};

/* Before the first job: makes the folder, begins an epoch where the last one did not end well. ERR_SYSTEM is logged. */
enum err
upkeep_begin(const char *store_dir, enum upkeep_user user);
void
upkeep_end(const char *store_dir);
/* folder_fd: of UPKEEP_FOLDER. */
enum err
upkeep_epoch(int folder_fd, uint64_t *epoch);
/* So many bytes came. Beyond limit bytes in all, least recently used blobs go; those that running jobs use cost nothing. */
void
upkeep_added(int folder_fd, int64_t bytes, int64_t limit);
/* Removes what dead processes left and what nobody used for long, counts, and evicts. */
void
upkeep_tidy(const char *store_dir, int64_t limit);
/* The bytes that --store-size stands for when it is not given: a tenth of the file system, 20 GiB at most. */
int64_t
upkeep_default_limit(const char *store_dir);
/* As last counted. */
int64_t
upkeep_usage(const char *store_dir);

#endif
