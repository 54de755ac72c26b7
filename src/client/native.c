/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gcc's driver turns -march=native into -march=CPU, one -m or -mno- word per feature, and --param for the caches;
 * these are words for the driver too. clang's gives its own compiler a CPU and a list of features, for some of which the
 * driver has no word: they go through -Xclang. Nothing is kept: a folder of settings may be shared by machines.
 *
 * gcc writes its options into debug information, listings of assembler and LTO objects in their order, and --param comes
 * behind -O2 unless the driver put it there. Then the option stays, and the volunteer's driver is told what it means: on x86
 * it takes that from one place of its specs. What is left stays here: clang's features through -Xclang come behind those of -m.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "native.h"
#include "process.h"
#include "word.h"
#include "xalloc.h"

#define SAID_MAX ((size_t)256 << 10)
#define DEADLINE_MS 10000

static unsigned
option_of(const char *word)
{
	if (strcmp(word, "-march=native") == 0)
		return NATIVE_ARCH;
	return strcmp(word, "-mtune=native") == 0 ? NATIVE_TUNE : 0;
}

/* Would the object show that the words are others, or in another order? */
static bool
is_in_the_way(const char *word, enum args_compiler kind)
{
	if (kind == ARGS_CLANG)
		return word_starts_with(word, "-m") && option_of(word) == 0 && strcmp(word, "-mllvm") != 0;
	return (word_starts_with(word, "-g") && strcmp(word, "-g0") != 0) || word_starts_with(word, "-flto") ||
	       strcmp(word, "-fverbose-asm") == 0 || strcmp(word, "-frecord-gcc-switches") == 0;
}

static bool
has_any(const struct strv *argv, const char *const starts[], size_t count)
{
	for (size_t i = 1; i < argv->count; i++)
		for (size_t k = 0; k < count; k++)
			if (word_starts_with(argv->items[i], starts[k]) && option_of(argv->items[i]) == 0)
				return true;
	return false;
}

