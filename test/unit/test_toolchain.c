/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_compiler.h"
#include "io.h"
#include "log.h"
#include "toolchain.h"

/* bin/gcc with the links bin/cc and bin/gcc-12, bin/clang and the link bin/clang++; a list of them all. */
struct place {
	char *root, *bin, *cache, *list;
};

static void
add_link(const struct place *p, const char *target, const char *name)
{
	char *path = path_join(p->bin, name);

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

static int
set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	p->root = fake_new_folder();
	p->bin = path_join(p->root, "bin");
	p->cache = path_join(p->root, "cache");
	p->list = path_join(p->root, "list");
	char *path = xasprintf("%s:/usr/sbin", p->bin);

	assert_int_equal(mkdir(p->bin, 0755), 0);
	fake_gcc(p->bin, "gcc", "cc1");
	fake_clang(p->bin, "clang");
	add_link(p, "gcc", "cc");
	add_link(p, "gcc", "gcc-12");
	add_link(p, "clang", "clang++");
	fake_write(p->root, "list", "# compilers\ngcc\n cc # also\n\nclang\ngcc-12\nclang++\r\nnot-here\n");
	setenv("PATH", path, 1);
	setenv("DCC_CMDLIST", p->list, 1);
	free(path);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	fake_remove_folder(p->root);
	free(p->root);
	free(p->bin);
	free(p->cache);
	free(p->list);
	free(p);
	return 0;
}

/* How often the fake gcc was asked. */
static size_t
count_questions(const struct place *p)
{
	char *path = path_join(p->bin, "asked"), *text;
	size_t len, count = 0;

	if (io_read_file(path, 65536, &text, &len) == OK) {
		for (size_t i = 0; i < len; i++)
			count += text[i] == '\n';
		free(text);
	}
	free(path);
	return count;
}

