/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "io.h"
#include "jail.h"
#include "jail_plan.h"
#include "log.h"
#include "path.h"
#include "process.h"
#include "strv.h"
#include "view.h"
#include "xalloc.h"

#include "jail_fixture.h"

#define MAX 16
/* A folder of this machine's toolchain that has headers, and no program. */
#define HEADERS "/usr/lib/gcc/x86_64-linux-gnu/12/include"

static int
set_up(void **state)
{
	*state = bench_new(JAIL_NAMESPACES);
	return 0;
}

static int
tear_down(void **state)
{
	bench_free(*state);
	return 0;
}

/* A view, and the folder that has it: "f/a" is a file whose text is its path, "d/a" a folder, "l/a=target" a link. */
struct scene {
	struct manifest_entry entries[MAX];
	char *words[MAX];
	size_t count;
	struct view view;
	char *folder;
	struct strv hidden;
};

static void
make_entry(const struct scene *s, const struct manifest_entry *entry)
{
	char *at = xasprintf("%s%s", s->folder, entry->path);
	char *dir = path_dir(at);

	assert_int_equal(io_make_dirs(dir, 0755), OK);
	if (entry->type == MANIFEST_FILE)
		set_file(at, entry->path, 0555);
	else if (entry->type == MANIFEST_LINK)
		assert_int_equal(symlink(entry->target, at), 0);
	else
		assert_int_equal(io_make_dirs(at, 0755), OK);
	free(dir);
	free(at);
}

static void
scene_init(struct scene *s, const struct bench *b, const char *const words[])
{
	struct manifest m = {0};

	memset(s, 0, sizeof(*s));
	s->folder = make_folder(b->base, "view");
	for (; words[s->count] != NULL; s->count++) {
		struct manifest_entry *entry = &s->entries[s->count];
		char *word = xstrdup(words[s->count]);
		char *equals = strchr(word, '=');

		if (equals != NULL)
			*equals = '\0';
		*entry = (struct manifest_entry){.type = word[0] == 'f'   ? MANIFEST_FILE
		                                         : word[0] == 'l' ? MANIFEST_LINK
		                                                          : MANIFEST_DIRECTORY,
		                                 .path = word + 1,
		                                 .target = equals != NULL ? equals + 1 : ""};
		make_entry(s, entry);
		s->words[s->count] = word;
	}
	m.entries = s->entries;
	m.entry_count = s->count;
	assert_int_equal(view_init(&s->view, &m, NULL, 0), OK);
}

static void
scene_release(struct scene *s)
{
	view_release(&s->view);
	for (size_t i = 0; i < s->count; i++)
		free(s->words[i]);
	shellf("rm -rf @", s->folder, "");
	free(s->folder);
	strv_release(&s->hidden);
}

struct act {
	const char *script; /* what runs as the compiler */
	const char *words;  /* NULL: "cc" */
	const char *cwd;    /* NULL: /home/me */
	const char *output; /* NULL: x.o */
	const char *kept;
};

static enum err
scene_run(const struct scene *s, struct bench *b, const struct act *a, struct jail_result *result)
{
	struct strv argv = {0}, env = {0}, outputs = {0};
	char *cc = bench_script(b, a->script);
	const struct jail_view view = {.view = &s->view, .root = s->folder, .hidden = &s->hidden};

	split_words(a->words != NULL ? a->words : "cc", &argv);
	strv_add(&outputs, a->output != NULL ? a->output : "x.o");
	struct jail_job job = {
		.compiler = cc,
		.argv = &argv,
		.env = &env,
		.toolchain = &b->toolchain,
		.cwd = a->cwd != NULL ? a->cwd : "/home/me",
		.text_fd = -1,
		.original_fd = -1,
		.outputs = &outputs,
		.view = &view,
		.kept = a->kept,
		.umask = 022,
		.work_dir = b->work,
		.deadline_ms = io_now_ms() + 20000,
		.file_limit = FILE_LIMIT,
		.watch_fd = -1,
	};
	enum err e = jail_run(b->kind, &job, result);

	strv_release(&argv);
	strv_release(&env);
	strv_release(&outputs);
	free(cc);
	return e;
}

/* The standard output of a script in a jail with this view must be wanted. */
static void
check_output(const struct scene *s, struct bench *b, const char *script, const char *wanted)
{
	struct jail_result r = JAIL_RESULT_INIT;

	assert_int_equal(scene_run(s, b, &(struct act){.script = script}, &r), OK);
	char *text = read_fd(r.stdout_fd);

	assert_string_equal(text, wanted);
	free(text);
	jail_result_release(&r);
}

