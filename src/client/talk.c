/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "log.h"
#include "process.h"
#include "talk.h"
#include "xalloc.h"

void
talk_result_release(struct talk_result *r)
{
	free(r->text);
	io_close(&r->stdout_fd);
	io_close(&r->stderr_fd);
	buffer_release(&r->cpp_messages);
	strv_release(&r->names);
	outputs_discard(&r->outputs);
	*r = (struct talk_result)TALK_RESULT_INIT;
}

enum talk_end
talk_fail(struct talk_result *r, enum talk_end end, enum reason why, const char *fmt, ...)
{
	char *text = NULL;

	if (fmt != NULL) {
		char line[1024];
		va_list ap;

		va_start(ap, fmt);
		vsnprintf(line, sizeof(line), fmt, ap);
		va_end(ap);
		text = xstrdup(line);
	}
	/* The old text may be part of the new one. */
	free(r->text);
	r->end = end;
	r->reason = why;
	r->text = text;
	return end;
}

enum talk_end
talk_fail_io(struct talk_result *r, enum err e, const char *what)
{
	if (process_caught_signal() != 0)
		return talk_fail(r, TALK_STOPPED, REASON_NONE, NULL);
	switch (e) {
	case ERR_TIMEOUT:
		return talk_fail(r, TALK_HOST_FAILED, REASON_TIMEOUT, "%s", what);
	case ERR_CLOSED:
		return talk_fail(r, TALK_HOST_FAILED, REASON_LOST, "%s", what);
	case ERR_PROTOCOL:
	case ERR_LIMIT:
		return talk_fail(r, TALK_HOST_FAILED, REASON_PROTOCOL, "%s", what);
	case OK:
	case ERR_SYSTEM:
	case ERR_BUSY:
	case ERR_DENIED:
	case ERR_MISSING:
	case ERR_CONNECT:
	case ERR_USAGE:
	case ERR_BUG:
		break;
	}
	return talk_fail(r, TALK_HOST_FAILED, REASON_LOST, "%s: %s", what, strerror(errno));
}

enum err
talk_open_unnamed(const char *tmpdir, int *fd)
{
	if (*fd >= 0)
		return OK;
	enum err e = io_open_unnamed(tmpdir, fd);

	if (e != OK)
		log_warning("cannot create a temporary file in %s: %s", tmpdir, strerror(errno));
	return e;
}
