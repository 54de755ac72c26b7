/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cgroup_place.h"

#define HYBRID \
	"25 1 0:21 / /proc rw - proc proc rw\n" \
	"30 24 0:25 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n" \
	"31 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" \
	"32 24 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n"
#define GROUPS "5:memory:/system.slice/a:b\n4:cpu,cpuacct:/\n1:name=memory:/no\n0::/user.slice"

static void
expect(const char *mounts, const char *cgroups, const char *controller, const char *wanted)
{
	char *place = cgroup_place_find(mounts, cgroups, controller);

	if (wanted == NULL)
		assert_null(place);
	else
		assert_string_equal(place, wanted);
	free(place);
}

static void
both_versions_are_found(void **state)
{
	(void)state;
	expect(HYBRID, GROUPS, "memory", "/sys/fs/cgroup/memory/system.slice/a:b");
	expect(HYBRID, GROUPS, "cpuacct", "/sys/fs/cgroup/cpu,cpuacct");
	expect(HYBRID, GROUPS, "", "/sys/fs/cgroup/unified/user.slice");
	expect(HYBRID, GROUPS, "pids", NULL);
}

static void
a_mount_of_a_part_shows_only_that_part(void **state)
{
	const char *part = "30 24 0:25 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n";

	(void)state;
	expect(part, "0::/docker/x/job\n", "", "/sys/fs/cgroup/job");
	expect(part, "0::/docker/x\n", "", "/sys/fs/cgroup");
	expect(part, "0::/docker/xy\n", "", NULL);
	expect(part, "0::/../other\n", "", NULL);
	expect("30 24 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/../other\n", "", NULL);
	expect("30 24 0:25 /.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/a\n", "", NULL);
}

static void
broken_lists_name_nothing(void **state)
{
	(void)state;
	expect("", "", "", NULL);
	expect("\n - \n30 24 - cgroup2\n30 24 0:25 / /x - cgroup2\n", "0::/\n", "", NULL);
	expect("30 24 0:25 / /with\\040space rw - cgroup2 c rw\n", "0::/\n", "", NULL);
	expect(HYBRID, "0:\n5\n:memory\n\n", "memory", NULL);
}

static void
words_are_whole(void **state)
{
	(void)state;
	assert_true(cgroup_place_has_word("cpu memory pids\n", "pids"));
	assert_true(cgroup_place_has_word("rw,memory", "memory"));
	assert_false(cgroup_place_has_word("cpuset memory2", "memory"));
	assert_false(cgroup_place_has_word("", "memory"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_versions_are_found),
		cmocka_unit_test(a_mount_of_a_part_shows_only_that_part),
		cmocka_unit_test(broken_lists_name_nothing),
		cmocka_unit_test(words_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
