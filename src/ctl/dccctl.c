/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dccctl(1): a command for each thing that is asked or made by hand. */
#include <stdio.h>
#include <string.h>

#include "autoconf.h"
#include "exitcode.h"
#include "keygen.h"
#include "log.h"

static const char usage[] =
	"usage: dccctl keygen [NAME [FILE]]   make a key for a farm, or for one of its clients\n"
	"  --version  print the version\n"
	"  --help     print this page\n"
	"See dccctl(1).\n";

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* the words behind the name */
} commands[] = {
	{"keygen", keygen_run},
};

int
main(int argc, char **argv)
{
	log_to_stderr("dccctl", LOG_LEVEL_WARNING, LOG_PLAIN);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("dccctl " PACKAGE_VERSION);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 2, argv + 2);
	fputs(usage, stderr);
	return EXIT_BAD_ARGUMENTS;
}
