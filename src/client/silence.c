/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "silence.h"

#include <sys/ioctl.h>

#include "io.h"

/* For a TCP socket, bytes that the other machine has not acknowledged; 0 where the kernel cannot say. */
static int
count_untaken(int fd)
{
	int n = 0;

	return ioctl(fd, TIOCOUTQ, &n) == 0 ? n : 0;
}

void
silence_begin(struct silence *s)
{
	s->untaken = count_untaken(s->fd);
	s->deadline_ms = io_now_ms() + s->limit_ms;
}

enum err
silence_judge(struct silence *s)
{
	if (count_untaken(s->fd) >= s->untaken)
		return ERR_TIMEOUT;
	silence_begin(s);
	return OK;
}
