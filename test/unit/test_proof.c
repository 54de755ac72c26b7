/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deps.h"
#include "io.h"
#include "path.h"
#include "proof.h"
#include "xalloc.h"

#include "args_line.h"

static enum err
plan(const char *line, enum args_compiler compiler, struct proof *p)
{
	struct args a;

	set_command(&a, line);
	enum err e = proof_plan(p, &a, compiler, "/w");

	args_release(&a);
	return e;
}

static void
the_users_own_list_is_taken(void **state)
{
	static const struct {
		const char *line;
		const char *file;
		enum wire_proof_kind kind;
	} rows[] = {
		{"gcc -MD -c a.c", "/w/a.d", WIRE_PROOF_ALL},
		{"gcc -MMD -MP -MF d/x.d -c a.c -o b.o", "/w/d/x.d", WIRE_PROOF_USER},
		{"gcc -Wp,-MMD,.a.o.d -c a.c -o a.o", "/w/.a.o.d", WIRE_PROOF_USER},
		{"gcc -Wp,-MD,.a.o.d -c a.c -o a.o", "/w/.a.o.d", WIRE_PROOF_ALL},
		{"gcc -MD -MT x -c a.c -o /out/b.o", "/out/b.d", WIRE_PROOF_ALL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int compiler = ARGS_GCC; compiler < ARGS_COMPILERS; compiler++) {
			struct proof p;

			assert_int_equal(plan(rows[i].line, (enum args_compiler)compiler, &p), OK);
			assert_string_equal(p.file, rows[i].file);
			assert_int_equal(p.kind, rows[i].kind);
			proof_release(&p);
		}
	}
}

/* The command and what is added to the environment, as one line. */
static char *
command_of(const char *line, enum args_compiler compiler)
{
	struct args a;
	struct strv argv = {0}, env = {0};
	struct buffer b = {0};
	struct proof p;

	set_command(&a, line);
	assert_int_equal(proof_plan(&p, &a, compiler, "/w"), OK);
	proof_command(&p, &a.argv, &argv, &env);
	strv_add_all(&env, argv.items);
	for (size_t i = 0; i < env.count; i++) {
		buffer_add_string(&b, i != 0 ? " " : "");
		buffer_add_string(&b, env.items[i]);
	}
	proof_release(&p);
	args_release(&a);
	strv_release(&argv);
	strv_release(&env);
	return buffer_take_string(&b);
}

