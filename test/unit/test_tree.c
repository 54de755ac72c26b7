/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "process.h"
#include "store.h"
#include "tree.h"
#include "upkeep.h"
#include "xalloc.h"

#include "store_fixture.h"

#define MAX 16
#define MTIME 1700000000123456789

/* "f/a=text" is a file, "d/a" a folder, "l/a=target" a link. */
struct plan {
	struct manifest_entry entries[MAX];
	char *words[MAX];
	size_t count;
	struct view view;
};

static void
plan_init(struct plan *p, const char *const words[])
{
	struct manifest m = {0};

	memset(p, 0, sizeof(*p));
	for (; words[p->count] != NULL; p->count++) {
		char *word = xstrdup(words[p->count]);
		char *equals = strchr(word, '=');
		struct manifest_entry *entry = &p->entries[p->count];

		if (equals != NULL)
			*equals = '\0';
		const char *value = equals != NULL ? equals + 1 : "";

		*entry = (struct manifest_entry){.type = MANIFEST_DIRECTORY, .path = word + 1, .target = ""};
		if (word[0] == 'l') {
			entry->type = MANIFEST_LINK;
			entry->target = value;
		} else if (word[0] == 'f') {
			entry->type = MANIFEST_FILE;
			entry->size = strlen(value);
			entry->mtime_ns = MTIME;
			digest_of(value, entry->digest);
		}
		p->words[p->count] = word;
	}
	m.entries = p->entries;
	m.entry_count = p->count;
	assert_int_equal(view_init(&p->view, &m, NULL, 0), OK);
}

static void
plan_release(struct plan *p)
{
	view_release(&p->view);
	for (size_t i = 0; i < p->count; i++)
		free(p->words[i]);
}

/* What find says of a tree: kinds, paths, targets, in the order of the paths. */
#define CONTENTS "find . -mindepth 1 \\( -type l -printf 'l%P=%l\\n' -o -type d -printf 'd%P\\n' -o -printf 'f%P\\n' \\) | LC_ALL=C sort -k1.2"

static void
check_contents(struct tree *t, const char *wanted)
{
	char *command = xasprintf("test \"$(%s | tr '\\n' ' ')\" = '%s'", CONTENTS, wanted);

	shell(command, tree_root(t));
	free(command);
}

/* A job that sees these, and ends. */
static void
run_job(struct shelf *s, const char *const words[], const char *wanted)
{
	struct plan p;
	struct tree *t;
	struct wire_want missing;

	plan_init(&p, words);
	assert_int_equal(tree_open(s->store, &p.view, &t), OK);
	assert_int_equal(tree_fill(t, &missing), OK);
	check_contents(t, wanted);
	tree_close(t);
	plan_release(&p);
}

