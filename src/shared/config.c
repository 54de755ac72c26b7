/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration files hold one "key = value" a line; a key is a variable's name without its
 * prefix, in either case ("io_timeout = 30"). A '#' at the start of a line or behind a blank begins
 * a comment. An empty variable or value counts as not set, but for the host list, where it means
 * "no host".
 *
 * /etc/dcc/dcc.conf is read first, because it may say where the user's directory is; what the
 * user's own file says then replaces it, and the environment replaces both.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "io.h"
#include "log.h"
#include "xalloc.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define SECONDS_MAX 1000000000

static const char system_file[] = "/etc/dcc/dcc.conf";

struct setting {
	const char *name;     /* as in a file */
	const char *variable; /* ours */
	const char *twin;     /* distcc's, or NULL */
	const char *fallback;
};

#define CONFIG_ROW(code, name, has_twin, value) \
	[code] = {name, "DCC_" name, (has_twin) ? "DISTCC_" name : NULL, value},

static const struct setting settings[CONFIG_KEYS] = {CONFIG_LIST(CONFIG_ROW)};

static bool
is_given(enum config_key key, const char *value)
{
	return value != NULL && (value[0] != '\0' || key == CONFIG_HOSTS);
}

/* The environment's value and the name of the variable that has it, or NULL. */
static const char *
find_in_environment(enum config_key key, const char **variable)
{
	const char *names[2] = {settings[key].variable, settings[key].twin};

	for (size_t i = 0; i < 2 && names[i] != NULL; i++) {
		const char *value = getenv(names[i]);

		if (is_given(key, value)) {
			*variable = names[i];
			return value;
		}
	}
	return NULL;
}

static void
trim_end(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	s[n] = '\0';
}

static void
cut_comment(char *line)
{
	for (char *p = line; *p != '\0'; p++)
		if (*p == '#' && (p == line || isspace((unsigned char)p[-1])))
			*p = '\0';
}

/* The setting of this name, CONFIG_KEYS for none. */
static enum config_key
find_key(const char *name)
{
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		if (strcasecmp(settings[i].name, name) == 0)
			return (enum config_key)i;
	return CONFIG_KEYS;
}

/* Reads one line, which is cut into strings; NULL, or what is wrong with it. */
static const char *
read_line(struct config *c, char *line, bool is_users_file)
{
	cut_comment(line);
	line += strspn(line, " \t\r\f\v");
	trim_end(line);
	if (line[0] == '\0')
		return NULL;
	char *equals = strchr(line, '=');

	if (equals == NULL)
		return "it is no \"key = value\"";
	*equals = '\0';
	trim_end(line);
	enum config_key key = find_key(line);

	if (key == CONFIG_KEYS)
		return "there is no such key";
	/* Where the file lies cannot depend on what it says. */
	if (key == CONFIG_DIR && is_users_file)
		return "the directory of this very file is set by DCC_DIR alone";
	char *value = equals + 1;

	value += strspn(value, " \t\r\f\v");
	if (is_given(key, value))
		c->values[key] = value;
	return NULL;
}

static void
read_lines(struct config *c, const char *path, char *text, bool is_users_file)
{
	unsigned number = 1;

	for (char *line = text; line != NULL; number++) {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end++ = '\0';
		const char *trouble = read_line(c, line, is_users_file);

		if (trouble != NULL)
			log_warning("%s, line %u (\"%.60s\"): %s; the line is ignored", path, number,
			            line + strspn(line, " \t"), trouble);
		line = end;
	}
}

static void
read_file(struct config *c, const char *path, char **text, bool is_users_file)
{
	size_t len;
	enum err e = io_read_file(path, FILE_MAX_BYTES, text, &len);

	if (e == OK)
		read_lines(c, path, *text, is_users_file);
	else if (e == ERR_LIMIT)
		log_warning("%s is too large for a configuration file", path);
	else if (e != ERR_MISSING)
		/* A foreign home that may not be searched is common under sudo. */
		log_info("cannot read %s: %s", path, strerror(errno));
}

