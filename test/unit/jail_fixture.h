/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the jail's tests share: a place, texts, scripts as compilers, local compiles to compare with. */
#ifndef JAIL_FIXTURE_H
#define JAIL_FIXTURE_H

#define FILE_LIMIT ((int64_t)64 << 20)

struct bench {
	enum jail_kind kind;
	char *base; /* below /tmp, of this test */
	char *work; /* the jail's work_dir */
	char *src;  /* the client's folder, on this machine too */
	char *tool; /* base/tool/bin: scripts that play the compiler */
	struct strv toolchain;
};

static inline void
set_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline char *
make_folder(const char *base, const char *name)
{
	char *path = path_join(base, name);

	assert_int_equal(io_make_dirs(path, 0755), OK);
	return path;
}

/* Runs a shell command; true when it succeeds. */
static inline bool
shell(const char *command)
{
	struct process_spec spec = PROCESS_SPEC_INIT;
	char *text = xstrdup(command);
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, text, NULL};
	pid_t pid;
	int status = -1;

	spec.path = "/bin/sh";
	spec.argv = argv;
	assert_int_equal(process_start(&spec, &pid), OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	free(text);
	return status == 0;
}

static inline bool
shellf(const char *format, const char *where, const char *what)
{
	struct buffer b = {0};

	/* "@" is the folder, "%" the rest. */
	for (; *format != '\0'; format++) {
		if (*format == '@')
			buffer_add_string(&b, where);
		else if (*format == '%')
			buffer_add_string(&b, what);
		else
			buffer_add(&b, format, 1);
	}
	char *command = buffer_take_string(&b);
	bool ok = shell(command);

	free(command);
	return ok;
}

static inline struct bench *
bench_new(enum jail_kind kind)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	char base[] = "/tmp/dcc-jail-XXXXXX";

	assert_non_null(mkdtemp(base));
	b->kind = kind;
	b->base = xstrdup(base);
	b->work = make_folder(base, "work");
	b->src = make_folder(base, "src/a");
	b->tool = make_folder(base, "tool/bin");
	return b;
}

static inline void
bench_free(struct bench *b)
{
	shellf("rm -rf @", b->base, "");
	free(b->base);
	free(b->work);
	free(b->src);
	free(b->tool);
	strv_release(&b->toolchain);
	free(b);
}

/* A compiler of sorts: tool/bin/NAME. Yours. */
static inline char *
bench_script(struct bench *b, const char *text)
{
	char *path = path_join(b->tool, "cc");
	char *whole = xasprintf("#!/bin/bash\n%s\n", text);

	set_file(path, whole, 0755);
	strv_release(&b->toolchain);
	strv_add(&b->toolchain, path);
	free(whole);
	return path;
}

static inline int
open_file(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	assert_true(fd >= 0);
	return fd;
}

static inline char *
read_fd(int fd)
{
	char *text = NULL;
	size_t len;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(io_read_to_end(fd, (size_t)64 << 20, &text, &len), OK);
	return text;
}

static inline const struct jail_output *
output_of(const struct jail_result *r, const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	const struct jail_output *found = NULL;

	for (size_t i = 0; i < r->output_count; i++)
		if (strcmp(r->outputs[i].path, path) == 0)
			found = &r->outputs[i];
	free(path);
	return found;
}

/* Is the output there, and the same as the file of that name in folder? */
static inline void
assert_same(const struct jail_result *r, const char *dir, const char *name, const char *folder)
{
	const struct jail_output *out = output_of(r, dir, name);
	char *path = path_join(folder, name);
	char *local = NULL, *remote = NULL;
	size_t local_len, remote_len;

	assert_non_null(out);
	if (out == NULL)
		return;
	assert_int_equal(io_read_file(path, (size_t)64 << 20, &local, &local_len), OK);
	assert_int_equal(io_read_to_end(out->fd, (size_t)64 << 20, &remote, &remote_len), OK);
	assert_int_equal(remote_len, local_len);
	assert_int_equal(out->size, local_len);
	assert_memory_equal(remote, local, local_len);
	free(local);
	free(remote);
	free(path);
}

