/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compiler is asked with -###, which prints the programs it would run for each language and
 * runs none: one question for gcc, a second with -fno-integrated-as for clang. A list of known
 * places would miss configured ones; -print-prog-name answers one name a call.
 *
 * What only a link uses (collect2, lto1, ld, the linker's plugins) is not counted: jobs stop at the object.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identify.h"
#include "io.h"
#include "log.h"
#include "needed.h"
#include "path.h"
#include "process.h"
#include "xalloc.h"

/* For all questions to one compiler together: a loaded machine answers late, a hung wrapper never. */
#define DEADLINE_MS 60000
#define ANSWER_MAX ((size_t)1 << 20)
#define RESOURCES_MAX 64

#define BIT(language) (1U << (language))

static const struct {
	const char *name;    /* of the program, also behind a "TRIPLE-" or "llvm-" */
	const char *role;
	unsigned languages;
} known_programs[] = {
	{"cc1", "compiler", BIT(IDENTITY_C) | BIT(IDENTITY_ASM)},
	{"cc1plus", "compiler", BIT(IDENTITY_CXX)},
	{"cc1obj", "compiler", BIT(IDENTITY_OBJC)},
	{"cc1objplus", "compiler", BIT(IDENTITY_OBJCXX)},
	{"as", "as", IDENTITY_ALL_LANGUAGES},
	{"objcopy", "objcopy", IDENTITY_ALL_LANGUAGES},
};

static const char *const launchers[] = {
	"dcc", "distcc", "ccache", "icecc", "icerun", "sccache", "buildcache", "gomacc", "reclient",
};

struct question {
	struct identity *id;     /* being filled */
	struct strv environment; /* for the programs that we run */
	int64_t deadline_ms;
	bool is_known;           /* it called itself gcc or clang */
};

bool
identify_is_launcher(const char *path)
{
	char *real = realpath(path, NULL);
	const char *base = real != NULL ? path_base(real) : "";
	bool is_one = false;

	for (size_t i = 0; !is_one && i < sizeof(launchers) / sizeof(launchers[0]); i++)
		is_one = strcmp(base, launchers[i]) == 0;
	free(real);
	return is_one;
}

char *
identify_find_compiler(const char *name)
{
	return identity_find_program(name, NULL, identify_is_launcher);
}

/* Running programs. */

static enum err
read_answer(int fd, int64_t deadline_ms, struct buffer *out)
{
	for (;;) {
		enum err e = io_wait(fd, POLLIN, deadline_ms);

		if (e != OK)
			return e;
		ssize_t n = read(fd, buffer_reserve(out, 65536), 65536);

		if (n == 0)
			return OK;
		if (n < 0 && errno != EINTR)
			return ERR_SYSTEM;
		out->len += n > 0 ? (size_t)n : 0;
		if (out->len > ANSWER_MAX)
			return ERR_LIMIT;
	}
}

static enum err
start(const struct question *q, char *const argv[], int output, pid_t *pid)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0)
		return ERR_SYSTEM;
	struct process_spec spec = {
		.path = argv[0],
		.argv = argv,
		.envp = q->environment.items,
		.stdin_fd = null,
		.stdout_fd = output,
		.stderr_fd = output,
		.own_group = true,
	};
	enum err e = process_start(&spec, pid);

	close(null);
	return e;
}

/* All that the program writes, to either stream; its exit status tells nothing that the text does not. */
static enum err
ask(const struct question *q, char *const argv[], char **answer)
{
	struct buffer text = {0};
	int ends[2];
	int status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR_SYSTEM;
	enum err e = start(q, argv, ends[1], &pid);

	close(ends[1]);
	if (e == OK) {
		e = read_answer(ends[0], q->deadline_ms, &text);
		if (e == OK)
			e = process_wait_until(pid, q->deadline_ms, &status);
		if (e != OK)
			process_stop_group(pid, 0);
	}
	close(ends[0]);
	if (e == OK)
		*answer = buffer_take_string(&text);
	else
		log_warning("%s does not answer: %s", argv[0], e == ERR_SYSTEM ? strerror(errno) : err_name(e));
	buffer_release(&text);
	return e;
}