static enum err
try(struct bench *b, const char *const words[], const char *hidden)
{
	struct jail_result r = JAIL_RESULT_INIT;
	struct scene s;

	scene_init(&s, b, words);
	if (hidden != NULL)
		strv_add(&s.hidden, hidden);
	enum err e = scene_run(&s, b, &(struct act){.script = "exit 0"}, &r);

	jail_result_release(&r);
	scene_release(&s);
	return e;
}

static void
the_job_sees_the_clients_files_at_their_paths(void **state)
{
	static const char *const words[] = {"f/home/me/a.c", "f/opt/x/b.h", "l/home/me/l=../../opt/x", "d/home/me/empty",
	                                    "f/usr/include/c.h", "f/usr/src/linux/d.h", "f/tmp/build/e.h", NULL};
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	check_output(&s, b, "cat a.c l/b.h /usr/include/c.h /usr/src/linux/d.h /tmp/build/e.h",
	             "/home/me/a.c/opt/x/b.h/usr/include/c.h/usr/src/linux/d.h/tmp/build/e.h");
	check_output(&s, b, "readlink l; ls -A; ls -A empty", "../../opt/x\na.c\nempty\nl\n");
	scene_release(&s);
}

static void
nothing_else_of_this_machine_is_seen(void **state)
{
	static const char *const words[] = {"f/usr/include/only.h", NULL};
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	check_output(&s, b, "ls /usr/include; ls /home; ls -d /usr/local /usr/src /var /root /usr/share/doc 2>/dev/null", "only.h\nme\n");
	scene_release(&s);
}

static void
a_hidden_folder_of_the_toolchain_has_the_entries_alone(void **state)
{
	static const char *const words[] = {"f" HEADERS "/only.h", "f" HEADERS "/below/x.h", NULL};
	static const char *const none[] = {"f/home/me/a.c", NULL};
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	check_output(&s, b, "ls " HEADERS " | grep -c stddef.h", "1\n");
	strv_add(&s.hidden, HEADERS);
	strv_add(&s.hidden, HEADERS "/below");
	check_output(&s, b, "ls " HEADERS "; cat " HEADERS "/below/x.h", "below\nonly.h\n" HEADERS "/below/x.h");
	scene_release(&s);
	scene_init(&s, b, none);
	strv_add(&s.hidden, HEADERS);
	check_output(&s, b, "ls -A " HEADERS, "");
	scene_release(&s);
}

static void
folders_that_only_the_client_has_are_merged_into_the_toolchains(void **state)
{
	static const char *const words[] = {"f/usr/lib/dcc-nowhere/include/x.h", "l/usr/lib/dcc-link=dcc-nowhere/include",
	                                    "d/usr/lib/gcc", NULL};
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	strv_add(&s.hidden, "/usr/lib/dcc-link");
	check_output(&s, b, "cat /usr/lib/dcc-link/x.h; ls -d /usr/lib/gcc/x86_64-linux-gnu",
	             "/usr/lib/dcc-nowhere/include/x.h/usr/lib/gcc/x86_64-linux-gnu\n");
	scene_release(&s);
}

static void
nothing_of_the_client_takes_the_place_of_the_toolchains(void **state)
{
	static const char *const file[] = {"f/usr/lib/os-release", NULL};
	static const char *const program[] = {"f/usr/bin/as", NULL};
	static const char *const folder[] = {"f/usr/lib/os-release/x.h", NULL};
	static const char *const link[] = {"l/usr/lib/gcc=/home/me", NULL};
	static const char *const below_link[] = {"l/usr=/home/me", NULL};
	static const char *const other_lib[] = {"f/lib/x.h", NULL};
	static const char *const other_target[] = {"l/lib=/home/me", NULL};
	static const char *const same_target[] = {"l/lib=usr/lib", NULL};
	const char *const *const refused[] = {file, program, folder, link, below_link, other_lib, other_target};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(try(b, refused[i], NULL), ERR_DENIED);
	assert_int_equal(try(b, same_target, NULL), OK);
}

