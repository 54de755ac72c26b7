/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity.h"
#include "io.h"
#include "path.h"
#include "xalloc.h"

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* A folder with a compiler of two files, where bin/as is found through PATH and bin/cc is a link. */
struct place {
	char *root;
	char *cc, *driver, *as, *cache;
	struct identity id;
};

static char *
in(const struct place *p, const char *name)
{
	return path_join(p->root, name);
}

static void
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
add_stamped_file(struct identity *id, const char *role, const char *path, const char *program)
{
	struct identity_file *f = identity_add_file(id, role, path);

	f->program = program != NULL ? xstrdup(program) : NULL;
	f->digest = xstrdup(DIGEST_B);
	f->languages = IDENTITY_ALL_LANGUAGES;
	assert_int_equal(identity_stamp_file(path, &f->stamp), OK);
	strv_add(&id->components, path);
}

static void
fill_identity(struct place *p)
{
	struct identity *id = &p->id;

	*id = (struct identity){
		.compiler = ARGS_CLANG, .major = 14, .version = xstrdup("14.0.6"), .target = xstrdup("x86_64-pc-linux-gnu"),
		.asked = xstrdup(p->cc), .path = xstrdup(p->driver),
	};
	id->digest[IDENTITY_C] = xstrdup(DIGEST_A);
	id->digest[IDENTITY_OBJCXX] = xstrdup(DIGEST_B);
	add_stamped_file(id, "driver", p->driver, NULL);
	add_stamped_file(id, "as", p->as, "as");
	strv_add(&id->components, p->cc);
	identity_list_environment(&id->environment);
}

static int
set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));
	char name[] = "test_identity_XXXXXX";
	char *cwd = getcwd(NULL, 0);

	assert_non_null(mkdtemp(name));
	p->root = path_join(cwd, name);
	free(cwd);
	char *bin = in(p, "bin"), *early = in(p, "early");
	char *path = xasprintf("relative:%s:%s:/usr/bin:/bin", early, bin);

	assert_int_equal(mkdir(bin, 0755), 0);
	assert_int_equal(mkdir(early, 0755), 0);
	setenv("PATH", path, 1);
	unsetenv("LD_LIBRARY_PATH");
	p->cc = in(p, "bin/cc");
	p->driver = in(p, "driver");
	p->as = in(p, "bin/as");
	p->cache = in(p, "cache");
	write_text(p->driver, "driver");
	write_text(p->as, "as");
	assert_int_equal(symlink("../driver", p->cc), 0);
	fill_identity(p);
	free(bin);
	free(early);
	free(path);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	static const char *const names[] = {"bin/cc", "bin/as", "early/as", "driver", "other"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = in(p, names[i]);

		unlink(path);
		free(path);
	}
	DIR *d = opendir(p->cache);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		char *path = path_join(p->cache, entry->d_name);

		unlink(path);
		free(path);
	}
	if (d != NULL)
		closedir(d);
	static const char *const dirs[] = {"bin", "early", "cache"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		char *path = in(p, dirs[i]);

		rmdir(path);
		free(path);
	}
	assert_int_equal(rmdir(p->root), 0);
	identity_release(&p->id);
	free(p->root);
	free(p->cc);
	free(p->driver);
	free(p->as);
	free(p->cache);
	free(p);
	return 0;
}

static enum err
load(const struct place *p)
{
	struct identity id = {0};
	enum err e = identity_load(p->cache, p->cc, &id);

	identity_release(&id);
	return e;
}

static void
what_was_saved_is_loaded(void **state)
{
	struct place *p = *state;
	struct identity id = {0};
	struct buffer before = {0}, after = {0};

	assert_int_equal(load(p), ERR_MISSING);
	assert_int_equal(identity_save(p->cache, &p->id), OK);
	assert_int_equal(identity_load(p->cache, p->cc, &id), OK);
	assert_int_equal(id.compiler, ARGS_CLANG);
	assert_int_equal(id.major, 14);
	assert_string_equal(id.path, p->driver);
	assert_string_equal(id.digest[IDENTITY_C], DIGEST_A);
	assert_null(id.digest[IDENTITY_CXX]);
	assert_int_equal(id.components.count, 3);
	assert_true(strv_has(&id.components, p->cc));
	assert_string_equal(id.files[1].program, "as");
	assert_int_equal(identity_format(&p->id, &before), OK);
	assert_int_equal(identity_format(&id, &after), OK);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, after.len);
	buffer_release(&before);
	buffer_release(&after);
	identity_release(&id);
	identity_release(&id);
}

static void
save_leaves_one_file_that_all_may_read(void **state)
{
	struct place *p = *state;
	mode_t old = umask(077);
	int count = 0;
	struct dirent *entry;

	assert_int_equal(identity_save(p->cache, &p->id), OK);
	assert_int_equal(identity_save(p->cache, &p->id), OK);
	umask(old);
	DIR *d = opendir(p->cache);

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		assert_int_equal(fstatat(dirfd(d), entry->d_name, &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, 0644);
		count++;
	}
	closedir(d);
	assert_int_equal(count, 1);
}

