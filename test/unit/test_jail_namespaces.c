/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "io.h"
#include "jail.h"
#include "log.h"
#include "path.h"
#include "process.h"
#include "strv.h"
#include "xalloc.h"

#include "jail_fixture.h"

static const char source_text[] =
	"#include <stdint.h>\n#define N 3\nint\nf(uint32_t a)\n{\n\tint unused = N;\n\n\treturn (int)a + N;\n}\n";

/* The directives-only text of x.c without what the compiler defines by itself, as x.i. */
static const char make_gcc_text[] =
	"cd @ && gcc % -E -fdirectives-only -fno-working-directory x.c |"
	" awk '/^# /{own = /<built-in>|<command-line>/} !(own && /^#(define|undef)/)' >x.i";

static int
set_up(void **state)
{
	struct bench *b = bench_new(JAIL_NAMESPACES);
	char *path = path_join(b->src, "x.c");

	set_file(path, source_text, 0644);
	free(path);
	*state = b;
	return 0;
}

static int
tear_down(void **state)
{
	bench_free(*state);
	return 0;
}

/* Compiles in the folder, which this machine does not have, and finds the object there. */
static void
assert_folder_works(struct bench *b, const char *folder)
{
	struct jail_result r = JAIL_RESULT_INIT;
	char *output = path_join(folder, "obj/x.o");
	char *words = xasprintf("gcc -c x.c -o %s", output);
	struct trial t = {.compiler = "/usr/bin/gcc", .words = words, .cwd = folder, .output = output, .text = "x.i",
	                  .is_fifo = true};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.output_count, 1);
	assert_non_null(output_of(&r, folder, "obj/x.o"));
	assert_int_equal(access(output, F_OK), -1);
	jail_result_release(&r);
	free(output);
	free(words);
}

static void
the_clients_folder_may_be_anywhere(void **state)
{
	static const char *const folders[] = {
		"/", "/home/nobody-here/w", "/tmp", "/root/w", "/etc/w", "/etc/alternatives/w", "/dev/shm/w",
		"/usr/src/dcc-test/w", "/usr/include/dcc-test", "/usr/local/dcc-test", "/dcc-test", "/var/tmp/w,with:odd",
	};
	struct bench *b = *state;

	assert_true(shellf(make_gcc_text, b->src, ""));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_folder_works(b, folders[i]);
}

static void
a_folder_of_the_jail_itself_is_denied(void **state)
{
	static const char *const folders[] = {"/proc/w", "/proc", "/dcc-tmp/w", "/dev/null/w"};
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct trial t = {.compiler = "/usr/bin/gcc", .words = "gcc -c x.c", .cwd = folders[i], .text = "x.c"};

		assert_int_equal(bench_run(b, &t, &r), ERR_DENIED);
	}
	struct trial t = {.compiler = "/usr/bin/gcc", .words = "gcc -c x.c", .source = "/dev/null", .text = "x.c"};

	assert_int_equal(bench_run(b, &t, &r), ERR_DENIED);
}

static void
headers_of_this_machine_are_hidden(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *path = path_join(b->src, "y.c");
	struct trial t = {.compiler = "/usr/bin/gcc", .words = "gcc -c x.c -o x.o", .text = "y.c"};

	set_file(path, "#include <stdio.h>\n", 0644);
	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(WEXITSTATUS(r.status), 1);
	char *text = read_fd(r.stderr_fd);

	assert_non_null(strstr(text, "stdio.h: No such file or directory"));
	assert_int_equal(r.output_count, 0);
	free(text);
	free(path);
	jail_result_release(&r);
}

static void
there_is_no_network(void **state)
{
	struct bench *b = *state;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	char *script = xasprintf("(exec 3<>/dev/tcp/127.0.0.1/%d) 2>/dev/null && echo reached", ntohs(a.sin_port));
	char *outside = xasprintf("exec bash -c '%s' | grep -q reached", script);
	char *text = bench_ask(b, script);

	assert_true(shell(outside));
	assert_string_equal(text, "");
	free(text);
	free(script);
	free(outside);
	close(fd);
}

