/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What cannot be said in other words stays here: gcc writes its options into debug information, listings of
 * assembler and LTO objects in their order, and --param comes behind -O2 unless the driver put it there; clang's features
 * through -Xclang come behind those of -m.
 *
 * gcc's driver turns -march=native into -march=CPU, one -m or -mno- word per feature, and --param for the caches;
 * these are words for the driver too. clang's gives its own compiler a CPU and a list of features, for some of which the
 * driver has no word: they go through -Xclang. Nothing is kept: a folder of settings may be shared by machines.
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

/* What is asked, if it is asked once and nothing else has a say in what it means. */
static enum err
read_command(const struct strv *argv, enum args_compiler kind, unsigned *asked)
{
	static const char *const others[] = {"-m32", "-mx32", "-m16", "-miamcu", "-mcpu=", "-target", "--target=", "-march=",
	                                     "-mtune="};

	bool has_tune = false;

	*asked = 0;
	for (size_t i = 1; i < argv->count; i++) {
		const char *word = argv->items[i];
		unsigned option = option_of(word);

		has_tune = has_tune || word_starts_with(word, "-mtune=");

		if ((*asked & option) != 0 || is_in_the_way(word, kind))
			return ERR_MISSING;
		*asked |= option;
	}
	for (size_t i = 1; i < argv->count; i++)
		for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
			bool is_other = word_starts_with(argv->items[i], others[k]) && option_of(argv->items[i]) == 0;
			/* A -mtune beside -march=native is no matter, nor the other way about. */
			bool is_free = (word_starts_with(others[k], "-mtune=") && (*asked & NATIVE_TUNE) == 0) ||
			               (word_starts_with(others[k], "-march=") && (*asked & NATIVE_ARCH) == 0);

			if (is_other && !is_free)
				return ERR_MISSING;
		}
	/* gcc's driver tunes for the CPU that it found, not for the one that it names. */
	if (kind == ARGS_GCC && *asked == NATIVE_ARCH && !has_tune)
		*asked |= NATIVE_TUNE;
	return *asked != 0 ? OK : ERR_MISSING;
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
			strv_take(words, xasprintf("--param=%s", cc1->items[++i]));
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

static enum err
ask(const char *compiler, const char *name, unsigned asked, char **said)
{
	char *argv[9] = {(char *)(uintptr_t)name};
	const char *tmpdir = getenv("TMPDIR");
	size_t n = 1;
	int out = -1;

	if (asked & NATIVE_ARCH)
		argv[n++] = (char *)(uintptr_t)"-march=native";
	if (asked & NATIVE_TUNE)
		argv[n++] = (char *)(uintptr_t)"-mtune=native";
	argv[n++] = (char *)(uintptr_t)"-###";
	argv[n++] = (char *)(uintptr_t)"-c";
	argv[n++] = (char *)(uintptr_t)"-xc";
	argv[n++] = (char *)(uintptr_t)"/dev/null";
	enum err e = io_open_unnamed(tmpdir != NULL && tmpdir[0] != '\0' ? tmpdir : "/tmp", &out);

	if (e != OK)
		return e;
	struct process_spec spec = {.path = compiler, .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = out,
	                            .own_group = true};

	e = read_answer(&spec, out, said);
	io_close(&out);
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

enum err
native_resolve(const char *compiler, enum args_compiler kind, const struct strv *argv, struct strv *out)
{
	struct strv words = {0};
	char *said = NULL;
	unsigned asked;
	enum err e = read_command(argv, kind, &asked);

	if (e == OK)
		e = ask(compiler, argv->items[0], asked, &said);
	if (e == OK)
		e = native_parse(said, kind, asked, &words);
	if (e == OK)
		replace(argv, &words, out);
	strv_release(&words);
	free(said);
	return e;
}
