/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "meeting.h"
#include "xalloc.h"

struct fixture {
	char base[32];
	struct userdir u;
	struct meeting m;
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	snprintf(f->base, sizeof(f->base), "/tmp/dcc-meeting.XXXXXX");
	assert_non_null(mkdtemp(f->base));
	f->u.base = f->base;
	*state = f;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	meeting_release(&f->m);
	assert_int_equal(nftw(f->base, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(f);
	return 0;
}

static void
the_folder_is_made_for_this_user_alone(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(meeting_find(&f->u, &f->m), OK);
	assert_int_equal(stat(f->m.dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void
a_folder_that_others_can_enter_is_denied(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(meeting_find(&f->u, &f->m), OK);
	assert_int_equal(chmod(f->m.dir, 0755), 0);
	meeting_release(&f->m);
	assert_int_equal(meeting_find(&f->u, &f->m), ERR_DENIED);
}

static void
a_link_in_place_of_the_folder_is_denied(void **state)
{
	struct fixture *f = *state;
	char *moved = xasprintf("%s/elsewhere", f->base);

	assert_int_equal(meeting_find(&f->u, &f->m), OK);
	assert_int_equal(rename(f->m.dir, moved), 0);
	assert_int_equal(symlink(moved, f->m.dir), 0);
	meeting_release(&f->m);
	assert_int_equal(meeting_find(&f->u, &f->m), ERR_DENIED);
	free(moved);
}

static void
two_meet_where_one_listens(void **state)
{
	struct fixture *f = *state;
	int listener = -1, client = -1;

	assert_int_equal(meeting_find(&f->u, &f->m), OK);
	assert_int_equal(meeting_connect(&f->m, &client), ERR_MISSING);
	assert_int_equal(meeting_listen(&f->m, &listener), OK);
	assert_int_equal(meeting_connect(&f->m, &client), OK);
	io_close(&client);
	io_close(&listener);
}

static void
a_socket_that_a_dead_server_left_is_replaced(void **state)
{
	struct fixture *f = *state;
	int listener = -1, client = -1;

	assert_int_equal(meeting_find(&f->u, &f->m), OK);
	assert_int_equal(meeting_listen(&f->m, &listener), OK);
	io_close(&listener);
	assert_int_equal(meeting_connect(&f->m, &client), ERR_MISSING);
	assert_int_equal(meeting_listen(&f->m, &listener), OK);
	assert_int_equal(meeting_connect(&f->m, &client), OK);
	io_close(&client);
	io_close(&listener);
}

static void
a_path_too_long_for_an_address_will_do(void **state)
{
	struct fixture *f = *state;
	char name[150];
	int listener = -1, client = -1;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	char *deep = xasprintf("%s/%s", f->base, name);

	assert_int_equal(mkdir(deep, 0700), 0);
	f->u.base = deep;
	assert_int_equal(meeting_find(&f->u, &f->m), OK);
	assert_int_equal(meeting_connect(&f->m, &client), ERR_MISSING);
	assert_int_equal(meeting_listen(&f->m, &listener), OK);
	assert_int_equal(access(f->m.socket, F_OK), 0);
	assert_int_equal(meeting_connect(&f->m, &client), OK);
	io_close(&client);
	io_close(&listener);
	free(deep);
}

static void
who_takes_over_is_the_peer_that_clients_see(void **state)
{
	struct fixture *f = *state;
	int listener = -1, client = -1;
	struct ucred peer;
	socklen_t len = sizeof(peer);

	assert_int_equal(meeting_find(&f->u, &f->m), OK);
	assert_int_equal(meeting_listen(&f->m, &listener), OK);
	pid_t pid = fork();

	if (pid == 0) {
		meeting_take_over(listener);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(meeting_connect(&f->m, &client), OK);
	assert_int_equal(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &len), 0);
	assert_int_equal(peer.pid, pid);
	io_close(&client);
	io_close(&listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_folder_is_made_for_this_user_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_folder_that_others_can_enter_is_denied, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_in_place_of_the_folder_is_denied, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_meet_where_one_listens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_socket_that_a_dead_server_left_is_replaced, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(who_takes_over_is_the_peer_that_clients_see, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_path_too_long_for_an_address_will_do, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
