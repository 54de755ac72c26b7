/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "process.h"
#include "removal.h"
#include "xalloc.h"

static void
shell(const char *where, const char *text)
{
	char *command = xasprintf("cd %s && %s", where, text);
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, command, NULL};
	struct process_spec spec = PROCESS_SPEC_INIT;
	pid_t pid;
	int status = -1;

	spec.path = "/bin/sh";
	spec.argv = argv;
	assert_int_equal(process_start(&spec, &pid), OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(command);
}

static void
everything_below_goes_and_links_are_not_followed(void **state)
{
	char base[] = "/tmp/dcc-removal-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(base));
	shell(base, "mkdir -p outside gone/a/b && touch outside/file gone/a/b/file gone/.dot && "
	            "ln -s ../outside gone/link && ln -s ../../outside/file gone/a/link && mkfifo gone/fifo");
	int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	removal_remove(fd, "gone");
	shell(base, "test ! -e gone && test -e outside/file && rm -r outside");
	/* What is not there is no trouble. */
	removal_remove(fd, "gone");
	close(fd);
	assert_int_equal(rmdir(base), 0);
}

static void
permissions_that_were_taken_away_do_not_save_it(void **state)
{
	char base[] = "/tmp/dcc-removal-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(base));
	shell(base, "mkdir -p gone/a/b && touch gone/a/b/file && chmod 0 gone/a/b && chmod 500 gone/a");
	int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	removal_remove(fd, "gone");
	close(fd);
	assert_int_equal(rmdir(base), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_below_goes_and_links_are_not_followed),
		cmocka_unit_test(permissions_that_were_taken_away_do_not_save_it),
	};

	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
