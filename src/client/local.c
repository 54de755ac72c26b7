/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "local.h"
#include "log.h"
#include "path.h"
#include "process.h"
#include "xalloc.h"

/* It takes a second at most, but its own deadline for a compiler that does not answer is a minute. */
#define IDENTIFY_TIMEOUT_MS 90000

enum err
local_run(const char *compiler, char *const argv[], int *status)
{
	struct process_spec spec = PROCESS_SPEC_INIT;
	pid_t pid;

	spec.path = compiler;
	spec.argv = argv;
	enum err e = process_start(&spec, &pid);

	if (e != OK) {
		log_error("cannot start %s: %s", compiler, strerror(errno));
		return e;
	}
	return process_wait(pid, status);
}

static enum err
run_helper(const struct userdir *dirs, const char *compiler)
{
	char *helper = process_beside("dcc-identify");
	char *argv[] = {helper, NULL, NULL, NULL, NULL, NULL};
	char save[] = "--save", quiet[] = "--quiet";
	char *dir = xstrdup(dirs->identity), *name = xstrdup(compiler);
	struct process_spec spec = {.path = helper, .argv = argv, .stdin_fd = -1,
	                            .stdout_fd = -1, .stderr_fd = -1, .own_group = true};
	int status = 0;
	pid_t pid;

	argv[1] = quiet;
	argv[2] = save;
	argv[3] = dir;
	argv[4] = name;
	enum err e = process_start(&spec, &pid);

	if (e != OK)
		log_warning("cannot start %s: %s", helper, strerror(errno));
	else
		e = process_wait_until(pid, io_now_ms() + IDENTIFY_TIMEOUT_MS, &status);
	if (e == ERR_TIMEOUT) {
		process_stop_group(pid, 0);
		log_warning("%s took longer than %d seconds", helper, IDENTIFY_TIMEOUT_MS / 1000);
	}
	free(helper);
	free(dir);
	free(name);
	return e == OK && process_exit_code(status) == 0 ? OK : ERR_MISSING;
}

enum err
local_identify(const struct userdir *dirs, const char *compiler, struct identity *id)
{
	enum err e = identity_load(dirs->identity, compiler, id);

	if (e == OK)
		return OK;
	e = run_helper(dirs, compiler);
	if (e == OK)
		e = identity_load(dirs->identity, compiler, id);
	if (e != OK)
		log_debug("%s cannot be identified", compiler);
	return e;
}
