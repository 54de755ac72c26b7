/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "jail.h"
#include "jail_plan.h"
#include "path.h"
#include "strv.h"
#include "view.h"
#include "xalloc.h"

static const struct jail_cover *
find(const struct jail_plan *p, const char *path)
{
	for (size_t i = 0; i < p->cover_count; i++)
		if (strcmp(p->covers[i].path, path) == 0)
			return &p->covers[i];
	return NULL;
}

static bool
is_written(const struct jail_plan *p, const char *path)
{
	const struct jail_cover *c = find(p, path);

	return c != NULL && c->is_written;
}

/* A file, or a link as one, and not its folder. */
static bool
is_alone(const struct jail_plan *p, const char *path)
{
	const struct jail_cover *c = find(p, path);
	struct stat st;

	return c != NULL && c->is_file && lstat(path, &st) == 0 && c->is_link == S_ISLNK(st.st_mode);
}

/* The root's, for what is no cover of its own. */
static enum jail_cover_kind
kind_of(const struct jail_plan *p, const char *path)
{
	const struct jail_cover *c = find(p, path);

	return c != NULL ? c->kind : JAIL_COVER_ROOT;
}

/* Removes the file and the folders that are empty then, up to /tmp. */
static void
remove_file(const char *path)
{
	char *at = xstrdup(path);

	unlink(at);
	for (char *slash; (slash = strrchr(at, '/')) > at + strlen("/tmp");) {
		*slash = '\0';
		rmdir(at);
	}
	free(at);
}

/* An executable file and the folders on its way; the path is yours. */
static char *
make_file(const char *base, const char *name)
{
	char *path = path_join(base, name);
	char *dir = path_dir(path);

	assert_int_equal(io_make_dirs(dir, 0755), OK);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	close(fd);
	free(dir);
	return path;
}

static void
plan_for(struct strv *toolchain, const char *cwd, const char *output, struct jail_plan *p)
{
	struct strv outputs = {0};
	struct jail_job job = {.compiler = "/usr/bin/gcc", .toolchain = toolchain, .cwd = cwd, .source = "x.c",
	                       .outputs = &outputs};

	strv_add(&outputs, output);
	assert_int_equal(jail_plan_make(&job, p), OK);
	strv_release(&outputs);
}

static void
a_client_elsewhere_writes_only_the_root(void **state)
{
	struct strv none = {0};
	struct jail_plan p = {0};

	(void)state;
	plan_for(&none, "/home/me/w", "../obj/x.o", &p);
	assert_string_equal(p.covers[0].path, "/");
	assert_string_equal(p.source, "/home/me/w/x.c");
	assert_int_equal(p.folders.count, 2);
	assert_true(strv_has(&p.folders, "/home/me/obj"));
	for (size_t i = 1; i < p.cover_count; i++) {
		assert_false(p.covers[i].is_written);
		assert_true(strcmp(p.covers[i - 1].path, p.covers[i].path) < 0);
	}
	assert_int_equal(kind_of(&p, "/usr/bin"), JAIL_COVER_TOOLCHAIN);
	/* Headers, documents and what the administrator has put there are no business of a job. */
	for (size_t i = 0; i < p.cover_count; i++)
		assert_true(strcmp(p.covers[i].path, "/usr") != 0 && strcmp(p.covers[i].path, "/usr/include") != 0);
	assert_int_equal(kind_of(&p, "/dev/null"), JAIL_COVER_DEVICE);
	jail_plan_release(&p);
}

/* What distcc's clients link of this machine's system, and no more. */
static void
a_view_shows_the_systems_folders_that_it_names(void **state)
{
	struct strv system = {0}, hidden = {0};
	struct view none = {0};
	struct jail_view view = {.view = &none, .root = "/", .hidden = &hidden, .system = &system};
	struct jail_job job = {.compiler = "/usr/bin/gcc", .cwd = "/w", .view = &view};
	struct jail_plan p = {0};

	(void)state;
	strv_add(&system, "/usr/include");
	strv_add(&system, "/usr/lib/gcc");
	assert_int_equal(jail_plan_make(&job, &p), OK);
	assert_non_null(find(&p, "/usr/include"));
	assert_non_null(find(&p, "/usr/lib"));
	assert_null(find(&p, "/usr/lib/gcc"));
	assert_null(find(&p, "/usr"));
	assert_null(find(&p, "/usr/share"));
	assert_null(find(&p, "/usr/local/include"));
	jail_plan_release(&p);
	strv_release(&system);
}