static void
read_environment(struct config *c)
{
	for (size_t i = 0; i < CONFIG_KEYS; i++) {
		const char *variable;
		const char *value = find_in_environment((enum config_key)i, &variable);

		if (value != NULL)
			c->values[i] = value;
	}
}

/* dcc.conf in the user's directory, yours; NULL where there is no such directory. */
static char *
users_file(const struct config *c)
{
	const char *home = getenv("HOME");

	if (c->values[CONFIG_DIR] != NULL)
		return xasprintf("%s/dcc.conf", c->values[CONFIG_DIR]);
	if (home == NULL || home[0] == '\0')
		return NULL;
	return xasprintf("%s/.dcc/dcc.conf", home);
}

void
config_load(struct config *c)
{
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		c->values[i] = settings[i].fallback;
	read_file(c, system_file, &c->texts[0], false);
	read_environment(c);
	char *path = users_file(c);

	if (path != NULL)
		read_file(c, path, &c->texts[1], true);
	free(path);
	read_environment(c);
}

void
config_release(struct config *c)
{
	free(c->texts[0]);
	free(c->texts[1]);
	*c = (struct config){0};
}

bool
config_is_set(const struct config *c, enum config_key key)
{
	return c->values[key] != settings[key].fallback;
}

const char *
config_string(const struct config *c, enum config_key key)
{
	return c->values[key];
}

const char *
config_origin(enum config_key key)
{
	const char *variable = "dcc.conf";

	find_in_environment(key, &variable);
	return variable;
}

/* A variable's name says which setting it is; a file's name does not. */
static const char *
name_in_file(enum config_key key)
{
	const char *variable;

	return find_in_environment(key, &variable) != NULL ? "" : settings[key].name;
}

enum err
config_flag(const struct config *c, enum config_key key, bool *value)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{"0", false}, {"no", false}, {"off", false}, {"1", true}, {"yes", true}, {"on", true},
	};
	const char *text = c->values[key] != NULL ? c->values[key] : "0";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i].word, text) == 0) {
			*value = words[i].value;
			return OK;
		}
	}
	log_error("%s%s%s is \"%.60s\", but must be 0 or 1 (or no, yes, off, on)",
	          config_origin(key), *name_in_file(key) != '\0' ? " " : "",
		          name_in_file(key), text);
	return ERR_USAGE;
}

/*
 * Decimal digits, at most one '.', in ms; strtod(3) would follow the locale and take "inf". False:
 * no number, or too large.
 */
static bool
parse_seconds(const char *text, int64_t *ms)
{
	int64_t n = 0;
	int64_t scale = 1000;
	bool has_digit = false;

	for (; isdigit((unsigned char)*text); text++) {
		n = n * 10 + (*text - '0');
		has_digit = true;
		if (n > SECONDS_MAX)
			return false;
	}
	n *= 1000;
	text += *text == '.';
	for (; isdigit((unsigned char)*text); text++) {
		scale /= 10;
		n += (*text - '0') * scale;
		has_digit = true;
	}
	*ms = n;
	return has_digit && *text == '\0';
}

enum err
config_seconds_ms(const struct config *c, enum config_key key, int64_t min_ms, int64_t *value)
{
	const char *text = c->values[key] != NULL ? c->values[key] : "";
	int64_t ms;

	if (!parse_seconds(text, &ms)) {
		log_error("%s%s%s is \"%.60s\", but must be a number of seconds",
		          config_origin(key), *name_in_file(key) != '\0' ? " " : "",
		          name_in_file(key), text);
		return ERR_USAGE;
	}
	if (ms < min_ms) {
		log_error("%s%s%s is \"%.60s\", but must be at least %g seconds",
		          config_origin(key), *name_in_file(key) != '\0' ? " " : "",
		          name_in_file(key), text, (double)min_ms / 1000);
		return ERR_USAGE;
	}
	*value = ms;
	return OK;
}
