/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dcc(1): a compiler's name in front of a compiler. Its own options are read only when dcc is called by that name. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "autoconf.h"
#include "build.h"
#include "config.h"
#include "exitcode.h"
#include "listing.h"
#include "log.h"
#include "masquerade.h"
#include "process.h"
#include "sched.h"
#include "userdir.h"

static const char usage[] =
	"usage: dcc COMPILER [OPTION]...   compile, on a volunteer where that is possible\n"
	"       dcc [OPTION]... SOURCE     the same with the compiler cc\n"
	"       dcc --show-hosts           print the host list, one entry a line\n"
	"       dcc -j                     print how many jobs the hosts can run at once\n"
	"       dcc --scan-includes COMPILER [OPTION]...   print which files pump mode would send\n"
	"       dcc --version | --help\n"
	"A link to dcc with a compiler's name, ahead in PATH, does the same without any change to the build.\n"
	"Volunteers are named in DCC_HOSTS, ~/.dcc/hosts or /etc/dcc/hosts. See dcc(1).\n";

/* Standard streams that are closed would be handed out as files of ours. */
static void
open_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void
start_log(const struct config *c)
{
	const char *file = config_string(c, CONFIG_LOG);
	enum log_level level = LOG_LEVEL_INFO;
	bool verbose = false;

	if (config_flag(c, CONFIG_VERBOSE, &verbose) == OK && verbose)
		level = LOG_LEVEL_DEBUG;
	if (file != NULL && file[0] != '\0') {
		if (log_to_file("dcc", level, file) != OK)
			return;
	} else if (verbose) {
		log_to_stderr("dcc", level, LOG_STAMPED);
	}
}

static int
show_hosts(const struct config *c, bool as_sum)
{
	struct userdir dirs = {0};
	struct state_writer state = STATE_WRITER_INIT;
	struct sched s = {0};

	if (userdir_open(c, &dirs) != OK)
		return EXIT_FAILED;
	enum err e = sched_init(&s, c, &dirs, &state);

	if (e == OK && as_sum)
		printf("%u\n", hosts_total_slots(&s.hosts));
	for (size_t i = 0; e == OK && !as_sum && i < s.hosts.count; i++)
		printf("%s\n", s.hosts.list[i].text);
	if (e == ERR_MISSING)
		log_error("no hosts: name some in DCC_HOSTS, ~/.dcc/hosts or /etc/dcc/hosts");
	sched_release(&s);
	userdir_release(&dirs);
	return e == OK ? 0 : e == ERR_USAGE ? EXIT_BAD_HOSTSPEC : EXIT_NO_HOSTS;
}

/* dcc's own options; -1: the word is none of them. */
static int
run_own_option(const struct config *c, const char *word)
{
	if (strcmp(word, "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (strcmp(word, "--version") == 0) {
		puts("dcc " PACKAGE_VERSION);
		return 0;
	}
	if (strcmp(word, "--show-hosts") == 0)
		return show_hosts(c, false);
	if (strcmp(word, "-j") == 0)
		return show_hosts(c, true);
	return -1;
}

enum task { COMPILE, LIST };

static int
run(const struct config *c, enum task task, char *argv[], int *signal_number)
{
	struct masquerade m = {0};
	enum err e = masquerade_resolve(argv, &m);
	int code = EXIT_FAILED;

	switch (e) {
	case OK:
		masquerade_prepare_children(&m);
		process_catch_signals();
		code = task == LIST ? listing_run(c, &m) : build_run(c, &m, signal_number);
		break;
	case ERR_USAGE:
		fputs(usage, stderr);
		code = EXIT_BAD_ARGUMENTS;
		break;
	case ERR_MISSING:
		code = EXIT_COMPILER_MISSING;
		break;
	case ERR_BUG:
		code = EXIT_RECURSION;
		break;
	default:
		break;
	}
	masquerade_release(&m);
	return code;
}

/* Ends as the compiler ended: by the same signal, without a second core file. */
static void
die_as(int signal_number)
{
	static const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	process_die_by(signal_number);
}

int
main(int argc, char *argv[])
{
	struct config c = {0};
	int signal_number = 0;
	int code = -1;

	open_standard_streams();
	config_load(&c);
	start_log(&c);
	enum task task = COMPILE;

	if (argc == 2 && masquerade_is_dcc(argv[0]))
		code = run_own_option(&c, argv[1]);
	if (argc >= 2 && strcmp(argv[1], "--scan-includes") == 0 && masquerade_is_dcc(argv[0])) {
		task = LIST;
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	if (code < 0)
		code = argc > 0 ? run(&c, task, argv, &signal_number) : EXIT_BAD_ARGUMENTS;
	config_release(&c);
	if (signal_number != 0)
		die_as(signal_number);
	return code;
}