static void
a_client_below_the_toolchain_writes_there_too(void **state)
{
	struct strv none = {0};
	struct jail_plan p = {0};

	(void)state;
	plan_for(&none, "/usr/src/linux", "/usr/lib/x/x.o", &p);
	assert_true(is_written(&p, "/usr/lib"));
	assert_false(is_written(&p, "/usr/bin"));
	jail_plan_release(&p);
}

static void
a_compiler_elsewhere_shows_its_prefix(void **state)
{
	char base[] = "/tmp/dcc-plan-XXXXXX";
	struct strv toolchain = {0};
	struct jail_plan p = {0};

	(void)state;
	assert_non_null(mkdtemp(base));
	char *prefix = xasprintf("%s/gcc-13", base);
	char *bin = path_join(prefix, "bin");

	strv_take(&toolchain, make_file(base, "gcc-13/bin/gcc"));
	strv_take(&toolchain, make_file(base, "gcc-13/libexec/gcc/x/13/cc1"));
	strv_take(&toolchain, make_file(base, "mpfr/libmpfr.so.6"));
	strv_add(&toolchain, "/usr/bin/as");
	plan_for(&toolchain, "/home/me", "x.o", &p);
	char *mpfr = path_join(base, "mpfr");

	assert_non_null(find(&p, prefix));
	assert_non_null(find(&p, mpfr));
	assert_null(find(&p, bin));
	assert_null(find(&p, base));
	assert_null(find(&p, "/usr"));
	jail_plan_release(&p);
	plan_for(&toolchain, prefix, "x.o", &p);
	assert_true(is_written(&p, prefix));
	jail_plan_release(&p);
	for (size_t i = 0; i < 3; i++)
		remove_file(toolchain.items[i]);
	strv_release(&toolchain);
	free(prefix);
	free(bin);
	free(mpfr);
}

static void
links_to_a_compiler_are_followed(void **state)
{
	char base[] = "/tmp/dcc-plan-XXXXXX";
	struct strv toolchain = {0};
	struct jail_plan p = {0};

	(void)state;
	assert_non_null(mkdtemp(base));
	char *real = make_file(base, "real/bin/gcc");
	char *first = make_file(base, "first/bin/gcc");
	char *second = make_file(base, "second/gcc");

	unlink(first);
	unlink(second);
	assert_int_equal(symlink("../../second/gcc", first), 0);
	assert_int_equal(symlink(real, second), 0);
	strv_add(&toolchain, first);
	plan_for(&toolchain, "/home/me", "x.o", &p);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"first", "second", "real"};
		char *path = path_join(base, names[i]);

		assert_non_null(find(&p, path));
		free(path);
	}
	jail_plan_release(&p);
	remove_file(first);
	remove_file(second);
	remove_file(real);
	strv_release(&toolchain);
	free(real);
	free(first);
	free(second);
}

static void
a_compiler_in_a_common_place_shows_no_more_than_itself(void **state)
{
	char base[] = "/var/dcc-plan-XXXXXX";
	struct strv toolchain = {0};
	struct jail_plan p = {0};

	(void)state;
	/* As /home/me/bin/gcc would: /home/me is no compiler's. */
	if (mkdtemp(base) == NULL)
		skip();
	char *bin = path_join(base, "bin");

	strv_take(&toolchain, make_file(base, "bin/gcc"));
	plan_for(&toolchain, "/home/me", "x.o", &p);
	assert_non_null(find(&p, bin));
	assert_null(find(&p, base));
	jail_plan_release(&p);
	unlink(toolchain.items[0]);
	rmdir(bin);
	rmdir(base);
	free(bin);
	strv_release(&toolchain);
}