static void
folders_that_the_jail_needs_cannot_be_hidden(void **state)
{
	static const char *const refused[] = {"/", "/usr", "/usr/lib", "/usr/bin", "/etc", "/usr/lib/x86_64-linux-gnu"};
	static const char *const words[] = {"d/home/me", NULL};
	struct bench *b = *state;

	for (size_t i = 0; i < 5; i++)
		assert_int_equal(try(b, words, refused[i]), ERR_DENIED);
	assert_int_equal(try(b, words, "/usr/include"), OK);
	assert_int_equal(try(b, words, "/nowhere/at/all"), OK);
	/* It has the libraries that the compiler loads. */
	char *cc = bench_script(b, "exit 0");

	strv_add(&b->toolchain, "/lib/x86_64-linux-gnu/libz.so.1");
	free(cc);
	struct scene s;
	struct jail_result r = JAIL_RESULT_INIT;
	struct strv kept = b->toolchain;

	scene_init(&s, b, words);
	strv_add(&s.hidden, refused[5]);
	const struct jail_view view = {.view = &s.view, .root = s.folder, .hidden = &s.hidden};
	struct strv argv = {0};

	strv_add(&argv, "cc");
	struct jail_job job = {.compiler = kept.items[0], .argv = &argv, .toolchain = &kept, .cwd = "/", .text_fd = -1,
	                       .original_fd = -1, .view = &view, .work_dir = b->work, .deadline_ms = IO_NO_DEADLINE,
	                       .file_limit = FILE_LIMIT, .watch_fd = -1};

	assert_int_equal(jail_run(b->kind, &job, &r), ERR_DENIED);
	strv_release(&argv);
	scene_release(&s);
}

static void
places_of_the_jails_own_are_refused(void **state)
{
	static const char *const proc[] = {"f/proc/x", NULL};
	static const char *const tmp[] = {"l/tmp=/home", NULL};
	static const char *const ours[] = {"f" JAIL_TMP "/x", NULL};
	static const char *const device[] = {"f/dev/null", NULL};
	static const char *const shm[] = {"f/dev/shm/a.c", NULL};
	const char *const *const refused[] = {proc, tmp, ours, device};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(try(b, refused[i], NULL), ERR_DENIED);
	assert_int_equal(try(b, shm, NULL), OK);
}

static void
what_the_job_writes_is_collected_and_the_view_stays(void **state)
{
	static const char *const words[] = {"f/home/me/a.c", "f/home/me/b.c", "f/usr/lib/dcc-nowhere/x.h", NULL};
	struct jail_result r = JAIL_RESULT_INIT;
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	assert_int_equal(scene_run(&s, b,
	                           &(struct act){.script = "echo o >x.o; chmod u+w a.c; echo changed >a.c; rm -f b.c; mkdir new; echo d >new/x.d",
	                                         .output = "x.o"},
	                           &r),
	                 OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.output_count, 3);
	assert_string_equal(r.outputs[0].path, "/home/me/a.c");
	assert_string_equal(r.outputs[1].path, "/home/me/new/x.d");
	assert_string_equal(r.outputs[2].path, "/home/me/x.o");
	jail_result_release(&r);
	check_output(&s, b, "cat a.c b.c; ls", "/home/me/a.c/home/me/b.ca.c\nb.c\n");
	scene_release(&s);
}

static void
outputs_below_a_cover_are_collected(void **state)
{
	static const char *const words[] = {"f/usr/lib/dcc-nowhere/a.c", "f" HEADERS "/b.h", NULL};
	struct jail_result r = JAIL_RESULT_INIT;
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	strv_add(&s.hidden, HEADERS);
	assert_int_equal(scene_run(&s, b,
	                           &(struct act){.script = "cat a.c " HEADERS "/* >x.o; echo y >" HEADERS "/y.o",
	                                         .cwd = "/usr/lib/dcc-nowhere", .output = HEADERS "/y.o"},
	                           &r),
	                 OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.output_count, 2);
	assert_string_equal(r.outputs[0].path, "/usr/lib/dcc-nowhere/x.o");
	assert_string_equal(r.outputs[1].path, HEADERS "/y.o");
	char *text = read_fd(r.outputs[0].fd);

	assert_string_equal(text, "/usr/lib/dcc-nowhere/a.c" HEADERS "/b.h");
	free(text);
	jail_result_release(&r);
	scene_release(&s);
}

static void
nothing_of_the_client_can_be_run(void **state)
{
	static const char *const words[] = {"f/home/me/prog", "f/usr/lib/dcc-nowhere/prog", NULL};
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	check_output(&s, b, "./prog 2>/dev/null; echo $?", "126\n");
	scene_release(&s);
}

static void
a_cwd_that_is_a_link_keeps_its_name(void **state)
{
	static const char *const words[] = {"f/data/w/a.c", "l/home/me=/data/w", NULL};
	struct jail_result r = JAIL_RESULT_INIT;
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	assert_int_equal(scene_run(&s, b, &(struct act){.script = "cat a.c; pwd -P; echo o >x.o; echo p >../p.o", .output = "x.o"}, &r), OK);
	char *text = read_fd(r.stdout_fd);

	assert_string_equal(text, "/data/w/a.c/data/w\n");
	assert_int_equal(r.output_count, 2);
	assert_string_equal(r.outputs[0].path, "/data/p.o");
	assert_string_equal(r.outputs[1].path, "/home/me/x.o");
	free(text);
	jail_result_release(&r);
	scene_release(&s);
}