static void
a_changed_component_makes_it_missing(void **state)
{
	struct place *p = *state;

	assert_int_equal(identity_save(p->cache, &p->id), OK);
	assert_int_equal(load(p), OK);
	write_text(p->as, "as, upgraded");
	assert_int_equal(load(p), ERR_MISSING);
	unlink(p->as);
	assert_int_equal(load(p), ERR_MISSING);
}

static void
a_link_that_leads_elsewhere_makes_it_missing(void **state)
{
	struct place *p = *state;
	char *other = in(p, "other");

	assert_int_equal(identity_save(p->cache, &p->id), OK);
	write_text(other, "driver");
	unlink(p->cc);
	assert_int_equal(symlink("../other", p->cc), 0);
	assert_int_equal(load(p), ERR_MISSING);
	free(other);
}

static void
another_program_earlier_in_the_path_makes_it_missing(void **state)
{
	struct place *p = *state;
	char *early = in(p, "early/as");

	assert_int_equal(identity_save(p->cache, &p->id), OK);
	write_text(early, "another as");
	assert_int_equal(load(p), ERR_MISSING);
	chmod(early, 0644);
	assert_int_equal(load(p), OK);
	free(early);
}

static void
another_library_path_makes_it_missing(void **state)
{
	struct place *p = *state;

	assert_int_equal(identity_save(p->cache, &p->id), OK);
	setenv("LD_LIBRARY_PATH", "/opt/lib", 1);
	assert_int_equal(load(p), ERR_MISSING);
	unsetenv("LD_LIBRARY_PATH");
	assert_int_equal(load(p), OK);
}

static void
a_file_that_does_not_count_is_only_checked_when_asked(void **state)
{
	struct place *p = *state;

	free(p->id.files[1].digest);
	p->id.files[1].digest = NULL;
	assert_int_equal(identity_save(p->cache, &p->id), OK);
	write_text(p->as, "another one");
	assert_int_equal(load(p), OK);
	assert_false(identity_is_current(&p->id));
}

static void
a_path_of_two_lines_is_not_saved(void **state)
{
	struct place *p = *state;

	free(p->id.asked);
	p->id.asked = xstrdup("/tmp/a\nend");
	assert_int_equal(identity_save(p->cache, &p->id), ERR_USAGE);
	assert_int_equal(access(p->cache, F_OK), -1);
}

static void
a_file_of_another_compiler_is_not_taken(void **state)
{
	struct place *p = *state;
	struct identity id = {0};

	assert_int_equal(identity_save(p->cache, &p->id), OK);
	assert_int_equal(identity_load(p->cache, p->driver, &id), ERR_MISSING);
}

static void
a_search_path_has_a_file_of_its_own(void **state)
{
	struct place *p = *state;
	struct identity id = {0};

	assert_int_equal(identity_save(p->cache, &p->id), OK);
	p->id.search = in(p, "bin");
	strv_release(&p->id.environment);
	assert_int_equal(identity_load_with(p->cache, p->cc, p->id.search, &id), ERR_MISSING);
	assert_int_equal(identity_save(p->cache, &p->id), OK);
	assert_int_equal(load(p), OK);
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("LD_LIBRARY_PATH", "/opt/lib", 1);
	assert_int_equal(identity_load_with(p->cache, p->cc, p->id.search, &id), OK);
	assert_string_equal(id.search, p->id.search);
	identity_release(&id);
	assert_int_equal(identity_load_with(p->cache, p->cc, "/bin", &id), ERR_MISSING);
	assert_int_equal(load(p), ERR_MISSING);
	unsetenv("LD_LIBRARY_PATH");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void
who_locks_second_waits_for_the_first(void **state)
{
	struct place *p = *state;
	int fds[2], status;
	char c;

	assert_int_equal(pipe(fds), 0);
	int lock = identity_lock(p->cache);

	assert_true(lock >= 0);
	pid_t pid = fork();

	if (pid == 0)
		_exit(identity_lock(p->cache) >= 0 && write(fds[1], "x", 1) == 1 ? 0 : 1);
	assert_int_equal(io_wait(fds[0], POLLIN, io_now_ms() + 200), ERR_TIMEOUT);
	close(lock);
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fds[0]);
	close(fds[1]);
	/* A place where nothing can be made: no lock, and no wait. */
	assert_int_equal(identity_lock("/dev/null/cache"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_saved_is_loaded),
		TEST(save_leaves_one_file_that_all_may_read),
		TEST(a_changed_component_makes_it_missing),
		TEST(a_link_that_leads_elsewhere_makes_it_missing),
		TEST(another_program_earlier_in_the_path_makes_it_missing),
		TEST(another_library_path_makes_it_missing),
		TEST(a_file_that_does_not_count_is_only_checked_when_asked),
		TEST(a_path_of_two_lines_is_not_saved),
		TEST(a_search_path_has_a_file_of_its_own),
		TEST(a_file_of_another_compiler_is_not_taken),
		TEST(who_locks_second_waits_for_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