static void
otherwise_the_compiler_is_asked_for_one(void **state)
{
	static const struct {
		const char *line;
		enum args_compiler compiler;
		const char *wanted;
	} rows[] = {
		{"gcc -O2 -c a.c", ARGS_GCC, "SUNPRO_DEPENDENCIES=/dcc-tmp/dcc-dependencies gcc -O2 -c a.c"},
		{"clang -O2 -c a.c", ARGS_CLANG, "clang -MD -MF /dcc-tmp/dcc-dependencies -O2 -c a.c"},
		{"gcc -MD -c a.c", ARGS_GCC, "gcc -MD -c a.c"},
		{"clang -MD -c a.c", ARGS_CLANG, "clang -MD -c a.c"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *line = command_of(rows[i].line, rows[i].compiler);

		assert_string_equal(line, rows[i].wanted);
		free(line);
	}
}

static void
clang_that_records_its_command_is_not_asked(void **state)
{
	struct proof p;

	(void)state;
	assert_int_equal(plan("clang -g -grecord-command-line -c a.c", ARGS_CLANG, &p), ERR_DENIED);
	assert_int_equal(plan("clang -frecord-gcc-switches -c a.c", ARGS_CLANG, &p), ERR_DENIED);
	assert_int_equal(plan("clang -g -grecord-command-line -MD -c a.c", ARGS_CLANG, &p), OK);
	proof_release(&p);
	assert_int_equal(plan("gcc -frecord-gcc-switches -c a.c", ARGS_GCC, &p), OK);
}

static int
file_with(const char *text)
{
	int fd = -1;

	assert_int_equal(io_open_unnamed("/tmp", &fd), OK);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
check_digest(const struct wire_proof *m, const char *const words[])
{
	struct strv names = {0};
	unsigned char digest[HASH_SIZE];

	for (; *words != NULL; words++)
		strv_add(&names, *words);
	deps_digest(&names, digest);
	assert_memory_equal(m->digest, digest, HASH_SIZE);
	strv_release(&names);
}

static void
the_list_is_read_and_the_source_added(void **state)
{
	static const char *const wanted[] = {"/usr/include/x.h", "a.c", "b.h", NULL};
	struct jail_result r = JAIL_RESULT_INIT;
	struct proof p = {.kind = WIRE_PROOF_ALL, .lacks_source = true, .compiler = ARGS_GCC};
	struct strv names = {0};
	struct wire_proof m;

	(void)state;
	r.kept_fd = file_with("a.o: b.h /usr/include/x.h\n");
	proof_read(&p, &r, "./a.c", &names, &m);
	assert_int_equal(m.kind, WIRE_PROOF_ALL);
	assert_int_equal(names.count, 3);
	check_digest(&m, wanted);
	strv_release(&names);
	jail_result_release(&r);
}

static void
a_source_alone_has_an_empty_list_from_gcc(void **state)
{
	static const char *const wanted[] = {"a.c", NULL};
	struct jail_result r = JAIL_RESULT_INIT;
	struct proof p = {.kind = WIRE_PROOF_ALL, .lacks_source = true, .compiler = ARGS_GCC};
	struct strv names = {0};
	struct wire_proof m;

	(void)state;
	r.kept_fd = file_with("");
	proof_read(&p, &r, "a.c", &names, &m);
	check_digest(&m, wanted);
	strv_release(&names);
	jail_result_release(&r);
}

static void
the_users_list_is_found_among_the_outputs(void **state)
{
	static const char *const wanted[] = {"a.c", "b.h", NULL};
	struct jail_result r = JAIL_RESULT_INIT;
	char file[] = "/w/a.d";
	struct proof p = {.kind = WIRE_PROOF_USER, .file = file};
	struct strv names = {0};
	struct wire_proof m;

	(void)state;
	r.output_count = 2;
	r.outputs = xcalloc(2, sizeof(*r.outputs));
	r.outputs[0] = (struct jail_output){.path = xstrdup("/w/a.b"), .fd = -1};
	r.outputs[1] = (struct jail_output){.path = xstrdup("/w/a.d"), .fd = file_with("a.o: a.c b.h\nb.h:\n")};
	proof_read(&p, &r, "a.c", &names, &m);
	assert_int_equal(m.kind, WIRE_PROOF_USER);
	check_digest(&m, wanted);
	strv_release(&names);
	jail_result_release(&r);
}

static void
no_list_is_an_empty_one(void **state)
{
	static const char *const nothing[] = {NULL};
	static const char *const texts[] = {"", "no rule", NULL};
	struct proof p = {.kind = WIRE_PROOF_ALL};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct jail_result r = JAIL_RESULT_INIT;
		struct strv names = {0};
		struct wire_proof m;

		r.kept_fd = texts[i] != NULL ? file_with(texts[i]) : -1;
		proof_read(&p, &r, "a.c", &names, &m);
		assert_int_equal(names.count, 0);
		check_digest(&m, nothing);
		jail_result_release(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_users_own_list_is_taken),
		cmocka_unit_test(otherwise_the_compiler_is_asked_for_one),
		cmocka_unit_test(clang_that_records_its_command_is_not_asked),
		cmocka_unit_test(the_list_is_read_and_the_source_added),
		cmocka_unit_test(a_source_alone_has_an_empty_list_from_gcc),
		cmocka_unit_test(the_users_list_is_found_among_the_outputs),
		cmocka_unit_test(no_list_is_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