static void
files_and_processes_of_this_machine_are_not_there(void **state)
{
	struct bench *b = *state;
	char *text = bench_ask(b, "cd /; echo etc: $(ls etc); echo home: $(ls home root 2>/dev/null); "
	                          "echo first: $(cat /proc/2/comm); ls -d /proc/[0-9]* | wc -l; "
	                          "cat /proc/1/environ /proc/1/maps 2>/dev/null; ls /proc/1/fd 2>/dev/null; "
	                          "echo; uname -n; env | grep -c '^LD_'");
	char *work = xasprintf("ls %s/jail 2>&1", b->work);
	char *inside = bench_ask(b, work);

	assert_non_null(strstr(text, "etc: alternatives ld.so.cache\nhome:\nfirst: cc\n"));
	assert_non_null(strstr(text, "\n\ndcc\n0\n"));
	assert_non_null(strstr(inside, "No such file"));
	free(text);
	free(work);
	free(inside);
}

static void
the_toolchain_cannot_be_changed(void **state)
{
	struct bench *b = *state;
	char *text = bench_ask(b, "(echo x >/usr/bin/dcc-test) 2>/dev/null && echo wrote; "
	                          "mount -t tmpfs x /tmp 2>/dev/null && echo mounted; "
	                          "unshare -U true 2>/dev/null && echo unshared; "
	                          "grep -E '^(CapEff|CapPrm|CapBnd.*0000$|NoNewPrivs|Seccomp):' /proc/self/status");

	assert_non_null(strstr(text, "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"));
	assert_non_null(strstr(text, "NoNewPrivs:\t1\nSeccomp:\t2\n"));
	assert_null(strstr(text, "wrote"));
	assert_null(strstr(text, "mounted"));
	assert_null(strstr(text, "unshared"));
	free(text);
}

static void
the_environment_cannot_change_the_compiler(void **state)
{
	static const char *const variables[] = {"LD_PRELOAD=x.so", "COMPILER_PATH=/x", "GCC_EXEC_PREFIX=/x",
	                                        "TMPDIR=/x", "PATH=/x", "LANG=en_XX"};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		struct jail_result r = JAIL_RESULT_INIT;
		char *cc = bench_script(b, "env");
		struct trial t = {.compiler = cc, .words = "cc", .env = variables[i]};

		assert_int_equal(bench_run(b, &t, &r), OK);
		char *text = read_fd(r.stdout_fd);
		char *path = xasprintf("PATH=%s:/usr/bin:/bin\n", b->tool);

		assert_non_null(strstr(text, "TMPDIR=/dcc-tmp\n"));
		assert_non_null(strstr(text, path));
		assert_int_equal(strstr(text, variables[i]) != NULL, strcmp(variables[i], "LANG=en_XX") == 0);
		free(path);
		free(text);
		free(cc);
		jail_result_release(&r);
	}
}

static void
files_of_this_machine_give_way_to_the_jobs(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	struct trial t = {.compiler = "/usr/bin/gcc", .words = "gcc -x c -c os-release -o ../lib/os-release.o",
	                  .cwd = "/usr/lib", .source = "os-release", .output = "../lib/os-release.o", .text = "x.i",
	                  .is_fifo = true};

	if (access("/usr/lib/os-release", F_OK) < 0)
		skip();
	assert_true(shellf(make_gcc_text, b->src, ""));
	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.output_count, 1);
	assert_non_null(output_of(&r, "/usr/lib", "os-release.o"));
	jail_result_release(&r);
	t.words = "gcc -c x.c -o os-release";
	t.source = "x.c";
	t.output = "os-release";
	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.output_count, 1);
	assert_non_null(output_of(&r, "/usr/lib", "os-release"));
	jail_result_release(&r);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(the_clients_folder_may_be_anywhere),
		TEST(a_folder_of_the_jail_itself_is_denied),
		TEST(files_of_this_machine_give_way_to_the_jobs),
		TEST(headers_of_this_machine_are_hidden),
		TEST(there_is_no_network),
		TEST(files_and_processes_of_this_machine_are_not_there),
		TEST(the_toolchain_cannot_be_changed),
		TEST(the_environment_cannot_change_the_compiler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	char *why = NULL;
	enum jail_kind kind = jail_probe("/tmp", &why);

	/* What the tests provoke is logged as errors. */
	log_to_stderr("test_jail_namespaces", LOG_LEVEL_ERROR, LOG_PLAIN);
	if (kind != JAIL_NAMESPACES) {
		printf("skip: no namespaces here: %s\n", why);
		free(why);
		return 77;
	}
	return run_as_all(run);
}
