/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For memmem(3). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver.h"
#include "io.h"
#include "log.h"
#include "preprocess.h"
#include "terminal.h"
#include "word.h"

#define MESSAGES_MAX ((size_t)64 << 20)

/* The compilers begin to cut lines before they would not fit. */
#define MARGIN 10

bool
deliver_has_messages(const struct talk_result *r)
{
	struct stat st;

	return r->stderr_fd >= 0 && fstat(r->stderr_fd, &st) == 0 && st.st_size > 0;
}

/* All of an unnamed file, NUL-terminated and yours; NULL: it cannot be read, or has more than limit bytes. */
static char *
read_text(int fd, size_t limit, size_t *len)
{
	char *text = NULL;

	return lseek(fd, 0, SEEK_SET) == 0 && io_read_to_end(fd, limit, &text, len) == OK ? text : NULL;
}

/* What the compiler there has said. */
static char *
read_messages(const struct talk_result *r, size_t *len)
{
	return read_text(r->stderr_fd, PREPROCESS_MESSAGES_MAX * 4, len);
}

/* Behind the escape sequences that switch colours. */
static const char *
skip_colour(const char *line)
{
	while (line[0] == '\033' && line[1] == '[')
		line += 2 + strcspn(line + 2, "mK") + (line[2 + strcspn(line + 2, "mK")] != '\0');
	return line;
}

/* "FILE:LINE:..." about a file that is not the source? */
static bool
is_about_other_file(const char *line, const char *source)
{
	const char *name = skip_colour(line);
	size_t n = strlen(source);

	if (strncmp(name, source, n) == 0 && name[n] == ':')
		return false;
	for (const char *at = name; *at != '\0' && *at != '\n' && *at != ' '; at++)
		if (at[0] == ':' && at[1] >= '0' && at[1] <= '9')
			return true;
	return false;
}

static bool
are_about_other_files(const char *text, const char *source)
{
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (is_about_other_file(line, source))
			return true;
	}
	return false;
}

/* gcc reads a format string again to point into it, and cannot in text. */
static bool
are_about_formats(const char *text)
{
	return strstr(text, "format") != NULL || strstr(text, "directive") != NULL;
}

/* As the compilers find it: COLUMNS first. 0: no terminal, or it has no width. */
static size_t
terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	long named = columns != NULL ? strtol(columns, NULL, 10) : 0;
	struct winsize size;

	if (isatty(STDERR_FILENO) != 1)
		return 0;
	if (named > 0)
		return (size_t)named;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static size_t
visible_length(const char *line)
{
	size_t n = 0;

	for (;;) {
		line = skip_colour(line);
		if (*line == '\0' || *line == '\n')
			return n;
		line++;
		n++;
	}
}

bool
deliver_is_too_wide(const struct talk_result *r)
{
	size_t width = terminal_width(), len;
	bool is_wide = false;

	if (width == 0 || !deliver_has_messages(r))
		return false;
	char *text = read_messages(r, &len);

	if (text == NULL)
		return true;
	for (const char *line = text; !is_wide && line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		is_wide = visible_length(line) + MARGIN > width;
	}
	free(text);
	return is_wide;
}

/* Does terminfo know colours for it, which clang asks? The names that are in use, without a look at its files. */
static bool
has_colours(const char *term)
{
	static const char *const starts[] = {"xterm", "screen", "tmux", "rxvt", "linux", "ansi", "cygwin", "alacritty", "foot", "kitty",
	                                     "konsole", "gnome", "vte", "putty", "st-", "wezterm"};
	bool has = strstr(term, "color") != NULL;

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		has = has || word_starts_with(term, starts[i]);
	return has;
}

bool
deliver_has_colours(enum args_compiler compiler)
{
	const char *term = getenv("TERM");

	return term != NULL && strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO) == 1 &&
	       (compiler == ARGS_GCC || has_colours(term));
}

/* As gcc decides it: which terminals are known to make a mess of links. */
static bool
is_linking_terminal(void)
{
	const char *term = getenv("TERM"), *colour = getenv("COLORTERM");

	if (isatty(STDERR_FILENO) != 1 || term == NULL || strcmp(term, "dumb") == 0)
		return false;
	if (colour != NULL)
		return strcmp(colour, "xfce4-terminal") != 0 && strcmp(colour, "gnome-terminal") != 0;
	if (getenv("GCC_URLS") != NULL || getenv("TERM_URLS") != NULL)
		return true;
	return strcmp(term, "xterm") != 0 && strcmp(term, "linux") != 0;
}

/* Has the user said whether there shall be links? */
static bool
has_link_option(const struct args *a)
{
	bool has = false;

	for (size_t i = 1; i < a->argv.count; i++) {
		const char *word = a->argv.items[i];

		if (strncmp(word, "-fdiagnostics-urls=", 19) == 0)
			has = strcmp(word + 19, "auto") != 0;
		else if (strcmp(word, "-fdiagnostics-plain-output") == 0)
			has = true;
	}
	return has;
}

bool
deliver_lacks_links(const struct args *a, const struct talk_result *r)
{
	size_t len;

	if (!deliver_has_messages(r) || !is_linking_terminal() || has_link_option(a))
		return false;
	char *text = read_messages(r, &len);

	if (text == NULL)
		return true;
	/* -Wunused, -fpermissive */
	bool lacks = strstr(text, "-W") != NULL || strstr(text, "-f") != NULL;

	free(text);
	return lacks;
}

