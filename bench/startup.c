/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * startup RUNS COMMAND [ARGUMENT] -- COMMAND [ARGUMENT]...: starts the commands in turn, RUNS times
 * each, and prints for each the median wall time in microseconds of one start, from fork to reaped. In turn, so that
 * a machine that slows down slows all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define COMMANDS 8
#define RUNS_MAX 100000

extern char **environ;

struct command {
	char **argv;
	double *times;
};

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Microseconds, or -1. */
static double
start_once(char **argv, const posix_spawn_file_actions_t *actions)
{
	double begin = now_us();
	pid_t pid;
	int status;

	if (posix_spawn(&pid, argv[0], actions, NULL, argv, environ) != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? now_us() - begin : -1;
}

static int
compare_times(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* Cuts the arguments at each "--". */
static size_t
split(char **argv, struct command *list, size_t runs)
{
	size_t n = 0;

	while (*argv != NULL && n < COMMANDS) {
		list[n].argv = argv;
		list[n].times = calloc(runs, sizeof(double));
		if (list[n].times == NULL)
			return 0;
		n++;
		while (*argv != NULL && strcmp(*argv, "--") != 0)
			argv++;
		if (*argv != NULL)
			*argv++ = NULL;
	}
	return n;
}

int
main(int argc, char **argv)
{
	struct command list[COMMANDS];
	posix_spawn_file_actions_t actions;
	long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	size_t n = runs > 0 && runs <= RUNS_MAX ? split(argv + 2, list, (size_t)runs) : 0;

	if (n == 0 || posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0) {
		fprintf(stderr, "usage: startup RUNS COMMAND [ARGUMENT] -- COMMAND...\n");
		return 1;
	}
	for (long i = 0; i < runs; i++) {
		for (size_t c = 0; c < n; c++) {
			list[c].times[i] = start_once(list[c].argv, &actions);
			if (list[c].times[i] < 0) {
				fprintf(stderr, "startup: %s failed\n", list[c].argv[0]);
				return 1;
			}
		}
	}
	for (size_t c = 0; c < n; c++) {
		qsort(list[c].times, (size_t)runs, sizeof(double), compare_times);
		printf("%.0f\n", list[c].times[runs / 2]);
		free(list[c].times);
	}
	return 0;
}