/* What a user's programs need to run at all, and what decides which ones run; English answers. */
static void
fill_environment(const struct identity *id, struct strv *out)
{
	static const char *const kept[] = {"HOME", "TMPDIR"};
	const char *search = id->search != NULL ? id->search : getenv("PATH");

	strv_add(out, "LC_ALL=C");
	if (search != NULL)
		strv_take(out, xasprintf("PATH=%s", search));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = getenv(kept[i]);

		if (value != NULL)
			strv_take(out, xasprintf("%s=%s", kept[i], value));
	}
	for (size_t i = 0; i < id->environment.count; i++)
		if (strchr(id->environment.items[i], '=') != NULL)
			strv_add(out, id->environment.items[i]);
}

/* Collecting files. */

static struct identity_file *
find_file(const struct identity *id, const char *path)
{
	for (size_t i = 0; i < id->file_count; i++)
		if (strcmp(id->files[i].path, path) == 0)
			return &id->files[i];
	return NULL;
}

/* Once for each path; program is NULL or the bare name that led to it. */
static void
add_file(struct identity *id, const char *role, const char *path, unsigned languages, const char *program)
{
	/* "/opt/gcc/bin/../libexec/cc1" depends on a folder that no stamp guards. */
	char *clean = strstr(path, "/../") != NULL || strstr(path, "/./") != NULL ? realpath(path, NULL) : xstrdup(path);

	if (clean == NULL || clean[0] != '/' || access(clean, R_OK) != 0) {
		free(clean);
		return;
	}
	struct identity_file *f = find_file(id, clean);

	if (f == NULL)
		f = identity_add_file(id, role, clean);
	f->languages |= languages;
	if (program != NULL && f->program == NULL)
		f->program = xstrdup(program);
	free(clean);
}

/* Is base the name, or "SOMETHING-name"? */
static bool
is_named(const char *base, const char *name)
{
	size_t n = strlen(base), m = strlen(name);

	if (n < m || strcmp(base + n - m, name) != 0)
		return false;
	return n == m || base[n - m - 1] == '-';
}

/* A program of a command line that the compiler printed. */
static void
add_program(struct identity *id, const char *word)
{
	const char *role = "other";
	unsigned languages = IDENTITY_ALL_LANGUAGES;
	bool is_bare = strchr(word, '/') == NULL;

	for (size_t i = 0; i < sizeof(known_programs) / sizeof(known_programs[0]); i++) {
		if (is_named(path_base(word), known_programs[i].name)) {
			role = known_programs[i].role;
			languages = known_programs[i].languages;
		}
	}
	char *path = is_bare ? identity_find_program(word, id->search, NULL) : xstrdup(word);
	char *real = path != NULL ? realpath(path, NULL) : NULL;

	/* clang starts itself by another name of the same file. */
	if (real != NULL && strcmp(real, id->path) != 0)
		add_file(id, role, path, languages, is_bare ? word : NULL);
	free(real);
	free(path);
}

/* The driver that a wrapper called, as that driver says. */
static void
add_called_driver(struct identity *id, const char *name)
{
	bool is_bare = strchr(name, '/') == NULL;
	char *path = is_bare ? identity_find_program(name, id->search, NULL) : xstrdup(name);
	char *real = path != NULL ? realpath(path, NULL) : NULL;

	if (real != NULL && strcmp(real, id->path) != 0 && !identify_is_launcher(real))
		add_file(id, "called", path, IDENTITY_ALL_LANGUAGES, is_bare ? name : NULL);
	free(real);
	free(path);
}

/* clang reads lists of its own beside its headers: share/asan_ignorelist.txt and the like. */
static void
add_resources(struct identity *id, const char *resource_dir)
{
	char *dir = path_join(resource_dir, "share");
	DIR *entries = opendir(dir);
	struct dirent *entry;

	for (int n = 0; n < RESOURCES_MAX && entries != NULL && (entry = readdir(entries)) != NULL; n++) {
		char *path = path_join(dir, entry->d_name);
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			add_file(id, "resource", path, IDENTITY_ALL_LANGUAGES, NULL);
		free(path);
	}
	if (entries != NULL)
		closedir(entries);
	free(dir);
}

