/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * closures DIRECTORY [REPEAT]: what the include server would send for each command on standard input, with DIRECTORY
 * as the user's dcc directory. For test/oracle/compare and bench/scan.
 *
 * A command is a list of fields, each ended by a NUL: path of the compiler, cwd, "NAME=value" variables,
 * an empty field, the words of the command, an empty field. The answer is
 *
 *     WHY, DETAIL, MICROSECONDS of CPU of the last of REPEAT scans, names, an empty field, user names, an empty field,
 *     "TYPE path" of each piece, an empty field, hidden folders, an empty field
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "closure.h"
#include "identify.h"
#include "io.h"
#include "log.h"
#include "path.h"
#include "xalloc.h"

struct command {
	char *compiler, *cwd;
	struct strv env, argv;
};

static void
release(struct command *c)
{
	free(c->compiler);
	free(c->cwd);
	strv_release(&c->env);
	strv_release(&c->argv);
	*c = (struct command){0};
}

/* The next field, yours; NULL at the end of the input. */
static char *
read_field(void)
{
	char *field = NULL;
	size_t cap = 0;

	if (getdelim(&field, &cap, '\0', stdin) > 0)
		return field;
	free(field);
	return NULL;
}

static bool
read_list(struct strv *list)
{
	char *field;

	while ((field = read_field()) != NULL && field[0] != '\0')
		strv_take(list, field);
	free(field);
	return field != NULL;
}

static bool
read_command(struct command *c)
{
	c->compiler = read_field();
	c->cwd = read_field();
	return c->cwd != NULL && read_list(&c->env) && read_list(&c->argv) && c->argv.count > 0;
}

static void
put(const char *field)
{
	fputs(field, stdout);
	putchar('\0');
}

static void
put_list(const struct strv *list)
{
	for (size_t i = 0; i < list->count; i++)
		put(list->items[i]);
	put("");
}

static void
put_result(const struct closure_result *r, int64_t us)
{
	static const char types[] = {[MANIFEST_FILE] = 'f', [MANIFEST_LINK] = 'l', [MANIFEST_DIRECTORY] = 'd'};

	put(unmodelled_word(r->why));
	put(r->detail != NULL ? r->detail : "");
	printf("%" PRId64, us);
	putchar('\0');
	put_list(&r->names);
	put_list(&r->user_names);
	for (size_t i = 0; i < r->piece_count; i++) {
		printf("%c %s", types[r->pieces[i]->entry.type], r->pieces[i]->entry.path);
		putchar('\0');
	}
	put("");
	put_list(&r->hidden);
	fflush(stdout);
}

/* CPU time: what else the machine does must not count. */
static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* dcc does this before it asks an include server. */
static void
identify(const char *dir, const char *compiler)
{
	char *identities = path_join(dir, "identity");
	struct identity id = {0};

	if (identity_load(identities, compiler, &id) != OK && identify_compiler(compiler, NULL, &id) == OK &&
	    identity_save(identities, &id) != OK)
		log_warning("cannot save what %s is", compiler);
	identity_release(&id);
	free(identities);
}

static void
answer(struct closure *closure, const struct command *c, int repeat)
{
	const struct closure_request q = {.compiler = c->compiler, .cwd = c->cwd, .argv = &c->argv, .env = &c->env};
	struct closure_result r = {0};
	int64_t start = 0;

	for (int i = 0; i < repeat; i++) {
		closure_result_release(&r);
		start = cpu_us();
		closure_scan(closure, &q, NULL, NULL, &r);
	}
	put_result(&r, cpu_us() - start);
	closure_result_release(&r);
}

int
main(int argc, char **argv)
{
	struct command c = {0};
	int repeat = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1;

	if (argc < 2 || io_make_dirs(argv[1], 0700) != OK) {
		log_error("which directory?");
		return EXIT_FAILURE;
	}
	struct closure *closure = closure_new(argv[1]);

	while (read_command(&c)) {
		identify(argv[1], c.compiler);
		answer(closure, &c, repeat > 0 ? repeat : 1);
		release(&c);
	}
	release(&c);
	closure_free(closure);
	return EXIT_SUCCESS;
}
