/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What jail_view.c plans, without a jail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buffer.h"
#include "jail.h"
#include "jail_view.h"
#include "log.h"
#include "view.h"

#define MAX 16

/* The plan alone, for a toolchain that this machine need not have. */
static enum err
place(const char *component, const char *hidden, const char *option)
{
	struct strv toolchain = {0}, folders = {0}, argv = {0};
	const struct view nothing = {0};
	const struct jail_view view = {.view = &nothing, .root = "/", .hidden = &folders};
	struct jail_job job = {.argv = &argv, .toolchain = &toolchain, .view = &view, .cwd = "/"};
	struct jail_plan p = {0};

	strv_add(&argv, option);
	strv_add(&toolchain, component);
	strv_add(&folders, hidden);
	jail_plan_add_cover(&p, "/", JAIL_COVER_ROOT);
	enum err e = jail_view_place(&job, &p);

	jail_plan_release(&p);
	strv_release(&toolchain);
	strv_release(&folders);
	strv_release(&argv);
	return e;
}

static void
a_compiler_at_another_place_is_refused(void **state)
{
	(void)state;
	assert_int_equal(place("/usr/lib/gcc/x/12/cc1", "/usr/lib/gcc/x/12/include", "-c"), OK);
	assert_int_equal(place("/usr/libexec/gcc/x/13/cc1plus", "/usr/lib/gcc/x/13/include", "-c"), OK);
	assert_int_equal(place("/opt/gcc/lib/gcc/x/12/cc1", "/usr/lib/gcc/x/12/include", "-c"), ERR_DENIED);
	assert_int_equal(place("/opt/gcc/lib/gcc/x/12/cc1", "/usr/lib/gcc/x/12/include", "-nostdinc"), OK);
	assert_int_equal(place("/usr/lib/llvm-14/bin/clang", "/usr/lib/llvm-14/lib/clang/14.0.6/include", "-c"), OK);
	assert_int_equal(place("/opt/llvm/bin/clang-14", "/usr/lib/llvm-14/lib/clang/14.0.6/include", "-c"), ERR_DENIED);
}

/* How many mounts of the view's folders stand in the plan, and whether the root is one. */
static void
check_mounts(const char *const words[], const char *cwd, const char *wanted)
{
	struct strv argv = {0}, nothing = {0};
	struct manifest_entry entries[MAX];
	struct manifest m = {.entries = entries};
	struct buffer b = {0};
	struct view v;
	struct jail_plan p;

	memset(entries, 0, sizeof(entries));
	for (; words[m.entry_count] != NULL; m.entry_count++)
		entries[m.entry_count] = (struct manifest_entry){
			.type = words[m.entry_count][0] == 'f' ? MANIFEST_FILE : MANIFEST_DIRECTORY,
			.path = words[m.entry_count] + 1,
			.target = ""};
	assert_int_equal(view_init(&v, &m, NULL, 0), OK);
	const struct jail_view view = {.view = &v, .root = "/", .hidden = &nothing};
	const struct jail_job job = {.argv = &argv, .view = &view, .cwd = cwd};

	assert_int_equal(jail_plan_make(&job, &p), OK);
	buffer_add_string(&b, p.covers[0].is_merged ? "/" : "");
	for (size_t i = 1; i < p.cover_count; i++) {
		if (p.covers[i].kind != JAIL_COVER_VIEW)
			continue;
		buffer_add_string(&b, p.covers[i].is_written ? " w" : " ");
		buffer_add_string(&b, p.covers[i].path);
	}
	char *text = buffer_take_string(&b);

	assert_string_equal(text, wanted);
	free(text);
	jail_plan_release(&p);
	view_release(&v);
}

static void
folders_are_bound_as_high_up_as_possible(void **state)
{
	static const char *const usual[] = {"f/home/me/p/a.c", "f/home/me/p/inc/x/a.h", "f/home/me/p/src/y/b.h",
	                                    "f/opt/lib/include/z.h", "f/usr/include/a/b.h", "d/usr/local/include", NULL};
	static const char *const beside[] = {"f/home/me/x.h", "f/home/me/p/a.c", "f/home/me/q/r/b.h", NULL};
	static const char *const in_root[] = {"f/x.h", "f/home/me/a.c", NULL};

	(void)state;
	check_mounts(usual, "/home/me/p", " w/home/me/p /home/me/p/inc /home/me/p/src /opt /usr/include /usr/local");
	check_mounts(usual, "/home/me/build", " /home/me/p /opt /usr/include /usr/local");
	check_mounts(usual, "/tmp/b", " /home /opt /usr/include /usr/local");
	check_mounts(beside, "/home/me/p", " w/home/me w/home/me/p /home/me/q");
	check_mounts(in_root, "/home/me", "/");
	check_mounts(usual, "/", "/");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_compiler_at_another_place_is_refused),
		cmocka_unit_test(folders_are_bound_as_high_up_as_possible),
	};

	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