/* Reading the answer. */

/* The next word of a printed command line, without its quotes; yours; NULL at the end. */
static char *
next_word(const char **rest)
{
	const char *p = *rest + strspn(*rest, " ");
	struct buffer word = {0};
	bool is_quoted = false;

	if (*p == '\0')
		return NULL;
	for (; *p != '\0' && (is_quoted || *p != ' '); p++) {
		if (*p == '"')
			is_quoted = !is_quoted;
		else if (*p == '\\' && p[1] != '\0')
			buffer_add(&word, ++p, 1);
		else
			buffer_add(&word, p, 1);
	}
	*rest = p;
	return buffer_take_string(&word);
}

static void
read_command(struct identity *id, const char *line)
{
	char *word = next_word(&line);
	bool is_resource_dir = false;

	if (word != NULL)
		add_program(id, word);
	while (word != NULL) {
		free(word);
		word = next_word(&line);
		if (word != NULL && is_resource_dir)
			add_resources(id, word);
		is_resource_dir = word != NULL && strcmp(word, "-resource-dir") == 0;
	}
}

/* "gcc version 12.2.0 (Debian ...)", "Debian clang version 14.0.6": the number is at text. */
static void
set_version(struct question *q, enum args_compiler compiler, const char *text)
{
	if (q->is_known)
		return;
	q->is_known = true;
	q->id->compiler = compiler;
	q->id->version = xstrndup(text, strcspn(text, " \t"));
	long major = strtol(text, NULL, 10);

	q->id->major = major > 0 && major < 100000 ? (int)major : 0;
}

static const char *
after(const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(line, prefix, n) == 0 ? line + n : NULL;
}

static void
read_line(struct question *q, const char *line)
{
	const char *value;

	if (line[0] == ' ')
		read_command(q->id, line);
	else if ((value = after(line, "COLLECT_GCC=")) != NULL)
		add_called_driver(q->id, value);
	else if ((value = after(line, "Reading specs from ")) != NULL)
		add_file(q->id, "specs", value, IDENTITY_ALL_LANGUAGES, NULL);
	else if ((value = after(line, "Configuration file: ")) != NULL)
		add_file(q->id, "configuration", value, IDENTITY_ALL_LANGUAGES, NULL);
	else if ((value = after(line, "gcc version ")) != NULL)
		set_version(q, ARGS_GCC, value);
	else if ((value = strstr(line, "clang version ")) != NULL)
		set_version(q, ARGS_CLANG, value + strlen("clang version "));
	else if ((value = after(line, "Target: ")) != NULL && q->id->target == NULL && *value != '\0')
		q->id->target = xstrdup(value);
}

static void
read_lines(struct question *q, char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\r\n");
		bool is_last = text[n] == '\0';

		text[n] = '\0';
		read_line(q, text);
		text += n + (is_last ? 0 : 1);
	}
}

static enum err
ask_for_programs(struct question *q, const char *extra)
{
	/* -gsplit-dwarf brings objcopy in. */
	static const char *const words[] = {
		"-###", "-c", "-gsplit-dwarf", "-x", "c", "/dev/null", "-x", "c++", "/dev/null", "-x",
		"assembler-with-cpp", "/dev/null", "-x", "objective-c", "/dev/null", "-x", "objective-c++", "/dev/null",
	};
	struct strv argv = {0};
	char *answer = NULL;

	strv_add(&argv, q->id->asked);
	if (extra != NULL)
		strv_add(&argv, extra);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		strv_add(&argv, words[i]);
	enum err e = ask(q, argv.items, &answer);

	if (e == OK)
		read_lines(q, answer);
	free(answer);
	strv_release(&argv);
	return e;
}

/* Libraries and interpreters of the programs found so far. */

