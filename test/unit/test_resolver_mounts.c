/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts and permissions that change between two scans are seen by the second one. */
/* unshare(2) */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "process.h"
#include "program.h"
#include "resolver.h"
#include "strv.h"
#include "watch.h"
#include "xalloc.h"

#include "resolver_tree.h"
#include "resolver_setups.h"

#define CANNOT 77
#define NOBODY 65534

/* In a namespace of its own. 0: seen; 1: not; CANNOT: not allowed to mount. */
static int
scan_around_a_mount(struct tree *t)
{
	char *users = xasprintf("0 %ju 1\n", (uintmax_t)getuid());
	char *groups = xasprintf("0 %ju 1\n", (uintmax_t)getgid());

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return CANNOT;
	tree_file("/proc/self/uid_map", users);
	tree_file("/proc/self/setgroups", "deny");
	tree_file("/proc/self/gid_map", groups);
	free(users);
	free(groups);
	struct resolver *r = t->resolver;

	t->resolver = resolver_new(NULL);
	resolver_free(r);
	if (tree_scan(t, "a.c") != OK || t->entered.count != 2 || strcmp(t->entered.items[1], "two/x.h") != 0)
		return 1;
	if (mount("none", "two", "tmpfs", 0, NULL) != 0)
		return CANNOT;
	if (tree_scan(t, "a.c") != OK || t->entered.count != 2 || strcmp(t->entered.items[1], "three/x.h") != 0)
		return 1;
	tree_file("two/x.h", "");
	if (tree_scan(t, "a.c") != OK || strcmp(t->entered.items[1], "two/x.h") != 0)
		return 1;
	if (umount("two") != 0 || unlink("two/x.h") != 0 || tree_scan(t, "a.c") != OK)
		return 1;
	return strcmp(t->entered.items[1], "three/x.h") != 0;
}

/* The folder that is mounted reports, those above it do not. */
static int
rename_above_a_mount(struct tree *t)
{
	struct statfs st;

	if (statfs(".", &st) != 0 || mount("none", "two/deep", "tmpfs", 0, NULL) != 0)
		return CANNOT;
	watch_distrust(resolver_watch(t->resolver), (long)st.f_type);
	tree_search(t, "-I two/deep/more -I three");
	tree_folder("two/deep/more");
	tree_file("two/deep/more/x.h", "");
	if (st.f_type == TMPFS_MAGIC)
		return CANNOT;
	for (int i = 0; i < 2; i++) {
		if (tree_scan(t, "a.c") != OK || strcmp(t->entered.items[1], "two/deep/more/x.h") != 0)
			return 1;
		sleep(3);
	}
	if (rename("two", "away") != 0 || tree_scan(t, "a.c") != OK ||
	    strcmp(t->entered.items[1], "three/x.h") != 0)
		return 1;
	if (rename("away", "two") != 0 || tree_scan(t, "a.c") != OK)
		return 1;
	tree_folder("new/deep/more");
	if (rename("two", "away") != 0 || rename("new", "two") != 0 || tree_scan(t, "a.c") != OK ||
	    strcmp(t->entered.items[1], "three/x.h") != 0)
		return 1;
	if (rename("two", "new") != 0 || rename("away", "two") != 0 || tree_scan(t, "a.c") != OK ||
	    strcmp(t->entered.items[1], "two/deep/more/x.h") != 0)
		return 1;
	tree_file("new/deep/more/x.h", "#include \"other.h\"\n");
	if (rename("two", "away") != 0 || rename("new", "two") != 0 || tree_scan(t, "a.c") != OK)
		return 1;
	return t->entered.count != 3 || strcmp(t->entered.items[1], "two/deep/more/x.h") != 0;
}

static int
scan_with_mounts(struct tree *t)
{
	int code = scan_around_a_mount(t);

	return code == 0 ? rename_above_a_mount(t) : code;
}

/* In a process of its own, whose code it gives. */
static void
apart(struct tree *t, int (*act)(struct tree *t))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(act(t));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (process_exit_code(status) == CANNOT)
		skip();
	assert_int_equal(process_exit_code(status), 0);
}

static void
mounts_are_seen(void **state)
{
	struct tree *t = *state;

	tree_folder("one");
	tree_folder("two/deep");
	tree_folder("three");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("two/x.h", "");
	tree_file("three/x.h", "");
	tree_search(t, "-I one -I two -I three");
	apart(t, scan_with_mounts);
}

/* As somebody whom permissions bind. */
static int
scan_without_rights(struct tree *t)
{
	static const char *const paths[] = {".", "one", "one/x.h", "a.c"};

	for (size_t i = 0; geteuid() == 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (chown(paths[i], NOBODY, NOBODY) != 0)
			return CANNOT;
	}
	if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		return CANNOT;
	struct resolver *r = t->resolver;

	t->resolver = resolver_new(NULL);
	resolver_free(r);
	for (int i = 0; i < 2; i++) {
		const char *path = i == 0 ? "one" : "one/x.h";

		if (tree_scan(t, "a.c") != OK || strcmp(t->entered.items[1], "one/x.h") != 0)
			return 1;
		if (chmod(path, 0) != 0 || tree_scan(t, "a.c") != OK ||
		    strcmp(t->entered.items[1], "x.h: denied") != 0)
			return 2;
		if (chmod(path, 0700) != 0)
			return 3;
	}
	return tree_scan(t, "a.c") != OK || strcmp(t->entered.items[1], "one/x.h") != 0;
}

static void
permissions_are_seen(void **state)
{
	struct tree *t = *state;

	tree_folder("one");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("one/x.h", "");
	tree_search(t, "-I one");
	apart(t, scan_without_rights);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN(mounts_are_seen, watched),
		EACH(permissions_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