static void
the_way_of_an_output_goes_through_links_too(void **state)
{
	static const char *const words[] = {"l/home/me/out=/big/disk/out", "d/home/me/sub", NULL};
	struct jail_result r = JAIL_RESULT_INIT;
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	assert_int_equal(scene_run(&s, b, &(struct act){.script = "echo o >out/x.o; echo y >sub/../y.o", .output = "out/x.o"}, &r), OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.output_count, 2);
	assert_string_equal(r.outputs[0].path, "/home/me/out/x.o");
	assert_string_equal(r.outputs[1].path, "/home/me/y.o");
	jail_result_release(&r);
	scene_release(&s);
}

static void
links_that_go_round_are_refused(void **state)
{
	static const char *const words[] = {"l/home/me=you", "l/home/you=me", NULL};

	assert_int_equal(try(*state, words, NULL), ERR_DENIED);
}

static void
a_file_that_the_caller_wants_is_kept(void **state)
{
	static const char *const words[] = {"d/home/me", NULL};
	struct jail_result r = JAIL_RESULT_INIT;
	struct bench *b = *state;
	struct scene s;

	scene_init(&s, b, words);
	assert_int_equal(scene_run(&s, b, &(struct act){.script = "echo list >$TMPDIR/deps", .kept = "deps"}, &r), OK);
	assert_true(r.kept_fd >= 0);
	char *text = read_fd(r.kept_fd);

	assert_string_equal(text, "list\n");
	assert_int_equal(r.output_count, 0);
	free(text);
	jail_result_release(&r);
	assert_int_equal(scene_run(&s, b, &(struct act){.script = "ln -s /etc/passwd $TMPDIR/deps", .kept = "deps"}, &r), OK);
	assert_int_equal(r.kept_fd, -1);
	jail_result_release(&r);
	scene_release(&s);
}

static void
a_view_of_many_folders_is_one_overlay(void **state)
{
	struct bench *b = *state;
	struct scene s;
	struct jail_result r = JAIL_RESULT_INIT;
	static const char *const words[] = {"f/home/me/d/x", NULL};

	scene_init(&s, b, words);
	view_release(&s.view);
	struct manifest_entry *entries = xcalloc(500, sizeof(*entries));
	struct manifest m = {.entries = entries, .entry_count = 500};

	for (size_t i = 0; i < 500; i++) {
		entries[i] = (struct manifest_entry){.type = MANIFEST_FILE, .path = xasprintf("/home/me/d%03zu/x", i), .target = ""};
		make_entry(&s, &entries[i]);
	}
	assert_int_equal(view_init(&s.view, &m, NULL, 0), OK);
	assert_int_equal(scene_run(&s, b, &(struct act){.script = "cat d*/x | wc -c; echo o >x.o"}, &r), OK);
	char *text = read_fd(r.stdout_fd);

	assert_string_equal(text, "7512\n");
	assert_int_equal(r.output_count, 1);
	free(text);
	jail_result_release(&r);
	scene_release(&s);
	for (size_t i = 0; i < 500; i++) {
		char *path = (char *)(uintptr_t)entries[i].path;

		free(path);
	}
	free(entries);
}

static void
the_daemon_finds_out_whether_views_work(void **state)
{
	struct bench *b = *state;
	char *why_not = NULL;

	assert_true(jail_probe_view(b->work, &why_not));
	assert_null(why_not);
	assert_false(jail_probe_view("/nowhere/at/all", &why_not));
	assert_non_null(why_not);
	free(why_not);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_job_sees_the_clients_files_at_their_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_else_of_this_machine_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hidden_folder_of_the_toolchain_has_the_entries_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(folders_that_only_the_client_has_are_merged_into_the_toolchains, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_of_the_client_takes_the_place_of_the_toolchains, set_up, tear_down),
		cmocka_unit_test_setup_teardown(folders_that_the_jail_needs_cannot_be_hidden, set_up, tear_down),
		cmocka_unit_test_setup_teardown(places_of_the_jails_own_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_job_writes_is_collected_and_the_view_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(outputs_below_a_cover_are_collected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_of_the_client_can_be_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cwd_that_is_a_link_keeps_its_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_way_of_an_output_goes_through_links_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_that_go_round_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_the_caller_wants_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_view_of_many_folders_is_one_overlay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_daemon_finds_out_whether_views_work, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	return run_as_all(run);
}
