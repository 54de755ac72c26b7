/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostmemory.h"
#include "io.h"
#include "xalloc.h"

static char red_id[] = "tcp_red_3632";
static char blue_id[] = "tcp_::1_3632";
static const struct host red = {.kind = HOST_TCP, .id = red_id};
static const struct host blue = {.kind = HOST_TCP, .id = blue_id};

#define MINUTE ((int64_t)60000)

static int
make_dir(void **state)
{
	char template[] = "/tmp/test-hostmemory-XXXXXX";

	*state = xstrdup(mkdtemp(template));
	return 0;
}

static int
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

/* Makes the file name of dir look written age_s seconds ago. */
static void
set_age(const char *dir, const char *name, time_t age_s)
{
	struct timespec times[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};
	char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	free(path);
}

static void
failed_host_is_backed_off_until_it_works(void **state)
{
	assert_false(hostmemory_is_backed_off(*state, &red, MINUTE));
	hostmemory_failed(*state, &red, REASON_LOST);
	assert_true(hostmemory_is_backed_off(*state, &red, MINUTE));
	assert_false(hostmemory_is_backed_off(*state, &blue, MINUTE));
	hostmemory_worked(*state, &red);
	assert_false(hostmemory_is_backed_off(*state, &red, MINUTE));
	hostmemory_worked(*state, &red);
}

static void
period_of_nothing_means_no_back_off(void **state)
{
	hostmemory_failed(*state, &red, REASON_LOST);
	assert_false(hostmemory_is_backed_off(*state, &red, 0));
}

static void
back_off_ends_with_its_period(void **state)
{
	hostmemory_failed(*state, &red, REASON_TIMEOUT);
	set_age(*state, "backoff_tcp_red_3632", 50);
	assert_true(hostmemory_is_backed_off(*state, &red, MINUTE));
	set_age(*state, "backoff_tcp_red_3632", 61);
	assert_false(hostmemory_is_backed_off(*state, &red, MINUTE));
	hostmemory_failed(*state, &red, REASON_TIMEOUT);
	assert_true(hostmemory_is_backed_off(*state, &red, MINUTE));
}

static void
failure_in_the_future_is_not_believed(void **state)
{
	hostmemory_failed(*state, &red, REASON_LOST);
	set_age(*state, "backoff_tcp_red_3632", -3600);
	assert_false(hostmemory_is_backed_off(*state, &red, MINUTE));
}

static void
file_tells_why_the_host_failed(void **state)
{
	char *path = xasprintf("%s/backoff_tcp_red_3632", (const char *)*state);
	char *text;
	size_t len;

	hostmemory_failed(*state, &red, REASON_TIMEOUT);
	hostmemory_failed(*state, &red, REASON_LOST);
	assert_int_equal(io_read_file(path, 100, &text, &len), OK);
	assert_string_equal(text, "lost");
	free(text);
	free(path);
}

static void
language_is_remembered_for_an_hour(void **state)
{
	assert_false(hostmemory_is_distcc(*state, &blue));
	hostmemory_set_distcc(*state, &blue);
	assert_true(hostmemory_is_distcc(*state, &blue));
	assert_false(hostmemory_is_distcc(*state, &red));
	set_age(*state, "speaks-distcc_tcp_::1_3632", 3500);
	assert_true(hostmemory_is_distcc(*state, &blue));
	set_age(*state, "speaks-distcc_tcp_::1_3632", 3601);
	assert_false(hostmemory_is_distcc(*state, &blue));
}

static void
our_language_is_remembered_for_an_hour_after_the_last_note(void **state)
{
	static const char name[] = "speaks-dcc_tcp_::1_3632";

	assert_false(hostmemory_is_native(*state, &blue));
	hostmemory_set_native(*state, &blue);
	assert_true(hostmemory_is_native(*state, &blue));
	assert_false(hostmemory_is_native(*state, &red));
	assert_false(hostmemory_is_distcc(*state, &blue));
	set_age(*state, name, 3500);
	assert_true(hostmemory_is_native(*state, &blue));
	hostmemory_set_native(*state, &blue);
	assert_true(hostmemory_is_native(*state, &blue));
	set_age(*state, name, 3601);
	assert_false(hostmemory_is_native(*state, &blue));
}

static void
missing_compiler_is_remembered_for_each_digest(void **state)
{
	assert_true(hostmemory_lacks(*state, &red, "0a1b"));
	assert_true(hostmemory_is_lacking(*state, &red, "0a1b", MINUTE));
	assert_false(hostmemory_is_lacking(*state, &red, "0a1c", MINUTE));
	assert_false(hostmemory_is_lacking(*state, &blue, "0a1b", MINUTE));
	assert_false(hostmemory_is_backed_off(*state, &red, MINUTE));
	set_age(*state, "lacks_tcp_red_3632_0a1b", 61);
	assert_false(hostmemory_is_lacking(*state, &red, "0a1b", MINUTE));
}

static void
missing_compiler_is_news_once_an_hour(void **state)
{
	assert_true(hostmemory_lacks(*state, &red, "0c"));
	assert_false(hostmemory_lacks(*state, &red, "0c"));
	assert_true(hostmemory_lacks(*state, &blue, "0c"));
	set_age(*state, "lacks_tcp_red_3632_0c", 3500);
	assert_false(hostmemory_lacks(*state, &red, "0c"));
	assert_true(hostmemory_is_lacking(*state, &red, "0c", MINUTE));
	set_age(*state, "lacks_tcp_red_3632_0c", 3601);
	assert_true(hostmemory_lacks(*state, &red, "0c"));
	assert_true(hostmemory_is_lacking(*state, &red, "0c", MINUTE));
}

static void
missing_directory_forgets_everything_quietly(void **state)
{
	static const char dir[] = "/nonexistent/lock";

	(void)state;
	hostmemory_failed(dir, &red, REASON_LOST);
	hostmemory_set_distcc(dir, &red);
	assert_true(hostmemory_lacks(dir, &red, "0a1b"));
	hostmemory_worked(dir, &red);
	assert_false(hostmemory_is_backed_off(dir, &red, MINUTE));
	assert_false(hostmemory_is_distcc(dir, &red));
	assert_false(hostmemory_is_lacking(dir, &red, "0a1b", MINUTE));
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(failed_host_is_backed_off_until_it_works),
		IN_DIR(period_of_nothing_means_no_back_off),
		IN_DIR(back_off_ends_with_its_period),
		IN_DIR(failure_in_the_future_is_not_believed),
		IN_DIR(file_tells_why_the_host_failed),
		IN_DIR(language_is_remembered_for_an_hour),
		IN_DIR(our_language_is_remembered_for_an_hour_after_the_last_note),
		IN_DIR(missing_compiler_is_remembered_for_each_digest),
		IN_DIR(missing_compiler_is_news_once_an_hour),
		cmocka_unit_test(missing_directory_forgets_everything_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
