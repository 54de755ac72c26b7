/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "log.h"
#include "outcome.h"
#include "xalloc.h"

static const char *const ways[] = {
	[OUTCOME_NONE] = "none",     [OUTCOME_PUMP] = "pump", [OUTCOME_PLAIN] = "plain",
	[OUTCOME_DISTCC] = "distcc", [OUTCOME_HERE] = "here", [OUTCOME_FAILED] = "failed",
};

void
outcome_set(struct outcome *o, enum outcome_way way, enum reason why, const char *detail)
{
	*o = (struct outcome){.way = way, .why = why};
	if (detail != NULL)
		snprintf(o->word, sizeof(o->word), "%.*s", (int)strcspn(detail, " "), detail);
}

void
outcome_save(const struct outcome *o, const char *source, int exit_code)
{
	const char *file = getenv("DCC_OUTCOMES");

	if (file == NULL || file[0] == '\0')
		return;
	const char *word = o->word[0] != '\0' && o->why == REASON_UNMODELLED ? o->word : reason_word(o->why);
	char *line = xasprintf("%s %s %d %s\n", ways[o->way], word, exit_code, source);
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);

	for (char *p = line; p[1] != '\0'; p++)
		if (*p == '\n')
			*p = '?';
	/* One write: lines of many jobs do not mix. */
	if (fd < 0 || io_write_exactly(fd, line, strlen(line), IO_NO_DEADLINE) != OK)
		log_debug("cannot write %s: %s", file, strerror(errno));
	io_close(&fd);
	free(line);
}
