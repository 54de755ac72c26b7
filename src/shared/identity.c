/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of an identity, and the text of its cache file (identity_cache.c): one fact a line; a path is the rest of its line:
 *
 *     dcc identity 1
 *     asked /usr/bin/gcc
 *     path /usr/bin/x86_64-linux-gnu-gcc-12
 *     kind gcc | clang
 *     major 12
 *     version 12.2.0
 *     target x86_64-linux-gnu
 *     digest LANGUAGE HEX
 *     file ROLE LANGUAGES(bits) HEX|- PROGRAM|- DEV INO SIZE MTIME CTIME PATH
 *     also PATH                      a path that a jail must show besides these files
 *     environment NAME[=VALUE]
 *     search DIR:DIR                 only where it is to run with this PATH
 *     end
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "xalloc.h"

#define FIRST_LINE "dcc identity 1"
#define FILES_MAX 512
#define VARIABLES_MAX 16
#define DIGEST_LENGTH 64

static const char *const language_names[IDENTITY_LANGUAGES] = {
	[IDENTITY_C] = "c",
	[IDENTITY_CXX] = "c++",
	[IDENTITY_OBJC] = "objective-c",
	[IDENTITY_OBJCXX] = "objective-c++",
	[IDENTITY_ASM] = "assembler",
};

void
identity_release(struct identity *id)
{
	for (size_t i = 0; i < id->file_count; i++) {
		free(id->files[i].role);
		free(id->files[i].path);
		free(id->files[i].program);
		free(id->files[i].digest);
	}
	free(id->files);
	for (size_t i = 0; i < IDENTITY_LANGUAGES; i++)
		free(id->digest[i]);
	free(id->version);
	free(id->target);
	free(id->asked);
	free(id->path);
	free(id->search);
	strv_release(&id->components);
	strv_release(&id->environment);
	*id = (struct identity){0};
}

