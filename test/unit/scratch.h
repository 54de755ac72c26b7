/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEST_SCRATCH_H
#define DCC_TEST_SCRATCH_H

/* A folder of a test's own, in which it stands; for after cmocka.h. */

#include <stdlib.h>
#include <unistd.h>

#include "process.h"
#include "xalloc.h"

/* Absolute, without links; yours. */
static inline char *
scratch_make(void)
{
	char name[] = "/tmp/dcc-scratch.XXXXXX";

	assert_non_null(mkdtemp(name));
	assert_int_equal(chdir(name), 0);
	char *path = realpath(name, NULL);

	assert_non_null(path);
	return path;
}

static inline int
scratch_remove(const char *path)
{
	struct process_spec spec = PROCESS_SPEC_INIT;
	char *copy = xstrdup(path);
	char rm[] = "rm", rf[] = "-rf";
	char *argv[] = {rm, rf, copy, NULL};
	int status = -1;
	pid_t pid;

	assert_int_equal(chdir("/"), 0);
	spec.path = "/bin/rm";
	spec.argv = argv;
	assert_int_equal(process_start(&spec, &pid), OK);
	assert_int_equal(process_wait(pid, &status), OK);
	free(copy);
	return status;
}

/* As setup and teardown of a test: *state is the folder. */
static inline int
scratch_set_up(void **state)
{
	*state = scratch_make();
	return 0;
}

static inline int
scratch_tear_down(void **state)
{
	int status = scratch_remove(*state);

	free(*state);
	return status;
}

#endif