/* Homes lie anywhere: /home/staff/me, /export/home/me. */
static void
a_compiler_in_a_home_shows_no_more_than_itself(void **state)
{
	char base[] = "/tmp/dcc-plan-XXXXXX";
	struct strv toolchain = {0};
	struct jail_plan p = {0};

	(void)state;
	assert_non_null(mkdtemp(base));
	char *secret = make_file(base, ".ssh/id");
	char *keyring = make_file(base, ".local/share/keyring");
	char *link = make_file(base, "gcc");
	char *bin = path_join(base, "bin");
	char *local = path_join(base, ".local");
	char *local_bin = path_join(base, ".local/bin");

	strv_take(&toolchain, make_file(base, "bin/gcc"));
	strv_take(&toolchain, make_file(base, ".local/bin/gcc"));
	strv_take(&toolchain, make_file(base, "cc1"));
	strv_add(&toolchain, link);
	unlink(link);
	assert_int_equal(symlink("bin/gcc", link), 0);
	plan_for(&toolchain, "/home/me", "x.o", &p);
	assert_non_null(find(&p, bin));
	assert_non_null(find(&p, local_bin));
	assert_null(find(&p, base));
	assert_null(find(&p, local));
	assert_true(is_alone(&p, toolchain.items[2]));
	assert_true(is_alone(&p, link));
	jail_plan_release(&p);
	for (size_t i = 0; i < toolchain.count; i++)
		remove_file(toolchain.items[i]);
	remove_file(keyring);
	remove_file(secret);
	strv_release(&toolchain);
	free(secret);
	free(keyring);
	free(link);
	free(bin);
	free(local);
	free(local_bin);
}

static void
names_that_the_jail_needs_are_denied(void **state)
{
	static const char *const folders[] = {"/proc", "/proc/self", "/dcc-tmp", "/bin/w"};
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct jail_job job = {.compiler = "/usr/bin/gcc", .cwd = folders[i], .source = "x.c"};
		struct jail_plan p = {0};

		if (i == 3 && (lstat("/bin", &st) < 0 || !S_ISLNK(st.st_mode)))
			continue;
		assert_int_equal(jail_plan_make(&job, &p), ERR_DENIED);
		assert_null(p.covers);
	}
}

static void
the_environment_has_one_path_and_one_tmpdir(void **state)
{
	struct strv given = {0}, env = {0};
	struct jail_job job = {.compiler = "/opt/gcc-13/bin/gcc", .env = &given};

	(void)state;
	strv_add(&given, "PATH=/x");
	strv_add(&given, "LD_LIBRARY_PATH=/x");
	strv_add(&given, "LANG=C");
	strv_add(&given, "TMPDIR=/x");
	strv_add(&given, "GCC_EXEC_PREFIX=/x");
	strv_add(&given, "COMPILER_PATH=/x");
	jail_plan_environment(&job, "/t", &env);
	assert_int_equal(env.count, 3);
	assert_true(strv_has(&env, "LANG=C"));
	assert_true(strv_has(&env, "TMPDIR=/t"));
	assert_true(strv_has(&env, "PATH=/opt/gcc-13/bin:/usr/bin:/bin"));
	strv_release(&given);
	strv_release(&env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_elsewhere_writes_only_the_root),
		cmocka_unit_test(a_view_shows_the_systems_folders_that_it_names),
		cmocka_unit_test(a_client_below_the_toolchain_writes_there_too),
		cmocka_unit_test(a_compiler_elsewhere_shows_its_prefix),
		cmocka_unit_test(links_to_a_compiler_are_followed),
		cmocka_unit_test(a_compiler_in_a_common_place_shows_no_more_than_itself),
		cmocka_unit_test(a_compiler_in_a_home_shows_no_more_than_itself),
		cmocka_unit_test(names_that_the_jail_needs_are_denied),
		cmocka_unit_test(the_environment_has_one_path_and_one_tmpdir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