static char *
copy_string(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

void
identity_copy(const struct identity *from, struct identity *to)
{
	*to = (struct identity){
		.compiler = from->compiler,
		.major = from->major,
		.version = copy_string(from->version),
		.target = copy_string(from->target),
		.asked = copy_string(from->asked),
		.path = copy_string(from->path),
		.search = copy_string(from->search),
	};
	for (size_t i = 0; i < IDENTITY_LANGUAGES; i++)
		to->digest[i] = copy_string(from->digest[i]);
	for (size_t i = 0; i < from->file_count; i++) {
		const struct identity_file *f = &from->files[i];
		struct identity_file *copy = identity_add_file(to, f->role, f->path);

		copy->program = copy_string(f->program);
		copy->digest = copy_string(f->digest);
		copy->languages = f->languages;
		copy->stamp = f->stamp;
	}
	for (size_t i = 0; i < from->components.count; i++)
		strv_add(&to->components, from->components.items[i]);
	for (size_t i = 0; i < from->environment.count; i++)
		strv_add(&to->environment, from->environment.items[i]);
}

struct identity_file *
identity_add_file(struct identity *id, const char *role, const char *path)
{
	/* Room for 16, then for 32, 64... */
	if ((id->file_count & (id->file_count - 1)) == 0 && (id->file_count == 0 || id->file_count >= 16)) {
		size_t room = id->file_count != 0 ? 2 * id->file_count : 16;

		id->files = xrealloc(id->files, room * sizeof(*id->files));
	}
	struct identity_file *f = &id->files[id->file_count++];

	*f = (struct identity_file){.role = xstrdup(role), .path = xstrdup(path)};
	return f;
}

enum identity_language
identity_language_of(enum args_language language)
{
	switch (language) {
	case ARGS_LANG_CXX:
		return IDENTITY_CXX;
	case ARGS_LANG_OBJC:
		return IDENTITY_OBJC;
	case ARGS_LANG_OBJCXX:
		return IDENTITY_OBJCXX;
	case ARGS_LANG_ASM:
	case ARGS_LANG_ASM_CPP:
		return IDENTITY_ASM;
	case ARGS_LANG_NONE:
	case ARGS_LANG_C:
		break;
	}
	return IDENTITY_C;
}

const char *
identity_language_name(enum identity_language language)
{
	return language_names[language];
}

/* Writing the text. */

static void
add_line(struct buffer *out, const char *word, const char *value)
{
	buffer_add_string(out, word);
	buffer_add_string(out, " ");
	buffer_add_string(out, value);
	buffer_add_string(out, "\n");
}

static void
add_file_line(struct buffer *out, const struct identity_file *f)
{
	const struct identity_stamp *s = &f->stamp;
	char *line = xasprintf("%s %x %s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s",
	                       f->role, f->languages, f->digest != NULL ? f->digest : "-",
	                       f->program != NULL ? f->program : "-", s->dev, s->ino, s->size, s->mtime_ns,
	                       s->ctime_ns, f->path);

	add_line(out, "file", line);
	free(line);
}

/* A line's end inside a path would make two lines of it. */
static bool
is_one_line(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ')
			return false;
	return true;
}

static bool
is_one_line_each(const struct identity *id)
{
	for (size_t i = 0; i < id->file_count; i++)
		if (!is_one_line(id->files[i].path))
			return false;
	for (size_t i = 0; i < id->components.count; i++)
		if (!is_one_line(id->components.items[i]))
			return false;
	for (size_t i = 0; i < id->environment.count; i++)
		if (!is_one_line(id->environment.items[i]))
			return false;
	if (id->search != NULL && !is_one_line(id->search))
		return false;
	return is_one_line(id->asked) && is_one_line(id->path) && is_one_line(id->version) && is_one_line(id->target);
}

static bool
has_file(const struct identity *id, const char *path)
{
	for (size_t i = 0; i < id->file_count; i++)
		if (strcmp(id->files[i].path, path) == 0)
			return true;
	return false;
}

enum err
identity_format(const struct identity *id, struct buffer *out)
{
	if (!is_one_line_each(id))
		return ERR_USAGE;
	char major[16];

	snprintf(major, sizeof(major), "%d", id->major);
	buffer_add_string(out, FIRST_LINE "\n");
	add_line(out, "asked", id->asked);
	add_line(out, "path", id->path);
	add_line(out, "kind", id->compiler == ARGS_CLANG ? "clang" : "gcc");
	add_line(out, "major", major);
	add_line(out, "version", id->version);
	add_line(out, "target", id->target);
	for (size_t i = 0; i < IDENTITY_LANGUAGES; i++) {
		if (id->digest[i] == NULL)
			continue;
		char *value = xasprintf("%s %s", language_names[i], id->digest[i]);

		add_line(out, "digest", value);
		free(value);
	}
	for (size_t i = 0; i < id->file_count; i++)
		add_file_line(out, &id->files[i]);
	for (size_t i = 0; i < id->components.count; i++)
		if (!has_file(id, id->components.items[i]))
			add_line(out, "also", id->components.items[i]);
	for (size_t i = 0; i < id->environment.count; i++)
		add_line(out, "environment", id->environment.items[i]);
	if (id->search != NULL)
		add_line(out, "search", id->search);
	buffer_add_string(out, "end\n");
	return OK;
}

/* Reading it. A handler gets what follows the word, and may cut it into pieces. */

/* The word at *rest, which moves behind it; NULL when there is none, or nothing behind it. */
static char *
cut_word(char **rest)
{
	char *word = *rest;
	char *space = strchr(word, ' ');

	if (space == NULL || space == word)
		return NULL;
	*space = '\0';
	*rest = space + 1;
	return word;
}

static enum err
parse_number(const char *s, int base, uint64_t *value)
{
	char *end;

	/* strtoull would take blanks and signs. */
	if (s == NULL || *s == '\0' || strspn(s, "0123456789abcdef") != strlen(s))
		return ERR_PROTOCOL;
	errno = 0;
	unsigned long long n = strtoull(s, &end, base);

	if (errno != 0 || *end != '\0')
		return ERR_PROTOCOL;
	*value = n;
	return OK;
}

static bool
is_digest(const char *s)
{
	return s != NULL && strlen(s) == DIGEST_LENGTH && strspn(s, "0123456789abcdef") == DIGEST_LENGTH;
}

/* A field that must come once, and not be empty. */
static enum err
set_once(char **field, const char *value)
{
	if (*field != NULL || *value == '\0')
		return ERR_PROTOCOL;
	*field = xstrdup(value);
	return OK;
}

static enum err
parse_asked(struct identity *id, char *rest)
{
	return rest[0] == '/' ? set_once(&id->asked, rest) : ERR_PROTOCOL;
}

static enum err
parse_path(struct identity *id, char *rest)
{
	return rest[0] == '/' ? set_once(&id->path, rest) : ERR_PROTOCOL;
}

static enum err
parse_kind(struct identity *id, char *rest)
{
	if (strcmp(rest, "gcc") != 0 && strcmp(rest, "clang") != 0)
		return ERR_PROTOCOL;
	id->compiler = rest[0] == 'c' ? ARGS_CLANG : ARGS_GCC;
	return OK;
}

static enum err
parse_major(struct identity *id, char *rest)
{
	uint64_t n;

	if (parse_number(rest, 10, &n) != OK || n > 100000)
		return ERR_PROTOCOL;
	id->major = (int)n;
	return OK;
}

static enum err
parse_version(struct identity *id, char *rest)
{
	return set_once(&id->version, rest);
}

static enum err
parse_target(struct identity *id, char *rest)
{
	return set_once(&id->target, rest);
}

static enum err
parse_digest(struct identity *id, char *rest)
{
	char *name = cut_word(&rest);

	if (name == NULL || !is_digest(rest))
		return ERR_PROTOCOL;
	for (size_t i = 0; i < IDENTITY_LANGUAGES; i++)
		if (strcmp(name, language_names[i]) == 0)
			return set_once(&id->digest[i], rest);
	return ERR_PROTOCOL;
}

static enum err
parse_stamp(char **rest, struct identity_stamp *s)
{
	uint64_t *const fields[] = {&s->dev, &s->ino, &s->size, &s->mtime_ns, &s->ctime_ns};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (parse_number(cut_word(rest), 10, fields[i]) != OK)
			return ERR_PROTOCOL;
	return OK;
}

static enum err
parse_file(struct identity *id, char *rest)
{
	struct identity_stamp stamp;
	uint64_t languages;
	char *role = cut_word(&rest);

	if (role == NULL || parse_number(cut_word(&rest), 16, &languages) != OK || languages > IDENTITY_ALL_LANGUAGES)
		return ERR_PROTOCOL;
	char *digest = cut_word(&rest);
	char *program = digest != NULL ? cut_word(&rest) : NULL;

	if (program == NULL || parse_stamp(&rest, &stamp) != OK || rest[0] != '/')
		return ERR_PROTOCOL;
	if ((strcmp(digest, "-") != 0 && !is_digest(digest)) || strchr(program, '/') != NULL ||
	    id->file_count == FILES_MAX)
		return ERR_PROTOCOL;
	struct identity_file *f = identity_add_file(id, role, rest);

	f->program = strcmp(program, "-") != 0 ? xstrdup(program) : NULL;
	f->digest = digest[0] != '-' ? xstrdup(digest) : NULL;
	f->languages = (unsigned)languages;
	f->stamp = stamp;
	strv_add(&id->components, rest);
	return OK;
}

static enum err
parse_also(struct identity *id, char *rest)
{
	if (rest[0] != '/' || id->components.count == 2 * (size_t)FILES_MAX)
		return ERR_PROTOCOL;
	strv_add(&id->components, rest);
	return OK;
}

static enum err
parse_environment(struct identity *id, char *rest)
{
	if (rest[0] == '\0' || rest[0] == '=' || id->environment.count == VARIABLES_MAX)
		return ERR_PROTOCOL;
	strv_add(&id->environment, rest);
	return OK;
}

static enum err
parse_search(struct identity *id, char *rest)
{
	return set_once(&id->search, rest);
}

static const struct {
	const char *word;
	enum err (*parse)(struct identity *id, char *rest);
} line_kinds[] = {
	{"asked", parse_asked},     {"path", parse_path},     {"kind", parse_kind}, {"major", parse_major},
	{"version", parse_version}, {"target", parse_target}, {"digest", parse_digest}, {"file", parse_file},
	{"also", parse_also},       {"environment", parse_environment}, {"search", parse_search},
};

static enum err
parse_line(struct identity *id, char *line)
{
	char *word = cut_word(&line);

	for (size_t i = 0; word != NULL && i < sizeof(line_kinds) / sizeof(line_kinds[0]); i++)
		if (strcmp(word, line_kinds[i].word) == 0)
			return line_kinds[i].parse(id, line);
	return ERR_PROTOCOL;
}

/* text is changed. The last line is "end"; what is missing behind it was cut off. */
static enum err
parse_lines(struct identity *id, char *text)
{
	for (bool is_first = true;; is_first = false) {
		char *newline = strchr(text, '\n');

		if (newline == NULL)
			return ERR_PROTOCOL;
		*newline = '\0';
		if (!is_first && strcmp(text, "end") == 0)
			return newline[1] == '\0' ? OK : ERR_PROTOCOL;
		enum err e = OK;

		if (!is_one_line(text) || (is_first && strcmp(text, FIRST_LINE) != 0))
			e = ERR_PROTOCOL;
		else if (!is_first)
			e = parse_line(id, text);
		if (e != OK)
			return e;
		text = newline + 1;
	}
}

enum err
identity_parse(const void *text, size_t len, struct identity *id)
{
	struct identity result = {0};

	if (len > IDENTITY_TEXT_MAX || memchr(text, '\0', len) != NULL)
		return ERR_PROTOCOL;
	char *copy = xstrndup(text, len);
	enum err e = parse_lines(&result, copy);

	free(copy);
	if (e == OK && (result.asked == NULL || result.path == NULL || result.version == NULL ||
	                result.target == NULL || result.file_count == 0))
		e = ERR_PROTOCOL;
	if (e != OK)
		identity_release(&result);
	else
		*id = result;
	return e;
}