static void
put_all(struct shelf *s)
{
	static const char *const texts[] = {"", "a", "b", "c", "d"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		put(s->store, texts[i]);
}

static const char *const first[] = {"d/empty", "f/w/a.c=a", "f/w/inc/b.h=b", "l/w/link=inc", "f/usr/x.h=c", NULL};
static const char first_is[] = "dempty dusr fusr/x.h dw fw/a.c dw/inc fw/inc/b.h lw/link=inc ";

static void
a_tree_has_exactly_the_entries(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	run_job(&s, first, first_is);
	shelf_close(&s);
}

static void
the_next_job_gets_the_tree_by_the_difference(void **state)
{
	static const char *const second[] = {"f/w/a.c=b", "f/w/inc/b.h=b", "f/w/link=d", "f/empty=", "d/w/new/deep", NULL};
	static const char *const third[] = {"l/w=elsewhere", "f/elsewhere/a=a", NULL};
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	run_job(&s, first, first_is);
	run_job(&s, second, "fempty dw fw/a.c dw/inc fw/inc/b.h fw/link dw/new dw/new/deep ");
	run_job(&s, third, "delsewhere felsewhere/a lw=elsewhere ");
	run_job(&s, first, first_is);
	run_job(&s, first, first_is);
	shell("test $(ls store/*/trees | wc -l) -eq 1", s.dir);
	shelf_close(&s);
}

static void
jobs_at_the_same_time_have_trees_of_their_own(void **state)
{
	static const char *const other[] = {"f/o=a", NULL};
	struct plan p, q;
	struct tree *t, *u;
	struct wire_want missing;
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	plan_init(&p, first);
	plan_init(&q, other);
	assert_int_equal(tree_open(s.store, &p.view, &t), OK);
	assert_int_equal(tree_fill(t, &missing), OK);
	assert_int_equal(tree_open(s.store, &q.view, &u), OK);
	assert_int_equal(tree_fill(u, &missing), OK);
	check_contents(t, first_is);
	check_contents(u, "fo ");
	tree_close(t);
	tree_close(u);
	plan_release(&p);
	plan_release(&q);
	shelf_close(&s);
}

static void
missing_files_are_named_by_number(void **state)
{
	static const char *const words[] = {"f/1=a", "f/2=new", "d/3", "f/4=newer", "f/5=new", NULL};
	struct plan p;
	struct tree *t;
	struct wire_want missing;
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	plan_init(&p, words);
	assert_int_equal(tree_open(s.store, &p.view, &t), OK);
	assert_int_equal(tree_fill(t, &missing), ERR_MISSING);
	assert_int_equal(missing.count, 3);
	assert_int_equal(missing.numbers[0], 2);
	assert_int_equal(missing.numbers[1], 4);
	assert_int_equal(missing.numbers[2], 5);
	wire_want_release(&missing);
	put(s.store, "newer");
	assert_int_equal(tree_fill(t, &missing), ERR_MISSING);
	assert_int_equal(missing.count, 2);
	wire_want_release(&missing);
	put(s.store, "new");
	assert_int_equal(tree_fill(t, &missing), OK);
	check_contents(t, "f1 f2 d3 f4 f5 ");
	tree_close(t);
	plan_release(&p);
	shelf_close(&s);
}

static void
a_tree_that_was_left_half_done_begins_anew(void **state)
{
	static const char *const words[] = {"f/old=a", "f/new=not there", NULL};
	struct plan p;
	struct tree *t;
	struct wire_want missing;
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	run_job(&s, first, first_is);
	plan_init(&p, words);
	assert_int_equal(tree_open(s.store, &p.view, &t), OK);
	assert_int_equal(tree_fill(t, &missing), ERR_MISSING);
	wire_want_release(&missing);
	tree_close(t);
	plan_release(&p);
	run_job(&s, first, first_is);
	shell("printf x >>$(echo store/*/trees/0/list)", s.dir);
	run_job(&s, first, first_is);
	shell("rm store/*/trees/0/root/w/a.c && rm -r store/*/trees/0/root/usr", s.dir);
	run_job(&s, first, first_is);
	shell("touch $(echo store/*/trees/0/root/w)/stray", s.dir);
	static const char *const little[] = {"f/o=a", NULL};

	/* A folder that should be empty and is not: no list can be trusted. */
	run_job(&s, little, "fo ");
	shelf_close(&s);
}

static void
files_of_a_tree_never_share_an_inode(void **state)
{
	static const char *const one[] = {"f/a=", "f/b=", "f/c=", "f/d=a", NULL};
	static const char *const two[] = {"f/b=", "f/e=", "f/f=", "f/g=", NULL};
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	run_job(&s, one, "fa fb fc fd ");
	shell("test $(find store/*/trees/0/root -type f -printf '%i\\n' | sort -u | wc -l) -eq 4", s.dir);
	run_job(&s, two, "fb fe ff fg ");
	shell("test $(find store/*/trees/0/root -type f -printf '%i\\n' | sort -u | wc -l) -eq 4", s.dir);
	run_job(&s, one, "fa fb fc fd ");
	shell("test $(find store/*/trees/0/root -type f -printf '%i\\n' | sort -u | wc -l) -eq 4", s.dir);
	shelf_close(&s);
}

static void
a_kept_file_that_was_damaged_is_made_again(void **state)
{
	struct plan p;
	struct tree *t;
	struct wire_want missing;
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	run_job(&s, first, first_is);
	shell("chmod u+w store/*/trees/0/root/w/a.c && printf xx >$(echo store/*/trees/0/root/w/a.c)", s.dir);
	plan_init(&p, first);
	assert_int_equal(tree_open(s.store, &p.view, &t), OK);
	assert_int_equal(tree_fill(t, &missing), ERR_MISSING);
	assert_int_equal(missing.count, 1);
	assert_int_equal(missing.numbers[0], 2);
	wire_want_release(&missing);
	put(s.store, "a");
	assert_int_equal(tree_fill(t, &missing), OK);
	tree_close(t);
	plan_release(&p);
	shell("test $(cat store/*/trees/0/root/w/a.c) = a", s.dir);
	shelf_close(&s);
}

static void
a_tree_of_another_epoch_begins_anew(void **state)
{
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	run_job(&s, first, first_is);
	shelf_restart(&s, false);
	run_job(&s, first, first_is);
	shell("test $(find store/*/e2 -type f | wc -l) -eq 3", s.dir);
	shelf_close(&s);
}

static void
a_link_on_the_disk_is_not_followed(void **state)
{
	static const char *const words[] = {"f/w/a.c=a", "f/w/b.c=b", NULL};
	struct shelf s;

	(void)state;
	shelf_open(&s);
	put_all(&s);
	run_job(&s, first, first_is);
	/* Nobody should do this; it must not lead us out all the same. */
	shell("mkdir trap && cd store/*/trees/0/root && rm -r w && ln -s ../../../../../trap w", s.dir);
	run_job(&s, words, "dw fw/a.c fw/b.c ");
	shell("test -z \"$(ls trap)\" && rmdir trap", s.dir);
	shelf_close(&s);
}

static void
names_that_no_file_system_takes_are_denied(void **state)
{
	char name[400];
	const char *const words[] = {name, NULL};
	struct plan p;
	struct tree *t;
	struct wire_want missing;
	struct shelf s;

	(void)state;
	memset(name, 'x', sizeof(name));
	memcpy(name, "f/", 2);
	memcpy(name + sizeof(name) - 3, "=a", 3);
	shelf_open(&s);
	put_all(&s);
	plan_init(&p, words);
	assert_int_equal(tree_open(s.store, &p.view, &t), OK);
	assert_int_equal(tree_fill(t, &missing), ERR_DENIED);
	tree_close(t);
	plan_release(&p);
	run_job(&s, first, first_is);
	shelf_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_has_exactly_the_entries),
		cmocka_unit_test(the_next_job_gets_the_tree_by_the_difference),
		cmocka_unit_test(jobs_at_the_same_time_have_trees_of_their_own),
		cmocka_unit_test(missing_files_are_named_by_number),
		cmocka_unit_test(a_tree_that_was_left_half_done_begins_anew),
		cmocka_unit_test(files_of_a_tree_never_share_an_inode),
		cmocka_unit_test(a_kept_file_that_was_damaged_is_made_again),
		cmocka_unit_test(a_tree_of_another_epoch_begins_anew),
		cmocka_unit_test(a_link_on_the_disk_is_not_followed),
		cmocka_unit_test(names_that_no_file_system_takes_are_denied),
	};

	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