/* One run: words are the command, one blank between them. */
struct trial {
	const char *compiler;
	const char *words;
	const char *env;    /* one variable, or NULL */
	const char *cwd;    /* NULL: the bench's src */
	const char *source; /* NULL: x.c */
	const char *output; /* NULL: x.o */
	const char *text;   /* a file of src; NULL: an empty one */
	bool is_fifo;       /* with the file x.c of src as original */
	mode_t umask;
	int64_t file_limit; /* 0: FILE_LIMIT */
	int64_t deadline_ms; /* from now; 0: 20 s */
	int watch_fd;       /* 0: none */
};

static inline void
split_words(const char *words, struct strv *v)
{
	while (*words != '\0') {
		size_t n = strcspn(words, " ");

		strv_take(v, xstrndup(words, n));
		words += n;
		words += strspn(words, " ");
	}
}

static inline enum err
bench_run(const struct bench *b, const struct trial *t, struct jail_result *result)
{
	struct strv argv = {0}, env = {0}, outputs = {0};
	int text = -1;
	int original = t->is_fifo ? open_file(b->src, "x.c") : -1;

	if (t->text != NULL)
		text = open_file(b->src, t->text);
	else
		assert_int_equal(io_open_unnamed(b->base, &text), OK);
	split_words(t->words, &argv);
	strv_add(&env, t->env != NULL ? t->env : "LC_ALL=C");
	strv_add(&outputs, t->output != NULL ? t->output : "x.o");
	struct jail_job job = {
		.compiler = t->compiler,
		.argv = &argv,
		.env = &env,
		.toolchain = &b->toolchain,
		.cwd = t->cwd != NULL ? t->cwd : b->src,
		.source = t->source != NULL ? t->source : "x.c",
		.feed = t->is_fifo ? JAIL_FEED_FIFO : JAIL_FEED_FILE,
		.text_fd = text,
		.original_fd = original,
		.outputs = &outputs,
		.umask = t->umask != 0 ? t->umask : 022,
		.work_dir = b->work,
		.deadline_ms = io_now_ms() + (t->deadline_ms != 0 ? t->deadline_ms : 20000),
		.file_limit = t->file_limit != 0 ? t->file_limit : FILE_LIMIT,
		.watch_fd = t->watch_fd != 0 ? t->watch_fd : -1,
	};
	enum err e = jail_run(b->kind, &job, result);

	close(text);
	io_close(&original);
	strv_release(&argv);
	strv_release(&env);
	strv_release(&outputs);
	return e;
}

/* Runs a script and gives its standard output, yours. */
static inline char *
bench_ask(struct bench *b, const char *script)
{
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, script);

	assert_int_equal(bench_run(b, &(struct trial){.compiler = cc, .words = "cc"}, &r), OK);
	assert_int_equal(r.end, JAIL_EXITED);
	char *text = read_fd(r.stdout_fd);

	jail_result_release(&r);
	free(cc);
	return text;
}

/* How many processes have this word on their command line? */
static inline unsigned
count_processes(const char *word)
{
	DIR *proc = opendir("/proc");
	unsigned n = 0;

	assert_non_null(proc);
	for (const struct dirent *d; (d = readdir(proc)) != NULL;) {
		char *path = xasprintf("/proc/%s/cmdline", d->d_name);
		char *text = NULL;
		size_t len = 0;

		if (d->d_name[0] >= '1' && d->d_name[0] <= '9' && io_read_file(path, 1 << 20, &text, &len) == OK)
			n += memmem(text, len, word, strlen(word)) != NULL;
		free(text);
		free(path);
	}
	closedir(proc);
	return n;
}

static inline unsigned
count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

/* Runs the tests as we are and, if that is root, as an ordinary user too. */
static inline int
run_as_all(int (*run)(void))
{
	int failed = 0;

	if (geteuid() == 0) {
		pid_t pid = fork();

		if (pid == 0) {
			if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
				_exit(99);
			printf("as user 65534:\n");
			failed = run();
			fflush(NULL);
			_exit(failed != 0);
		}
		int status = -1;

		waitpid(pid, &status, 0);
		failed += status != 0;
	}
	return failed + run();
}

#endif
