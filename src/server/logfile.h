/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LOGFILE_H
#define DCC_LOGFILE_H

#include <sys/types.h>

#include "err.h"
#include "log.h"

/* The daemon's log file, which can be opened again after it was moved away. */
struct logfile {
	const char *path; /* borrowed; NULL: there is none */
	enum log_level level;
	int fd;
};
#define LOGFILE_INIT {.fd = -1}

/* Opens path and sends the log there; when it was open before, the old file is closed. ERR_SYSTEM with errno: nothing changes. */
enum err
logfile_open(struct logfile *f);

#endif
