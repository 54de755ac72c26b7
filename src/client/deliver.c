/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For memmem(3). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver.h"
#include "io.h"
#include "log.h"
#include "preprocess.h"

bool
deliver_has_messages(const struct talk_result *r)
{
	struct stat st;

	return r->stderr_fd >= 0 && fstat(r->stderr_fd, &st) == 0 && st.st_size > 0;
}

static void
copy_messages(int from, int to)
{
	char data[8192];
	ssize_t n;

	if (from < 0 || lseek(from, 0, SEEK_SET) < 0)
		return;
	while ((n = read(from, data, sizeof(data))) > 0)
		if (io_write_exactly(to, data, (size_t)n, IO_NO_DEADLINE) != OK)
			return;
}

/*
 * cpp's messages here and the compiler's there, as one compile would have printed them. OK:
 * *prints_cpp says whether cpp's come first or are among the compiler's already. ERR_USAGE: both have some, and their
 * order is unknown.
 */
static enum err
merge_messages(const struct talk_result *r, bool *prints_cpp)
{
	char *text = NULL;
	size_t len = 0;

	*prints_cpp = true;
	if (r->cpp_messages.len == 0 || !deliver_has_messages(r))
		return OK;
	if (lseek(r->stderr_fd, 0, SEEK_SET) < 0 ||
	    io_read_to_end(r->stderr_fd, PREPROCESS_MESSAGES_MAX * 4, &text, &len) != OK)
		return ERR_USAGE;
	bool is_among = memmem(text, len, r->cpp_messages.data, r->cpp_messages.len) != NULL;

	free(text);
	*prints_cpp = !is_among;
	return is_among ? OK : ERR_USAGE;
}

/* The compilers remove an old object when they fail, so that make does not take it for new. */
static void
remove_stale_object(const char *object, int exit_code)
{
	if (exit_code != 0 && outputs_is_placeable(object))
		unlink(object);
}

enum reason
deliver_result(const struct args *a, struct talk_result *r)
{
	bool prints_cpp;

	if (merge_messages(r, &prints_cpp) != OK)
		return REASON_DIAGNOSTICS;
	remove_stale_object(a->object, r->exit_code);
	if (outputs_place(&r->outputs) != OK)
		return REASON_OUTPUT_PLACE;
	copy_messages(r->stdout_fd, STDOUT_FILENO);
	if (prints_cpp && r->cpp_messages.len != 0 &&
	    io_write_exactly(STDERR_FILENO, r->cpp_messages.data, r->cpp_messages.len,
	                     IO_NO_DEADLINE) != OK)
		log_debug("cannot write to stderr: %s", strerror(errno));
	copy_messages(r->stderr_fd, STDERR_FILENO);
	return REASON_NONE;
}
