/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder stands for the kernel's: a new folder in it has files, as there, and they vanish with it. What is written to them
 * stays to be read, so a test sees every limit. test/e2e/a-jobs-processes-share-its-limits.sh has the real one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "jail_cgroup.h"
#include "log.h"
#include "removal.h"
#include "xalloc.h"

int
__real_mkdir(const char *path, mode_t mode);
int
__wrap_mkdir(const char *path, mode_t mode);
int
__real_rmdir(const char *path);
int
__wrap_rmdir(const char *path);

static const char *const files[] = {
	"cgroup.procs",  "cgroup.subtree_control",      "cgroup.kill",         "pids.max",      "memory.max",
	"memory.events", "memory.limit_in_bytes",       "memory.oom_control",  "memory.swap.max",
	"memory.oom.group", "memory.memsw.limit_in_bytes", "cpu.cfs_quota_us", "cpu.max",
};

#define ALL (JAIL_CGROUP_MEMORY | JAIL_CGROUP_PROCESSES | JAIL_CGROUP_PROCESSORS)
#define FILES (sizeof(files) / sizeof(files[0]))

struct fake {
	char root[64];
};

static void
put(const char *folder, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

/* Only below a fake root; elsewhere a folder is a folder. */
static bool
is_fake(const char *path)
{
	return strstr(path, "dcc-cgroup-") != NULL;
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	int result = __real_mkdir(path, mode);
	const char *missing = getenv("DCC_TEST_MISSING");

	for (size_t i = 0; result == 0 && is_fake(path) && i < FILES; i++)
		if (missing == NULL || strcmp(missing, files[i]) != 0)
			put(path, files[i], "");
	return result;
}

int
__wrap_rmdir(const char *path)
{
	for (size_t i = 0; is_fake(path) && i < FILES; i++) {
		char *file = xasprintf("%s/%s", path, files[i]);

		unlink(file);
		free(file);
	}
	return __real_rmdir(path);
}

static void
expect_text(const char *folder, const char *name, const char *wanted)
{
	char *path = xasprintf("%s/%s", folder, name), *text;
	size_t len;

	assert_int_equal(io_read_file(path, 4096, &text, &len), OK);
	assert_string_equal(text, wanted);
	free(text);
	free(path);
}

/* The first folder of that pattern; yours, or NULL. */
static char *
find(const char *root, const char *pattern)
{
	char *whole = xasprintf("%s/%s", root, pattern), *path = NULL;
	glob_t found;

	if (glob(whole, 0, NULL, &found) == 0) {
		path = xstrdup(found.gl_pathv[0]);
		globfree(&found);
	}
	free(whole);
	return path;
}

static int
set_up(void **state)
{
	struct fake *f = xcalloc(1, sizeof(*f));

	snprintf(f->root, sizeof(f->root), "/tmp/dcc-cgroup-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	*state = f;
	unsetenv("DCC_TEST_MISSING");
	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	return 0;
}

static int
tear_down(void **state)
{
	struct fake *f = *state;

	removal_remove(AT_FDCWD, f->root);
	free(f);
	return 0;
}

static void
make_v1(const struct fake *f)
{
	const char *names[] = {"memory", "pids", "cpu"};
	char *mounts = xasprintf("1 0 0:1 / %s/memory rw - cgroup c rw,memory\n1 0 0:2 / %s/pids rw - cgroup c rw,pids\n"
	                         "1 0 0:3 / %s/cpu rw - cgroup c rw,cpu,cpuacct\n", f->root, f->root, f->root);

	for (size_t i = 0; i < 3; i++) {
		char *path = xasprintf("%s/%s", f->root, names[i]), *own = xasprintf("%s/own", path);

		assert_int_equal(mkdir(path, 0755), 0);
		assert_int_equal(mkdir(own, 0755), 0);
		free(path);
		free(own);
	}
	put(f->root, "mountinfo", mounts);
	put(f->root, "cgroup", "3:cpu,cpuacct:/own\n2:memory:/own\n1:pids:/own\n0::/\n");
	free(mounts);
}

static void
make_v2(const struct fake *f, const char *offered)
{
	char *mounts = xasprintf("1 0 0:1 / %s/unified rw - cgroup2 c rw\n", f->root);
	char *path = xasprintf("%s/unified", f->root);

	assert_int_equal(mkdir(path, 0755), 0);
	put(path, "cgroup.controllers", offered);
	put(f->root, "mountinfo", mounts);
	put(f->root, "cgroup", "0::/\n");
	free(path);
	free(mounts);
}

static struct jail_cgroup *
start_with(const struct fake *f, unsigned wanted)
{
	return jail_cgroup_new(f->root, geteuid(), getegid(), wanted);
}

static struct jail_cgroup *
start(const struct fake *f)
{
	return start_with(f, JAIL_CGROUP_MEMORY | JAIL_CGROUP_PROCESSES);
}

static void
expect_sentence(const struct jail_cgroup *c, const char *part)
{
	char *sentence = jail_cgroup_describe(c);

	assert_non_null(strstr(sentence, part));
	free(sentence);
}

static void
v1_bounds_memory_and_processes_in_two_hierarchies(void **state)
{
	const struct fake *f = *state;
	struct jail_cgroup_job job = {0};

	make_v1(f);
	struct jail_cgroup *c = start(f);

	jail_cgroup_try(c);
	expect_sentence(c, "cgroup v1 for memory and the number of processes");
	jail_cgroup_begin(c, &(struct jail_cgroup_limits){.memory = 123456789}, &job);
	assert_int_equal(job.controls, JAIL_CGROUP_MEMORY | JAIL_CGROUP_PROCESSES);
	assert_int_equal(job.count, 2);
	expect_text(job.folders[0], "memory.limit_in_bytes", "123456789");
	expect_text(job.folders[0], "memory.memsw.limit_in_bytes", "123456789");
	expect_text(job.folders[0], "pids.max", "");
	expect_text(job.folders[1], "pids.max", "1024");
	assert_int_equal(jail_cgroup_enter(&job), OK);
	expect_text(job.folders[0], "cgroup.procs", "0");
	expect_text(job.folders[1], "cgroup.procs", "0");
	put(job.folders[0], "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
	assert_false(jail_cgroup_had_oom(&job));
	put(job.folders[0], "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
	assert_true(jail_cgroup_had_oom(&job));
	char *folder = xstrdup(job.folders[0]);

	jail_cgroup_end(&job);
	assert_int_equal(access(folder, F_OK), -1);
	free(folder);
	jail_cgroup_free(c);
}

static void
the_keeper_removes_v1s_folders_when_the_daemon_is_gone(void **state)
{
	const struct fake *f = *state;

	make_v1(f);
	struct jail_cgroup *c = start(f);
	char *base = find(f->root, "memory/own/dccd-*");
	char *twin = find(f->root, "pids/own/dccd-*");

	assert_non_null(base);
	assert_non_null(twin);
	jail_cgroup_free(c);
	for (int i = 0; i < 500 && (access(base, F_OK) == 0 || access(twin, F_OK) == 0); i++)
		usleep(10000);
	assert_int_equal(access(base, F_OK), -1);
	assert_int_equal(access(twin, F_OK), -1);
	free(base);
	free(twin);
}

static void
v2_moves_the_daemon_and_hands_controllers_down(void **state)
{
	const struct fake *f = *state;
	struct jail_cgroup_job job = {0};

	make_v2(f, "cpu memory pids\n");
	char *own = xasprintf("%s/unified", f->root);
	struct jail_cgroup *c = start(f);

	jail_cgroup_try(c);
	expect_sentence(c, "cgroup v2 for memory and the number of processes");
	char *base = find(f->root, "unified/dccd-*");
	char *daemon = xasprintf("%s/daemon", base);

	expect_text(daemon, "cgroup.procs", "0");
	/* Two writes to a plain file: "+memory", and "+pids" over its beginning. */
	expect_text(own, "cgroup.subtree_control", "+pidsry");
	expect_text(base, "cgroup.subtree_control", "+pidsry");
	jail_cgroup_begin(c, &(struct jail_cgroup_limits){.memory = 5 << 20}, &job);
	assert_int_equal(job.count, 1);
	expect_text(job.folders[0], "memory.max", "5242880");
	expect_text(job.folders[0], "memory.swap.max", "0");
	expect_text(job.folders[0], "memory.oom.group", "1");
	expect_text(job.folders[0], "pids.max", "1024");
	assert_int_equal(jail_cgroup_enter(&job), OK);
	jail_cgroup_kill(&job);
	expect_text(job.folders[0], "cgroup.kill", "1");
	put(job.folders[0], "memory.events", "low 0\nmax 7\noom 1\noom_kill 0\noom_group_kill 1\n");
	assert_false(jail_cgroup_had_oom(&job));
	put(job.folders[0], "memory.events", "low 0\nmax 7\noom 1\noom_kill 2\noom_group_kill 1\n");
	assert_true(jail_cgroup_had_oom(&job));
	jail_cgroup_end(&job);
	jail_cgroup_free(c);
	free(daemon);
	free(base);
	free(own);
}

static void
an_own_cgroup_with_others_in_it_is_left_as_it_was(void **state)
{
	const struct fake *f = *state;

	setenv("DCC_TEST_MISSING", "cgroup.subtree_control", 1);
	make_v2(f, "memory pids\n");
	struct jail_cgroup *c = start(f);

	expect_sentence(c, "rlimits for each process (");
	expect_sentence(c, "no cgroup can be made");
	char *left = find(f->root, "unified/dccd-*");
	char *own = xasprintf("%s/unified", f->root);

	assert_null(left);
	expect_text(own, "cgroup.procs", "0");
	jail_cgroup_free(c);
	free(own);
}

static void
one_controller_alone_is_used_and_said(void **state)
{
	const struct fake *f = *state;
	struct jail_cgroup_job job = {0};

	make_v2(f, "pids\n");
	struct jail_cgroup *c = start(f);

	expect_sentence(c, "cgroup v2 for the number of processes, below ");
	jail_cgroup_begin(c, &(struct jail_cgroup_limits){.memory = 1 << 20}, &job);
	assert_int_equal(job.controls, JAIL_CGROUP_PROCESSES);
	expect_text(job.folders[0], "memory.max", "");
	jail_cgroup_end(&job);
	jail_cgroup_free(c);
}

static void
a_job_whose_limit_cannot_be_set_has_no_cgroup(void **state)
{
	const struct fake *f = *state;
	struct jail_cgroup_job job = {0};

	make_v2(f, "memory pids\n");
	struct jail_cgroup *c = start(f);

	setenv("DCC_TEST_MISSING", "memory.max", 1);
	jail_cgroup_begin(c, &(struct jail_cgroup_limits){.memory = 1 << 20}, &job);
	assert_int_equal(job.controls, 0);
	assert_int_equal(job.count, 0);
	assert_null(find(f->root, "unified/dccd-*/job-*"));
	/* A daemon that finds out so at its start does not try again for each job. */
	jail_cgroup_try(c);
	expect_sentence(c, "rlimits for each process (");
	jail_cgroup_free(c);
}

static void
what_dead_daemons_left_is_removed_and_a_living_ones_is_not(void **state)
{
	const struct fake *f = *state;

	make_v2(f, "memory pids\n");
	char *dead = xasprintf("%s/unified/dccd-1.0", f->root);
	char *job = xasprintf("%s/job-2", dead);

	assert_int_equal(mkdir(dead, 0755), 0);
	assert_int_equal(mkdir(job, 0755), 0);
	struct jail_cgroup *one = start(f);
	char *living = find(f->root, "unified/dccd-*");
	struct jail_cgroup *two = start(f);

	assert_int_equal(access(dead, F_OK), -1);
	assert_int_equal(access(living, F_OK), 0);
	expect_sentence(two, "cgroup v2 for memory and");
	jail_cgroup_free(one);
	jail_cgroup_free(two);
	free(living);
	free(job);
	free(dead);
}

static void
without_any_the_rlimits_hold(void **state)
{
	const struct fake *f = *state;
	struct jail_cgroup_job job = {0};
	struct jail_cgroup *c = start(f);

	jail_cgroup_try(c);
	expect_sentence(c, "rlimits for each process (no cgroup has the controllers)");
	jail_cgroup_begin(c, &(struct jail_cgroup_limits){.memory = 1 << 20}, &job);
	assert_int_equal(jail_cgroup_enter(&job), OK);
	assert_false(jail_cgroup_had_oom(&job));
	jail_cgroup_kill(&job);
	jail_cgroup_end(&job);
	jail_cgroup_begin(NULL, &(struct jail_cgroup_limits){.memory = 1 << 20}, &job);
	assert_int_equal(job.controls, 0);
	jail_cgroup_free(c);
	jail_cgroup_free(NULL);
}

static void
processors_are_bounded_where_that_is_wanted(void **state)
{
	const struct fake *f = *state;
	struct jail_cgroup_job job = {0};

	make_v1(f);
	struct jail_cgroup *without = start(f);

	assert_null(find(f->root, "cpu/own/dccd-*"));
	jail_cgroup_free(without);
	struct jail_cgroup *c = start_with(f, ALL);

	jail_cgroup_try(c);
	assert_int_equal(jail_cgroup_controls(c), ALL);
	expect_sentence(c, "cgroup v1 for memory, the number of processes and processors, below ");
	jail_cgroup_begin(c, &(struct jail_cgroup_limits){.processors = 3}, &job);
	assert_int_equal(job.count, 3);
	expect_text(job.folders[2], "cpu.cfs_quota_us", "300000");
	jail_cgroup_end(&job);
	jail_cgroup_free(c);
}

static void
v2_has_their_period_beside_them(void **state)
{
	const struct fake *f = *state;
	struct jail_cgroup_job job = {0};

	make_v2(f, "cpu memory pids\n");
	struct jail_cgroup *c = start_with(f, JAIL_CGROUP_PROCESSORS);
	char *base = find(f->root, "unified/dccd-*");

	expect_text(base, "cgroup.subtree_control", "+cpu");
	jail_cgroup_begin(c, &(struct jail_cgroup_limits){.processors = 2}, &job);
	expect_text(job.folders[0], "cpu.max", "200000 100000");
	jail_cgroup_end(&job);
	jail_cgroup_free(c);
	free(base);
}

static void
what_is_wanted_and_lacks_is_named(void **state)
{
	const struct fake *f = *state;

	make_v2(f, "memory pids\n");
	struct jail_cgroup *c = start_with(f, ALL);

	assert_int_equal(jail_cgroup_controls(c), JAIL_CGROUP_MEMORY | JAIL_CGROUP_PROCESSES);
	expect_sentence(c, ", not for processors (no cgroup has the controllers)");
	jail_cgroup_free(c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(v1_bounds_memory_and_processes_in_two_hierarchies),
		TEST(the_keeper_removes_v1s_folders_when_the_daemon_is_gone),
		TEST(v2_moves_the_daemon_and_hands_controllers_down),
		TEST(an_own_cgroup_with_others_in_it_is_left_as_it_was),
		TEST(one_controller_alone_is_used_and_said),
		TEST(a_job_whose_limit_cannot_be_set_has_no_cgroup),
		TEST(what_dead_daemons_left_is_removed_and_a_living_ones_is_not),
		TEST(without_any_the_rlimits_hold),
		TEST(processors_are_bounded_where_that_is_wanted),
		TEST(v2_has_their_period_beside_them),
		TEST(what_is_wanted_and_lacks_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
