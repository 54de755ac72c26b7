/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "jail.h"
#include "jail_feed.h"
#include "path.h"
#include "xalloc.h"

struct place {
	char folder[32];
	char *source;
	struct jail_job job;
	struct jail_feed_state feed;
};

static int
make_text(size_t size, char c)
{
	int fd = -1;
	char *text = xmalloc(size);

	memset(text, c, size);
	assert_int_equal(io_open_unnamed("/tmp", &fd), OK);
	assert_int_equal(io_write_exactly(fd, text, size, IO_NO_DEADLINE), OK);
	free(text);
	return fd;
}

static void
place_text(struct place *p, size_t size)
{
	*p = (struct place){.folder = "/tmp/dcc-feed-XXXXXX", .feed = JAIL_FEED_INIT};
	assert_non_null(mkdtemp(p->folder));
	p->source = path_join(p->folder, "x.c");
	p->job = (struct jail_job){.source = "x.c", .feed = JAIL_FEED_FIFO, .text_fd = make_text(size, 't'),
	                           .original_fd = make_text(9, 'o')};
	assert_int_equal(jail_feed_place(&p->job, p->source, &p->feed.fifo_fd, &p->feed.folder_fd), OK);
	p->feed.text_fd = p->job.text_fd;
	p->feed.name = "x.c";
	p->feed.size = (off_t)size;
}

static void
remove_place(struct place *p)
{
	char *original = path_join(p->folder, ".dcc-original");

	jail_feed_release(&p->feed);
	close(p->job.text_fd);
	close(p->job.original_fd);
	unlink(p->source);
	unlink(original);
	assert_int_equal(rmdir(p->folder), 0);
	free(p->source);
	free(original);
}

/* Steps for as long as the FIFO wants. */
static void
feed_all(struct place *p, int timeout_ms)
{
	struct pollfd f = {.fd = p->feed.fifo_fd, .events = POLLOUT};

	while (p->feed.fifo_fd >= 0 && poll(&f, 1, timeout_ms) == 1)
		assert_int_equal(jail_feed_step(&p->feed), OK);
}

/* A reader as a compiler is one: 0 if it got n times 't', and then finds the original by the same name. */
static int
read_as_compiler(const char *source, size_t n)
{
	char *text = NULL, *again = NULL;
	size_t len = 0, again_len = 0;

	if (io_read_file(source, (size_t)16 << 20, &text, &len) != OK || len != n)
		return 1;
	for (size_t i = 0; i < len; i++)
		if (text[i] != 't')
			return 2;
	if (io_read_file(source, 100, &again, &again_len) != OK)
		return 3;
	int differs = strcmp(again, "ooooooooo") != 0;

	free(text);
	free(again);
	return differs;
}

static void
assert_text_arrives(size_t size)
{
	struct place p;
	int status = -1;

	place_text(&p, size);
	pid_t pid = fork();

	if (pid == 0) {
		/* A compiler does not have them: they are closed at exec. */
		jail_feed_release(&p.feed);
		_exit(read_as_compiler(p.source, size));
	}
	feed_all(&p, 10000);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(p.feed.fifo_fd, -1);
	remove_place(&p);
}

static void
texts_of_all_sizes_arrive(void **state)
{
	static const size_t sizes[] = {1, 4095, 4096, 4097, 8192, 65536, 70000, (size_t)3 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_text_arrives(sizes[i]);
}

static void
the_original_waits_for_a_reader(void **state)
{
	static const size_t sizes[] = {1, 4096, 100000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct place p;
		struct stat st;

		place_text(&p, sizes[i]);
		feed_all(&p, 50);
		assert_true(p.feed.fifo_fd >= 0);
		assert_int_equal(lstat(p.source, &st), 0);
		assert_true(S_ISFIFO(st.st_mode));
		remove_place(&p);
	}
}

static void
a_file_that_has_the_sources_name_goes(void **state)
{
	struct place p;
	struct stat st;
	int fifo = -1, folder = -1;

	(void)state;
	place_text(&p, 3);
	p.job.feed = JAIL_FEED_FILE;
	assert_int_equal(jail_feed_place(&p.job, p.source, &fifo, &folder), OK);
	assert_int_equal(fifo, -1);
	assert_int_equal(folder, -1);
	assert_int_equal(lstat(p.source, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_size, 3);
	remove_place(&p);
}

static void
a_folder_that_has_the_sources_name_stays(void **state)
{
	struct place p;
	int fifo = -1, folder = -1;
	char *below = NULL;

	(void)state;
	place_text(&p, 3);
	below = path_join(p.folder, "d");
	assert_int_equal(mkdir(below, 0700), 0);
	assert_int_not_equal(jail_feed_place(&p.job, below, &fifo, &folder), OK);
	assert_int_equal(fifo, -1);
	assert_int_equal(rmdir(below), 0);
	free(below);
	remove_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_all_sizes_arrive),
		cmocka_unit_test(the_original_waits_for_a_reader),
		cmocka_unit_test(a_file_that_has_the_sources_name_goes),
		cmocka_unit_test(a_folder_that_has_the_sources_name_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
