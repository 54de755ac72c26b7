/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of locks share: a directory, one slot in it, processes that wait for it. */
#ifndef LOCKS_FIXTURE_H
#define LOCKS_FIXTURE_H

static const struct lock_choice one[] = {{"red", 0}};

static inline int
make_dir(void **state)
{
	char template[] = "/tmp/test-locks-XXXXXX";

	*state = xstrdup(mkdtemp(template));
	return 0;
}

static inline int
remove_dir(void **state)
{
	DIR *d = opendir(*state);

	for (const struct dirent *entry; (entry = readdir(d)) != NULL;)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	rmdir(*state);
	free(*state);
	return 0;
}

static inline void
count_wait(void *context)
{
	++*(int *)context;
}

/* Takes one of count choices before the deadline, in the queue "q". */
static inline enum err
take(const char *dir, const struct lock_choice *choices, size_t count, int64_t deadline_ms,
     struct lock *lock)
{
	size_t taken;
	int waits = 0;
	struct lock_request r = {.dir = dir,
	                         .queue = "q",
	                         .choices = choices,
	                         .count = count,
	                         .on_wait = count_wait,
	                         .context = &waits,
	                         .deadline_ms = deadline_ms};

	return locks_take(&r, lock, &taken);
}

static inline void
sleep_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static inline int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline int
exit_code_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * A child of dcc closes slots when it runs another program (O_CLOEXEC); ours run none. A copy that
 * stayed open would keep the event of the close from coming.
 */
static inline pid_t
fork_without(const struct lock *held)
{
	pid_t pid = fork();

	if (pid == 0)
		close(held->fd);
	return pid;
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

#endif
