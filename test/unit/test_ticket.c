/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certificates.h"
#include "scratch.h"
#include "ticket.h"

static const struct tls_files no_files;

static enum err
load(const char *dir, const struct tls_files *files)
{
	unsigned char *data = NULL;
	size_t len = 0;
	enum err e = ticket_load(&(struct ticket_place){dir, "tcp_red_1", files}, &data, &len);

	if (e == OK) {
		assert_int_equal(len, 6);
		assert_memory_equal(data, "sesame", 6);
	}
	free(data);
	return e;
}

static void
save(const char *dir, const struct tls_files *files)
{
	assert_int_equal(ticket_save(&(struct ticket_place){dir, "tcp_red_1", files}, (const unsigned char *)"sesame", 6), OK);
}

/* The one file of this volunteer's sessions; yours. */
static char *
file_of(const char *id)
{
	DIR *d = opendir("tls");
	char *path = NULL;

	assert_non_null(d);
	for (const struct dirent *entry; (entry = readdir(d)) != NULL;)
		if (strncmp(entry->d_name, id, strlen(id)) == 0)
			path = xasprintf("tls/%s", entry->d_name);
	closedir(d);
	assert_non_null(path);
	return path;
}

static void
what_is_saved_is_loaded_and_private(void **state)
{
	struct stat st;

	assert_int_equal(load(*state, &no_files), ERR_MISSING);
	save(*state, &no_files);
	assert_int_equal(load(*state, &no_files), OK);
	assert_int_equal(stat("tls", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	char *path = file_of("tcp_red_1");

	assert_int_equal(stat(path, &st), 0);
	free(path);
	assert_int_equal(st.st_mode & 0777, 0600);
	ticket_drop(&(struct ticket_place){*state, "tcp_red_1", &no_files});
	assert_int_equal(load(*state, &no_files), ERR_MISSING);
}

static void
a_file_that_others_could_have_made_is_not_used(void **state)
{
	save(*state, &no_files);
	char *path = file_of("tcp_red_1");

	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(load(*state, &no_files), ERR_MISSING);
	save(*state, &no_files);
	assert_int_equal(rename(path, "tls/moved"), 0);
	assert_int_equal(symlink("moved", path), 0);
	assert_int_equal(load(*state, &no_files), ERR_MISSING);
	ticket_drop(&(struct ticket_place){*state, "tcp_red_1", &no_files});
	save(*state, &no_files);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(load(*state, &no_files), ERR_MISSING);
	}
	free(path);
	ticket_drop(&(struct ticket_place){*state, "tcp_red_1", &no_files});
}

static void
a_newer_certificate_makes_it_worthless(void **state)
{
	const struct tls_files files = {.ca = "ca.pem", .cert = "client.pem"};
	const struct tls_files gone = {.ca = "nothing.pem"};
	const struct timespec pause = {.tv_nsec = 20000000};

	write_file("ca.pem", "x", 0644);
	write_file("client.pem", "x", 0600);
	nanosleep(&pause, NULL);
	save(*state, &files);
	assert_int_equal(load(*state, &files), OK);
	assert_int_equal(load(*state, &gone), ERR_MISSING);
	nanosleep(&pause, NULL);
	write_file("ca.pem", "y", 0644);
	assert_int_equal(load(*state, &files), ERR_MISSING);
	nanosleep(&pause, NULL);
	save(*state, &files);
	assert_int_equal(load(*state, &files), OK);
}

static void
another_certificate_is_another_client(void **state)
{
	const struct tls_files alice = {.ca = "ca.pem", .cert = "alice.pem"};
	const struct tls_files bob = {.ca = "ca.pem", .cert = "bob.pem"};
	const struct timespec pause = {.tv_nsec = 20000000};

	write_file("ca.pem", "x", 0644);
	write_file("alice.pem", "x", 0600);
	write_file("bob.pem", "x", 0600);
	nanosleep(&pause, NULL);
	save(*state, &alice);
	assert_int_equal(load(*state, &bob), ERR_MISSING);
	save(*state, &bob);
	assert_int_equal(load(*state, &alice), OK);
	assert_int_equal(load(*state, &bob), OK);
}

static void
no_more_than_the_bound_is_kept(void **state)
{
	const struct ticket_place big = {*state, "big", &no_files};
	unsigned char *large = xcalloc(1, TICKET_MAX + 1);

	assert_int_equal(ticket_save(&big, large, TICKET_MAX + 1), ERR_LIMIT);
	assert_int_equal(ticket_save(&big, large, TICKET_MAX), OK);
	char *path = file_of("big");

	assert_int_equal(truncate(path, (off_t)TICKET_MAX + 1), 0);
	unsigned char *data = NULL;
	size_t len;

	assert_int_equal(ticket_load(&big, &data, &len), ERR_MISSING);
	free(path);
	free(large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_saved_is_loaded_and_private),
		cmocka_unit_test(a_file_that_others_could_have_made_is_not_used),
		cmocka_unit_test(a_newer_certificate_makes_it_worthless),
		cmocka_unit_test(another_certificate_is_another_client),
		cmocka_unit_test(no_more_than_the_bound_is_kept),
	};

	return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