static enum err
add_libraries(struct question *q, const char *path, unsigned languages)
{
	char *loader = needed_loader(path);

	if (loader == NULL)
		return OK;
	char *argv[] = {loader, xstrdup("--list"), xstrdup(path), NULL};
	struct strv libraries = {0};
	char *answer = NULL;
	enum err e = ask(q, argv, &answer);

	if (e == OK) {
		needed_parse_list(answer, &libraries);
		strv_add(&libraries, loader);
	}
	for (size_t i = 0; i < libraries.count; i++) {
		const char *library = libraries.items[i];

		add_file(q->id, needed_is_counted(library) ? "library" : "system", library, languages, NULL);
	}
	strv_release(&libraries);
	free(answer);
	for (size_t i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	return e;
}

static enum err
add_what_programs_need(struct question *q)
{
	struct identity *id = q->id;

	for (size_t i = 0; i < id->file_count; i++) {
		/* add_file may move the array. */
		unsigned languages = id->files[i].languages;
		char *path = xstrdup(id->files[i].path);
		char *interpreter = needed_interpreter(path);

		if (interpreter != NULL)
			add_file(id, "interpreter", interpreter, languages, NULL);
		free(interpreter);
		bool is_library = strcmp(id->files[i].role, "library") == 0 || strcmp(id->files[i].role, "system") == 0;
		enum err e = is_library ? OK : add_libraries(q, path, languages);

		free(path);
		if (e != OK)
			return e;
	}
	return OK;
}

/* Every path by which the compiler or its loader reaches a file, and where links lead. */
static void
list_components(struct identity *id)
{
	strv_add(&id->components, id->asked);
	for (size_t i = 0; i < id->file_count; i++) {
		const char *path = id->files[i].path;
		char *real = realpath(path, NULL);

		if (!strv_has(&id->components, path))
			strv_add(&id->components, path);
		if (real != NULL && !strv_has(&id->components, real))
			strv_add(&id->components, real);
		free(real);
	}
}

static enum err
check_driver(const char *path, struct identity *id)
{
	if (path[0] != '/') {
		log_warning("%s: the path of a compiler must be absolute", path);
		return ERR_USAGE;
	}
	id->path = realpath(path, NULL);
	if (id->path == NULL) {
		log_warning("%s: %s", path, strerror(errno));
		return ERR_MISSING;
	}
	if (identify_is_launcher(path)) {
		log_warning("%s is a link to %s, which is no compiler: name the compiler behind it", path, id->path);
		return ERR_USAGE;
	}
	if (!identity_is_program(id->path)) {
		log_warning("%s is no program that can be run here", path);
		return ERR_USAGE;
	}
	id->asked = xstrdup(path);
	return OK;
}

static enum err
examine(struct question *q)
{
	struct identity *id = q->id;

	add_file(id, "driver", id->path, IDENTITY_ALL_LANGUAGES, NULL);
	if (id->file_count == 0) {
		log_warning("cannot read %s", id->path);
		return ERR_SYSTEM;
	}
	enum err e = ask_for_programs(q, NULL);

	if (e == OK && (!q->is_known || id->target == NULL)) {
		log_warning("%s is neither gcc nor clang", id->asked);
		e = ERR_USAGE;
	}
	if (e == OK && id->compiler == ARGS_CLANG)
		e = ask_for_programs(q, "-fno-integrated-as");
	if (e == OK)
		e = add_what_programs_need(q);
	if (e == OK)
		e = identify_digest(id);
	if (e == OK)
		list_components(id);
	return e;
}

enum err
identify_compiler(const char *path, const char *search, struct identity *id)
{
	struct identity found = {0};
	struct question q = {.id = &found, .deadline_ms = io_now_ms() + DEADLINE_MS};

	if (search != NULL)
		found.search = xstrdup(search);
	else
		identity_list_environment(&found.environment);
	fill_environment(&found, &q.environment);
	enum err e = check_driver(path, &found);

	if (e == OK)
		e = examine(&q);
	strv_release(&q.environment);
	if (e == OK)
		*id = found;
	else
		identity_release(&found);
	return e;
}
