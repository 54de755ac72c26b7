/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "environment.h"
#include "oracle_key.h"
#include "xalloc.h"

static const char *const languages[] = {
	[ARGS_LANG_NONE] = "none",
	[ARGS_LANG_C] = "c",
	[ARGS_LANG_CXX] = "c++",
	[ARGS_LANG_OBJC] = "objective-c",
	[ARGS_LANG_OBJCXX] = "objective-c++",
	[ARGS_LANG_ASM] = "assembler",
	[ARGS_LANG_ASM_CPP] = "assembler-with-cpp",
};

const char *
oracle_key_refused_variable(const struct strv *env)
{
	for (size_t i = 0; i < environment_table_size; i++) {
		const struct environment_variable *v = &environment_table[i];

		if (v->part == ENVIRONMENT_REFUSED && environment_find(env, v->name) != NULL)
			return v->name;
	}
	return NULL;
}

static void
add_line(struct buffer *b, const char *text)
{
	buffer_add_string(b, text);
	buffer_add_string(b, "\n");
}

static void
add_lines(struct buffer *b, const struct strv *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		add_line(b, lines->items[i]);
}

static void
add_variables(struct buffer *b, const struct strv *env, enum environment_part part)
{
	for (size_t i = 0; i < environment_table_size; i++) {
		const struct environment_variable *v = &environment_table[i];
		const char *value = v->part == part ? environment_find(env, v->name) : NULL;

		if (value != NULL) {
			buffer_add_string(b, v->name);
			buffer_add_string(b, "=");
			add_line(b, value);
		}
	}
}

char *
oracle_key_dialect(const struct oracle_request *q, const struct identity *compiler)
{
	struct buffer b = {0};
	const char *digest = compiler->digest[identity_language_of(q->language)];

	add_line(&b, q->compiler);
	add_line(&b, digest != NULL ? digest : "");
	add_line(&b, languages[q->language]);
	add_variables(&b, q->env, ENVIRONMENT_COMPILER);
	add_lines(&b, &q->search->dialect);
	return buffer_take_string(&b);
}

static bool
has_relative_variable(const struct strv *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		if (folders->items[i][0] != '/')
			return true;
	return false;
}

char *
oracle_key_list(const struct oracle_request *q, const char *dialect)
{
	struct buffer b = {0};
	struct strv named = {0};

	oracle_key_named_folders(q, &named);
	add_line(&b, dialect);
	add_variables(&b, q->env, ENVIRONMENT_FOLDERS);
	add_lines(&b, &q->search->folders);
	if (q->search->has_relative_folder || has_relative_variable(&named))
		add_line(&b, q->cwd);
	strv_release(&named);
	return buffer_take_string(&b);
}

static void
add_all(struct strv *out, const struct strv *words)
{
	if (words->count > 0)
		strv_add_all(out, words->items);
}

void
oracle_key_command(const struct oracle_request *q, struct strv *argv)
{
	strv_add(argv, q->compiler);
	add_all(argv, &q->search->dialect);
	add_all(argv, &q->search->folders);
	strv_add(argv, "-E");
	strv_add(argv, "-dD");
	strv_add(argv, "-v");
	strv_add(argv, "-w");
	strv_add(argv, "-x");
	strv_add(argv, languages[q->language]);
	strv_add(argv, "-");
}

void
oracle_key_show_command(const struct oracle_request *q, struct strv *argv)
{
	strv_add(argv, q->compiler);
	add_all(argv, &q->search->dialect);
	strv_add(argv, "-###");
	strv_add(argv, "-c");
	strv_add(argv, "-x");
	strv_add(argv, languages[q->language]);
	strv_add(argv, "/dev/null");
}

void
oracle_key_environment(const struct oracle_request *q, struct strv *env)
{
	static const char *const ours[] = {"PATH", "HOME", "TMPDIR"};

	strv_add(env, "LC_ALL=C");
	for (size_t i = 0; i < q->env->count; i++)
		strv_add(env, q->env->items[i]);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		const char *value = getenv(ours[i]);

		if (value != NULL && environment_find(q->env, ours[i]) == NULL)
			strv_take(env, xasprintf("%s=%s", ours[i], value));
	}
}

/* "a::b" has three folders, the second of which is the current one. */
static void
add_path_items(struct strv *out, const char *value)
{
	for (;;) {
		size_t n = strcspn(value, ":");

		strv_take(out, n > 0 ? xstrndup(value, n) : xstrdup("."));
		if (value[n] == '\0')
			return;
		value += n + 1;
	}
}

enum whose { USERS, OTHERS };

static void
add_variable_folders(struct strv *out, const struct strv *env, enum whose whose)
{
	for (size_t i = 0; i < environment_table_size; i++) {
		const struct environment_variable *v = &environment_table[i];
		const char *value = v->part == ENVIRONMENT_FOLDERS ? environment_find(env, v->name) : NULL;

		if (value != NULL && value[0] != '\0' && v->is_user_folder == (whose == USERS))
			add_path_items(out, value);
	}
}

void
oracle_key_user_folders(const struct oracle_request *q, struct strv *out)
{
	add_all(out, &q->search->user_folders);
	add_variable_folders(out, q->env, USERS);
}

void
oracle_key_named_folders(const struct oracle_request *q, struct strv *out)
{
	oracle_key_user_folders(q, out);
	add_all(out, &q->search->other_folders);
	add_variable_folders(out, q->env, OTHERS);
}