#define HAS_ANY(argv, ...) \
	has_any(argv, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* With these the options mean something else. */
static bool
has_other_machine(const struct strv *argv)
{
	return HAS_ANY(argv, "-m32", "-mx32", "-m16", "-miamcu", "-mcpu=", "-target", "--target=");
}

static unsigned
options_of(const struct strv *argv)
{
	unsigned asked = 0;

	for (size_t i = 1; i < argv->count; i++)
		asked |= option_of(argv->items[i]);
	return asked;
}

/* May other words stand in the options' place, each once there, with nothing else that has a say? */
static bool
is_replaceable(const struct strv *argv, enum args_compiler kind, unsigned asked)
{
	unsigned seen = 0;

	for (size_t i = 1; i < argv->count; i++) {
		unsigned option = option_of(argv->items[i]);

		if ((seen & option) != 0 || is_in_the_way(argv->items[i], kind))
			return false;
		seen |= option;
	}
	/* A -mtune beside -march=native is no matter, nor the other way about. */
	return ((asked & NATIVE_ARCH) == 0 || !HAS_ANY(argv, "-march=")) && ((asked & NATIVE_TUNE) == 0 || !HAS_ANY(argv, "-mtune="));
}

/* On other machines the words come about elsewhere in the driver. */
static bool
can_be_told(enum args_compiler kind)
{
#if defined(__x86_64__) || defined(__i386__)
	return kind == ARGS_GCC;
#else
	(void)kind;
	return false;
#endif
}

/* ---- what -### prints ---- */

/* The line that runs the compiler proper. */
static char *
find_line(const char *said)
{
	for (const char *line = said; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		char *text = xstrndup(line, strcspn(line, "\n"));

		if (text[0] == ' ' && (strstr(text, "/cc1 ") != NULL || strstr(text, "\"-cc1\"") != NULL))
			return text;
		free(text);
	}
	return NULL;
}

static void
take_gcc(const struct strv *cc1, unsigned asked, struct strv *words)
{
	for (size_t i = 1; i < cc1->count; i++) {
		const char *word = cc1->items[i];

		if (strcmp(word, "--param") == 0 && i + 1 < cc1->count) {
			i++;
			/* Sizes of caches, for tuning. */
			if (asked & NATIVE_TUNE)
				strv_take(words, xasprintf("--param=%s", cc1->items[i]));
		} else if (word_starts_with(word, "-mtune=")) {
			if (asked & NATIVE_TUNE)
				strv_add(words, word);
		} else if (word_starts_with(word, "-m") && (asked & NATIVE_ARCH)) {
			strv_add(words, word);
		}
	}
}

static void
take_clang(const struct strv *cc1, unsigned asked, struct strv *words)
{
	for (size_t i = 1; i + 1 < cc1->count; i++) {
		const char *word = cc1->items[i], *value = cc1->items[i + 1];

		if (strcmp(word, "-target-cpu") == 0 && (asked & NATIVE_ARCH)) {
			strv_take(words, xasprintf("-march=%s", value));
		} else if (strcmp(word, "-tune-cpu") == 0 && (asked & NATIVE_TUNE)) {
			strv_take(words, xasprintf("-mtune=%s", value));
		} else if (strcmp(word, "-target-feature") == 0 && (asked & NATIVE_ARCH)) {
			strv_add(words, "-Xclang");
			strv_add(words, word);
			strv_add(words, "-Xclang");
			strv_add(words, value);
		}
	}
}

/* An answer that still says "native", or gives no CPU, is none. */
static bool
is_complete(const struct strv *words, unsigned asked)
{
	unsigned found = 0;

	for (size_t i = 0; i < words->count; i++) {
		if (option_of(words->items[i]) != 0)
			return false;
		found |= word_starts_with(words->items[i], "-march=") ? NATIVE_ARCH : 0u;
		found |= word_starts_with(words->items[i], "-mtune=") ? NATIVE_TUNE : 0u;
	}
	return (found & asked) == asked;
}

enum err
native_parse(const char *said, enum args_compiler kind, unsigned asked, struct strv *words)
{
	char *line = find_line(said);
	struct strv cc1 = {0};

	if (line == NULL)
		return ERR_PROTOCOL;
	args_split(line, &cc1);
	if (kind == ARGS_GCC)
		take_gcc(&cc1, asked, words);
	else
		take_clang(&cc1, asked, words);
	strv_release(&cc1);
	free(line);
	if (is_complete(words, asked))
		return OK;
	strv_release(words);
	return ERR_PROTOCOL;
}

/* ---- asking ---- */

static enum err
read_answer(const struct process_spec *spec, int out, char **said)
{
	size_t len;
	int status;
	pid_t pid;
	enum err e = process_start(spec, &pid);

	if (e == OK) {
		e = process_wait_until(pid, io_now_ms() + DEADLINE_MS, &status);
		if (e == ERR_TIMEOUT)
			process_stop_group(pid, 0);
	}
	if (e == OK && (process_exit_code(status) != 0 || lseek(out, 0, SEEK_SET) != 0))
		e = ERR_MISSING;
	return e == OK ? io_read_to_end(out, SAID_MAX, said, &len) : e;
}

/* What the compiler prints with these words. */
static enum err
ask(const char *compiler, char **argv, char **said)
{
	const char *tmpdir = getenv("TMPDIR");
	int out = -1;
	enum err e = io_open_unnamed(tmpdir != NULL && tmpdir[0] != '\0' ? tmpdir : "/tmp", &out);

	if (e != OK)
		return e;
	/* Specs go to one of these, commands to the other. */
	struct process_spec spec = {.path = compiler, .argv = argv, .stdin_fd = -1, .stdout_fd = out, .stderr_fd = out,
	                            .own_group = true};

	e = read_answer(&spec, out, said);
	io_close(&out);
	return e;
}

static enum err
ask_meaning(const char *compiler, const char *name, unsigned asked, char **said)
{
	struct strv argv = {0};

	strv_add(&argv, name);
	if (asked & NATIVE_ARCH)
		strv_add(&argv, "-march=native");
	if (asked & NATIVE_TUNE)
		strv_add(&argv, "-mtune=native");
	strv_add(&argv, "-###");
	strv_add(&argv, "-c");
	strv_add(&argv, "-xc");
	strv_add(&argv, "/dev/null");
	enum err e = ask(compiler, argv.items, said);

	strv_release(&argv);
	return e;
}

bool
native_knows_specs(const char *specs)
{
	static const char name[] = "*cc1_cpu:\n", detect[] = "%:local_cpu_detect(";
	static const char known[] = "%{march=native:%>march=native%{!mtune=*:%>mtune=native}}%{mtune=native:%>mtune=native}";
	const char *at = strstr(specs, name), *want = known;

	for (at = at != NULL ? at + strlen(name) : "\n"; *at != '\n' && *at != '\0'; at++) {
		/* What we put in its place. */
		if (strncmp(at, detect, strlen(detect)) == 0 && strcspn(at, ")") < strcspn(at, "\n"))
			at += strcspn(at, ")");
		else if (*at != ' ' && *at != *want++)
			return false;
	}
	return *want == '\0';
}

/* A driver that does more at that place, as a distributor may have it, cannot be told. */
static enum err
check_specs(const char *compiler, const char *name)
{
	char *argv[] = {(char *)(uintptr_t)name, (char *)(uintptr_t)"-dumpspecs", NULL}, *specs;
	enum err e = ask(compiler, argv, &specs);

	if (e == OK) {
		e = native_knows_specs(specs) ? OK : ERR_MISSING;
		free(specs);
	}
	return e;
}

/* What stood in the first of the options' places is all that they mean. */
static void
replace(const struct strv *argv, const struct strv *words, struct strv *out)
{
	bool is_done = false;

	for (size_t i = 0; i < argv->count; i++) {
		if (i == 0 || option_of(argv->items[i]) == 0) {
			strv_add(out, argv->items[i]);
			continue;
		}
		if (!is_done)
			strv_add_all(out, words->items);
		is_done = true;
	}
}

/* As the driver does it: before all others. */
static void
put_first(const struct strv *argv, const struct strv *words, struct strv *out)
{
	strv_add(out, argv->items[0]);
	strv_add_all(out, words->items);
	for (size_t i = 1; i < argv->count; i++)
		if (option_of(argv->items[i]) == 0)
			strv_add(out, argv->items[i]);
}

enum err
native_resolve(const char *compiler, enum args_compiler kind, const struct strv *argv, struct native *n)
{
	struct strv words = {0};
	char *said = NULL;
	unsigned asked = options_of(argv);
	bool is_told = !is_replaceable(argv, kind, asked);

	*n = (struct native){0};
	if (asked == 0 || has_other_machine(argv) || (is_told && !can_be_told(kind)))
		return ERR_MISSING;
	/* gcc's driver tunes for the CPU that it found, not for the one that it names. */
	if (kind == ARGS_GCC && !HAS_ANY(argv, "-mtune="))
		asked |= NATIVE_TUNE;
	enum err e = is_told ? check_specs(compiler, argv->items[0]) : OK;

	if (e == OK)
		e = ask_meaning(compiler, argv->items[0], is_told ? NATIVE_ARCH | NATIVE_TUNE : asked, &said);
	if (e == OK)
		e = native_parse(said, kind, asked, &words);
	if (e == OK && is_told)
		e = native_parse(said, kind, NATIVE_ARCH | NATIVE_TUNE, &n->words);
	if (e == OK)
		(is_told ? put_first : replace)(argv, &words, &n->argv);
	strv_release(&words);
	free(said);
	return e;
}

void
native_release(struct native *n)
{
	strv_release(&n->argv);
	strv_release(&n->words);
}
