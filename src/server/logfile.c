/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>

#include "io.h"
#include "logfile.h"

enum err
logfile_open(struct logfile *f)
{
	int fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0644);

	if (fd < 0)
		return ERR_SYSTEM;
	log_to_fd("dccd", f->level, fd);
	io_close(&f->fd);
	f->fd = fd;
	return OK;
}