bool
deliver_lacks_lines(const struct talk_result *r, enum args_compiler compiler, const char *source)
{
	size_t len;

	if (!deliver_has_messages(r))
		return false;
	char *text = read_messages(r, &len);

	if (text == NULL)
		return true;
	bool lacks = compiler == ARGS_GCC ? are_about_other_files(text, source) || are_about_formats(text)
	                                  : strstr(text, "from <built-in>:") != NULL || strstr(text, "\n# 1 \"") != NULL;

	free(text);
	return lacks;
}

static void
copy_messages(int from, int to)
{
	char data[8192];
	ssize_t n;

	if (from < 0 || lseek(from, 0, SEEK_SET) < 0)
		return;
	while ((n = read(from, data, sizeof(data))) > 0)
		if (io_write_exactly(to, data, (size_t)n, IO_NO_DEADLINE) != OK)
			return;
}

/*
 * cpp's messages here and the compiler's there, as one compile would have printed them. OK:
 * *prints_cpp says whether cpp's come first or are among the compiler's already. ERR_USAGE: both have some, and their
 * order is unknown.
 */
static enum err
merge_messages(const struct talk_result *r, bool *prints_cpp)
{
	size_t len;

	*prints_cpp = true;
	if (r->cpp_messages.len == 0 || !deliver_has_messages(r))
		return OK;
	char *text = read_messages(r, &len);

	if (text == NULL)
		return ERR_USAGE;
	bool is_among = memmem(text, len, r->cpp_messages.data, r->cpp_messages.len) != NULL;

	free(text);
	*prints_cpp = !is_among;
	return is_among ? OK : ERR_USAGE;
}

/* "x.c:3: Error: ..." or "/tmp/ccXYZ.s: ...": the assembler, which knows no columns. */
static bool
is_from_assembler(const char *line)
{
	const char *end = line + strcspn(line, ":\n");
	const char *number = end + 1;

	if (*end != ':')
		return false;
	if (end - line > 2 && memcmp(end - 2, ".s", 2) == 0)
		return true;
	size_t digits = strspn(number, "0123456789");

	return digits != 0 && number[digits] == ':' && number[digits + 1] == ' ';
}

static bool
has_assembler_failed(const struct talk_result *r)
{
	size_t len;
	bool has_failed = false;

	if (!deliver_has_messages(r))
		return false;
	char *text = read_messages(r, &len);

	if (text == NULL)
		return true;
	for (const char *line = text; !has_failed && line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		has_failed = is_from_assembler(line);
	}
	free(text);
	return has_failed;
}

/* Does the assembler only start when the compiler proper has done its work? */
static bool
has_two_steps(const struct args *a, enum args_compiler compiler)
{
	static const char *const together[] = {"-pipe"};
	static const char *const apart[] = {"-save-temps", "--save-temps", "-fno-integrated-as", "-no-integrated-as"};
	bool is_gcc = compiler == ARGS_GCC;
	const char *const *words = is_gcc ? together : apart;
	size_t count = is_gcc ? sizeof(together) / sizeof(together[0]) : sizeof(apart) / sizeof(apart[0]);

	if (a->stops_at_assembly || a->language == ARGS_LANG_ASM || a->language == ARGS_LANG_ASM_CPP)
		return false;
	for (size_t i = 1; i < a->argv.count; i++)
		for (size_t k = 0; k < count; k++)
			if (strncmp(a->argv.items[i], words[k], strlen(words[k])) == 0)
				return !is_gcc;
	return is_gcc;
}

/* The step that fails takes an old object with it, so that make does not take it for new; one before it does not. */
static void
remove_stale_object(const struct args *a, enum args_compiler compiler, const struct talk_result *r)
{
	if (r->exit_code != 0 && outputs_is_placeable(a->object) &&
	    (!has_two_steps(a, compiler) || has_assembler_failed(r)))
		unlink(a->object);
}

/* Nothing is changed in what a compiler says: what no compiler says is not shown at all. */
static bool
is_showable(int fd)
{
	size_t len;

	if (fd < 0)
		return true;
	char *text = read_text(fd, MESSAGES_MAX, &len);

	if (text == NULL)
		return false;
	bool is_good = terminal_is_compilers(text, len);

	free(text);
	return is_good;
}

enum reason
deliver_result(const struct args *a, enum args_compiler compiler, struct talk_result *r)
{
	bool prints_cpp;

	if (!is_showable(r->stdout_fd) || !is_showable(r->stderr_fd) || merge_messages(r, &prints_cpp) != OK)
		return REASON_DIAGNOSTICS;
	remove_stale_object(a, compiler, r);
	if (outputs_place(&r->outputs) != OK)
		return REASON_OUTPUT_PLACE;
	copy_messages(r->stdout_fd, STDOUT_FILENO);
	if (prints_cpp && r->cpp_messages.len != 0 &&
	    io_write_exactly(STDERR_FILENO, r->cpp_messages.data, r->cpp_messages.len,
	                     IO_NO_DEADLINE) != OK)
		log_debug("cannot write to stderr: %s", strerror(errno));
	copy_messages(r->stderr_fd, STDERR_FILENO);
	return REASON_NONE;
}