static void
each_listed_compiler_is_offered(void **state)
{
	struct place *p = *state;
	struct toolchain t;
	static const char *const names[] = {"cc", "clang", "clang++", "gcc", "gcc-12"};

	assert_int_equal(toolchain_load(&t, p->cache), OK);
	assert_int_equal(t.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(t.list[i].name, names[i]);
	char *text = toolchain_describe(&t);

	assert_string_equal(text, "gcc 12.3.4 fake-linux-gnu, clang 15.0.1 fake-pc-linux-gnu");
	free(text);
	toolchain_release(&t);
	toolchain_release(&t);
}

static void
one_driver_is_asked_once_and_then_never_again(void **state)
{
	struct place *p = *state;
	struct toolchain t;

	assert_int_equal(toolchain_load(&t, p->cache), OK);
	assert_int_equal(count_questions(p), 1);
	toolchain_release(&t);
	assert_int_equal(toolchain_load(&t, p->cache), OK);
	assert_int_equal(count_questions(p), 1);
	toolchain_release(&t);
}

static void
a_list_may_name_paths_outside_the_search_path(void **state)
{
	struct place *p = *state;
	struct toolchain t;
	const struct toolchain_entry *entry;
	char *other = path_join(p->root, "other"), *list;

	assert_int_equal(mkdir(other, 0755), 0);
	fake_gcc(other, "mycc", "cc1");
	list = xasprintf("%s/mycc\n", other);
	fake_write(p->root, "list", list);
	assert_int_equal(toolchain_load(&t, p->cache), OK);
	assert_int_equal(t.count, 1);
	assert_int_equal(toolchain_find_name(&t, "mycc", &entry), OK);
	assert_int_equal(toolchain_find_name(&t, "gcc", &entry), ERR_MISSING);
	toolchain_release(&t);
	free(list);
	free(other);
}

static void
a_list_that_cannot_be_read_offers_nothing(void **state)
{
	struct place *p = *state;
	struct toolchain t;

	setenv("DCC_CMDLIST", "/nowhere", 1);
	assert_int_equal(toolchain_load(&t, p->cache), ERR_MISSING);
	assert_null(t.list);
}

static void
without_a_list_usual_names_are_offered(void **state)
{
	struct place *p = *state;
	struct toolchain t;
	const struct toolchain_entry *entry;
	char *gcc = path_join(p->bin, "gcc");

	unsetenv("DCC_CMDLIST");
	unsetenv("DISTCC_CMDLIST");
	assert_int_equal(toolchain_load(&t, p->cache), OK);
	assert_int_equal(toolchain_find_name(&t, "gcc", &entry), OK);
	assert_string_equal(entry->path, gcc);
	toolchain_release(&t);
	free(gcc);
}

static void
a_digest_finds_its_compiler(void **state)
{
	struct place *p = *state;
	struct toolchain t;
	const struct toolchain_entry *entry;

	assert_int_equal(toolchain_load(&t, p->cache), OK);
	char *c = xstrdup(t.list[0].id.digest[IDENTITY_C]);

	assert_int_equal(toolchain_find_digest(&t, c, IDENTITY_C, &entry), OK);
	assert_int_equal(entry->id.compiler, ARGS_GCC);
	assert_int_equal(toolchain_find_digest(&t, c, IDENTITY_CXX, &entry), ERR_MISSING);
	assert_int_equal(toolchain_find_digest(&t, c, IDENTITY_LANGUAGES, &entry), ERR_MISSING);
	assert_int_equal(toolchain_find_digest(&t, "", IDENTITY_C, &entry), ERR_MISSING);
	free(c);
	toolchain_release(&t);
}

static void
an_upgrade_under_a_running_daemon_is_noticed(void **state)
{
	struct place *p = *state;
	struct toolchain t, late;
	const struct toolchain_entry *entry;

	assert_int_equal(toolchain_load(&t, p->cache), OK);
	char *old = xstrdup(t.list[0].id.digest[IDENTITY_C]);

	fake_write(p->bin, "cc1", "cc1, upgraded");
	assert_int_equal(toolchain_load(&late, p->cache), OK);
	assert_int_equal(count_questions(p), 2);
	/* The new one is found by the daemon that started with the old one, in what the other left. */
	assert_int_equal(toolchain_find_digest(&t, late.list[0].id.digest[IDENTITY_C], IDENTITY_C, &entry), OK);
	assert_int_equal(toolchain_find_digest(&t, old, IDENTITY_C, &entry), ERR_MISSING);
	assert_int_equal(toolchain_find_digest(&late, old, IDENTITY_C, &entry), ERR_MISSING);
	assert_true(count_questions(p) <= 3);
	free(old);
	toolchain_release(&t);
	toolchain_release(&late);
}

static void
a_listener_takes_what_a_job_has_left(void **state)
{
	struct place *p = *state;
	struct toolchain listener, job;
	const struct toolchain_entry *entry;

	assert_int_equal(toolchain_load(&listener, p->cache), OK);
	assert_int_equal(toolchain_load(&job, p->cache), OK);
	assert_false(job.was_refreshed);
	fake_write(p->bin, "cc1", "cc1, upgraded");
	toolchain_reload(&listener);
	assert_int_equal(count_questions(p), 1);
	assert_int_equal(toolchain_find_name(&job, "gcc", &entry), OK);
	assert_true(job.was_refreshed);
	size_t asked = count_questions(p);

	toolchain_reload(&listener);
	for (size_t i = 0; i < listener.count; i++)
		assert_true(identity_is_current(&listener.list[i].id));
	assert_int_equal(toolchain_find_digest(&listener, entry->id.digest[IDENTITY_C], IDENTITY_C, &entry), OK);
	assert_false(listener.was_refreshed);
	assert_int_equal(count_questions(p), asked);
	toolchain_release(&listener);
	toolchain_release(&job);
}

static void
a_listener_drops_a_compiler_that_is_gone(void **state)
{
	struct place *p = *state;
	struct toolchain t;

	assert_int_equal(toolchain_load(&t, p->cache), OK);
	char *link = path_join(p->bin, "cc");

	assert_int_equal(unlink(link), 0);
	toolchain_reload(&t);
	assert_int_equal(t.count, 4);
	assert_string_equal(t.list[0].name, "clang");
	free(link);
	toolchain_release(&t);
}

static void
a_compiler_that_was_removed_is_no_longer_offered(void **state)
{
	struct place *p = *state;
	struct toolchain t;
	const struct toolchain_entry *entry;
	char *gcc = path_join(p->bin, "gcc");

	assert_int_equal(toolchain_load(&t, p->cache), OK);
	char *digest = xstrdup(t.list[0].id.digest[IDENTITY_C]);

	unlink(gcc);
	assert_int_equal(toolchain_find_digest(&t, digest, IDENTITY_C, &entry), ERR_MISSING);
	assert_int_equal(toolchain_find_name(&t, "gcc", &entry), ERR_MISSING);
	assert_int_equal(toolchain_find_name(&t, "clang", &entry), OK);
	assert_int_equal(t.count, 2);
	free(digest);
	free(gcc);
	toolchain_release(&t);
}

static void
only_bare_names_and_those_of_bin_are_found(void **state)
{
	struct place *p = *state;
	struct toolchain t;
	const struct toolchain_entry *entry;
	char *path = path_join(p->bin, "gcc");
	const char *const refused[] = {path, "../gcc", "./gcc", "/opt/gcc", "", ".", "sh", "/bin/", "/usr/bin/x/gcc"};

	assert_int_equal(toolchain_load(&t, p->cache), OK);
	assert_int_equal(toolchain_find_name(&t, "gcc", &entry), OK);
	assert_string_equal(entry->path, path);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(toolchain_find_name(&t, refused[i], &entry), ERR_MISSING);
	/* The machine's own gcc, if any, is not the one that is offered as gcc. */
	assert_int_equal(toolchain_find_name(&t, "/usr/bin/gcc", &entry), ERR_MISSING);
	toolchain_release(&t);
	free(path);
}

static void
usual_names_are_told_from_others(void **state)
{
	static const char *const yes[] = {"cc", "c++", "gcc", "g++-12", "clang-14", "clang++", "gcc-4.8.5",
	                                  "x86_64-linux-gnu-gcc", "arm-none-eabi-g++-9", "riscv64-elf-gcc", "x86_64-linux-gnu-cc"};
	static const char *const no[] = {"", "gcc-ar", "gcc-", "clang-format-14", "clangd", "c99-gcc", "afl-gcc", "ccache",
	                                 "distcc", "gnatgcc", "x86_64-linux-gnu-gcc-ranlib", "-gcc", "-12", "cpp", "clang-cpp"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(toolchain_is_compiler_name(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(toolchain_is_compiler_name(no[i]));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_listed_compiler_is_offered),
		TEST(one_driver_is_asked_once_and_then_never_again),
		TEST(a_list_may_name_paths_outside_the_search_path),
		TEST(a_list_that_cannot_be_read_offers_nothing),
		TEST(without_a_list_usual_names_are_offered),
		TEST(a_digest_finds_its_compiler),
		TEST(an_upgrade_under_a_running_daemon_is_noticed),
		TEST(a_listener_takes_what_a_job_has_left),
		TEST(a_listener_drops_a_compiler_that_is_gone),
		TEST(a_compiler_that_was_removed_is_no_longer_offered),
		TEST(only_bare_names_and_those_of_bin_are_found),
		cmocka_unit_test(usual_names_are_told_from_others),
	};

	/* What these tests provoke is said as errors and warnings; only their asserts matter. */
	log_to_stderr("test_toolchain", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
