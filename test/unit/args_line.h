/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEST_ARGS_LINE_H
#define DCC_TEST_ARGS_LINE_H

/* What the tests of args share; for after cmocka.h. */

#include <string.h>

#include "args.h"
#include "xalloc.h"

/* Commands are written as one line, their words parted by one blank. */
static inline void
set_command(struct args *a, const char *line)
{
	*a = (struct args){0};
	for (const char *p = line;;) {
		size_t n = strcspn(p, " ");

		strv_take(&a->argv, xstrndup(p, n));
		if (p[n] == '\0')
			break;
		p += n + 1;
	}
	args_scan(a);
}

static inline void
assert_text(const char *line, const char *what, const char *got, const char *expected)
{
	if (got == NULL || expected == NULL ? got != expected : strcmp(got, expected) != 0)
		fail_msg("%s\n%s is %s, not %s", line, what, got != NULL ? got : "(none)",
		         expected != NULL ? expected : "(none)");
}

#endif
