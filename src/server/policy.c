/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux and BSD for memmem(3), which is much faster than anything written here. */
#define _GNU_SOURCE
#include <string.h>

#include "environment.h"
#include "path.h"
#include "policy.h"

/* Prefixes of words that load code or commands of the client's choice. */
static const char *const forbidden[] = {
	"-fplugin", "-fpass-plugin", "-specs",  "--specs",       "-wrapper",
	"-load",    "-plugin",       "-iplugin", "--driver-mode", "--config",
	"-fprebuilt-module-path",    "-fmodule", "@",
};

/* clang turns into another program by its name; only these endings are compilers. */
static bool
is_compiler_name(const char *name)
{
	static const char *const endings[] = {"clang", "clang++", "cc", "c++", "gcc", "g++"};
	const char *base = path_base(name);
	size_t len = strlen(base);

	/* "-14", "-14.0": a version is not part of the ending. */
	while (len > 0 && ((base[len - 1] >= '0' && base[len - 1] <= '9') || base[len - 1] == '.'))
		len--;
	if (len > 0 && base[len - 1] == '-' && base[len] != '\0')
		len--;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (len >= n && memcmp(base + len - n, endings[i], n) == 0 &&
		    (len == n || base[len - n - 1] == '-'))
			return true;
	}
	return false;
}

static bool
is_forbidden(const char *word)
{
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (strncmp(word, forbidden[i], strlen(forbidden[i])) == 0)
			return true;
	/* -Xclang=-load, -Wp,-fplugin=x and such: the word inside another. */
	return strncmp(word, "-W", 2) == 0 && strstr(word, ",-fplugin") != NULL;
}

enum reason
policy_check_command(const struct args *a, enum args_compiler compiler, const char **word)
{
	*word = a->argv.count != 0 ? a->argv.items[0] : NULL;
	if (a->argv.count == 0 || a->argv.items[0][0] == '-' || a->argv.items[0][0] == '\0')
		return REASON_BAD_COMMAND;
	if (compiler == ARGS_CLANG && !is_compiler_name(a->argv.items[0]))
		return REASON_ARGUMENTS;
	for (size_t i = 1; i < a->argv.count; i++) {
		*word = a->argv.items[i];
		if (is_forbidden(*word))
			return REASON_ARGUMENTS;
	}
	*word = a->detail;
	/* An option that our table lacks can only fail in the jail; a small source is no trouble here. */
	if (a->here == REASON_UNKNOWN_OPTION || a->here == REASON_CONFTEST)
		return REASON_NONE;
	return a->here;
}

bool
policy_fits_directory(const struct args *a)
{
	if (a->dep_file != NULL || a->has_side_outputs)
		return false;
	for (size_t i = 1; i < a->argv.count; i++)
		if (i != a->source && i != a->output && strchr(a->argv.items[i], '/') != NULL)
			return false;
	return true;
}

void
policy_filter_env(const struct strv *env, enum args_form form, struct strv *out)
{
	for (size_t i = 0; i < env->count; i++) {
		const char *item = env->items[i];

		if (environment_is_passed_on(item) || (form == ARGS_FORM_FILES && environment_names_folders(item)))
			strv_add(out, item);
	}
}

static bool
has_word(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word)) != NULL;
}

/* What follows ".include" when it is the assembler's, and not the member of some struct. */
static bool
is_file_name_ahead(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p < end && (*p == '"' || *p == '\\');
}

/* From dot to dot: three times as fast on source text as memmem(3) with so short a word. */
static bool
has_asm_file(const char *text, size_t len)
{
	const char *end = text + len;
	const char *p = text;

	while ((p = memchr(p, '.', (size_t)(end - p))) != NULL) {
		p++;
		size_t left = (size_t)(end - p);

		if (left >= 6 && memcmp(p, "incbin", 6) == 0)
			return true;
		if (left >= 7 && memcmp(p, "include", 7) == 0 && is_file_name_ahead(p + 7, end))
			return true;
	}
	return false;
}

/* Is p in a comment, as far as its own line shows: behind "//", or on a line that begins with "* "? */
static bool
is_in_comment(const char *text, const char *p)
{
	const char *line = p;

	while (line > text && line[-1] != '\n')
		line--;
	const char *slashes = memmem(line, (size_t)(p - line), "//", 2);

	/* Not inside a string, as in "http://". */
	if (slashes != NULL && memchr(line, '"', (size_t)(slashes - line)) == NULL)
		return true;
	while (line < p && (*line == ' ' || *line == '\t'))
		line++;
	return p - line >= 2 && line[0] == '*' && line[1] == ' ';
}

static bool
has_time_stamp(const char *text, size_t len)
{
	static const char word[] = "__TIMESTAMP__";
	const char *end = text + len;
	const char *p = text;

	while ((p = memmem(p, (size_t)(end - p), word, sizeof(word) - 1)) != NULL) {
		if (!is_in_comment(text, p))
			return true;
		p += sizeof(word) - 1;
	}
	return false;
}

bool
policy_needs_client(const char *text, size_t len)
{
	return has_asm_file(text, len) || has_time_stamp(text, len);
}

/* "GCC dependency" with any blanks between the words. */
static bool
has_dependency_pragma(const char *text, size_t len)
{
	static const char word[] = "dependency";
	const char *end = text + len;
	const char *p = text;

	while ((p = memmem(p, (size_t)(end - p), word, sizeof(word) - 1)) != NULL) {
		const char *before = p;

		while (before > text && (before[-1] == ' ' || before[-1] == '\t'))
			before--;
		if (before < p && before - text >= 3 && memcmp(before - 3, "GCC", 3) == 0)
			return true;
		p += sizeof(word) - 1;
	}
	return false;
}

bool
policy_has_file_pragma(const char *text, size_t len)
{
	return has_word(text, len, "pch_preprocess") || has_dependency_pragma(text, len);
}

/*
 * Does a line of the compiler's own say it? Compilers quote the source: what stands behind a quote, a
 * bracket or the bar of a quoted line, or in a directive, is the program's text.
 */
static bool
has_complaint(const char *text, size_t len, const char *words)
{
	const char *end = text + len;
	const char *p = text;

	while ((p = memmem(p, (size_t)(end - p), words, strlen(words))) != NULL) {
		const char *line = p;

		while (line > text && line[-1] != '\n')
			line--;
		size_t before = (size_t)(p - line);

		if (before == 0 ||
		    (memchr(line, ':', before) != NULL && line[0] != ' ' && memchr(line, '"', before) == NULL &&
		     memchr(line, '(', before) == NULL && memchr(line, '|', before) == NULL &&
		     memchr(line, '#', before) == NULL))
			return true;
		p += strlen(words);
	}
	return false;
}

bool
policy_misses_file(const char *text, size_t len)
{
	static const char *const words[] = {"No such file or directory", "file not found", "an't open", "annot open",
	                                    "Could not find incbin file", "Could not find include file"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_complaint(text, len, words[i]))
			return true;
	return false;
}

bool
policy_is_resource_failure(const char *text, size_t len)
{
	static const char *const words[] = {
		"Killed signal terminated program", "unable to execute command: Killed",
		"No space left on device",          "virtual memory exhausted",
		"Cannot allocate memory",           "out of memory",
		"Resource temporarily unavailable", "Disk quota exceeded",
		"File too large",                   "File size limit exceeded signal terminated program",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_complaint(text, len, words[i]))
			return true;
	return false;
}
