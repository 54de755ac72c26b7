/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *   list  = entries between blanks or newlines; '#' begins a comment wherever it stands
 *   entry = "localhost"[COUNT] | "--localslots="N | "--localslots_cpp="N | "--randomize" | ssh | tcp
 *   tcp   = NAME[":"PORT][COUNT][OPTIONS], or PORT and COUNT the other way round
 *   ssh   = [USER]"@"NAME[COUNT][":"COMMAND][OPTIONS]
 *   COUNT = "/"N or "="N;  OPTIONS = ","WORD...;  NAME may be an IPv6 address in brackets
 *
 * "localhost" is this machine only where nothing but a count follows; "localhost,lzo" is a daemon
 * here, as in distcc.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"
#include "xalloc.h"

#define PORT_MAX 65535u
#define ID_NAME_MAX 64 /* a longer name is cut in the id, so that it fits into file names */

/* The entry that is being read. Workers put what is wrong into error and return false. */
struct entry {
	const char *p; /* what is left of it */
	struct host host;
	bool has_port;
	bool has_slots;
	char *error;
};

/* Owns text; always false, for the worker to return. */
static bool
fail(struct entry *e, char *text)
{
	e->error = text;
	return false;
}

static bool
is_end(char c)
{
	return c == '\0' || c == ',';
}

/* A decimal of 1 to max at the front of *p, with the end of a part behind it. 0: none. */
static unsigned
take_number(const char **p, unsigned max)
{
	unsigned n = 0;
	const char *s = *p;

	for (; isdigit((unsigned char)*s); s++) {
		n = n * 10 + (unsigned)(*s - '0');
		if (n > max)
			return 0;
	}
	if (!is_end(*s) && strchr(":/=", *s) == NULL)
		return 0;
	*p = s;
	return n;
}

static bool
read_slots(struct entry *e)
{
	const char *start = ++e->p;

	if (e->has_slots)
		return fail(e, xasprintf("a second number of slots, \"%s\"", start));
	e->has_slots = true;
	e->host.slots = take_number(&e->p, HOSTS_SLOTS_MAX);
	if (e->host.slots == 0)
		return fail(e, xasprintf("the number of slots is \"%.*s\", but must be 1 to %u",
		                         (int)strcspn(start, ","), start, HOSTS_SLOTS_MAX));
	return true;
}

static bool
read_port(struct entry *e)
{
	const char *start = ++e->p;

	if (e->has_port || *start == ':')
		return fail(e, xasprintf("a second ':'; an IPv6 address is written in brackets, [::1]"));
	e->has_port = true;
	e->host.port = take_number(&e->p, PORT_MAX);
	if (e->host.port == 0)
		return fail(e, xasprintf("the port is \"%.*s\", but must be 1 to %u",
		                         (int)strcspn(start, ","), start, PORT_MAX));
	return true;
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr("._-+~", c) != NULL);
}

/* "[...]": letters are allowed for a zone (%eth0). */
static bool
read_bracketed_name(struct entry *e)
{
	const char *start = e->p + 1;
	size_t n = strspn(start, "0123456789abcdefABCDEF:.");

	if (start[n] == '%')
		for (n++; is_name_char(start[n]);)
			n++;
	if (start[n] != ']' || memchr(start, ':', n) == NULL)
		return fail(e, xasprintf("brackets must hold an IPv6 address: [::1]"));
	e->host.name = xstrndup(start, n);
	e->p = start + n + 1;
	if (!is_end(*e->p) && strchr(":/=", *e->p) == NULL)
		return fail(e, xasprintf("\"%s\" stands behind the ']'", e->p));
	return true;
}

static bool
read_name(struct entry *e)
{
	if (*e->p == '[')
		return read_bracketed_name(e);
	size_t n = strcspn(e->p, ":/=,");

	if (n == 0)
		return fail(e, xasprintf("the host name is missing"));
	/* ssh would take such a name for an option. */
	if (e->p[0] == '-')
		return fail(e, xasprintf("a host name cannot begin with '-'"));
	for (size_t i = 0; i < n; i++)
		if (!is_name_char(e->p[i]))
			return fail(e, xasprintf("'%c' cannot stand in a host name", e->p[i]));
	e->host.name = xstrndup(e->p, n);
	e->p += n;
	return true;
}

static bool
set_language(struct entry *e, enum host_language language)
{
	if (e->host.language != HOST_ANY && e->host.language != language)
		return fail(e, xasprintf("native and distcc exclude each other"));
	e->host.language = language;
	return true;
}

/* One option, n bytes at e->p. */
static bool
read_option(struct entry *e, size_t n)
{
	const char *word = e->p;

	if (n == 3 && memcmp(word, "lzo", n) == 0)
		e->host.has_lzo = true;
	else if (n == 3 && memcmp(word, "tls", n) == 0)
		e->host.has_tls = true;
	else if (n == 3 && memcmp(word, "cpp", n) == 0)
		e->host.has_cpp = true;
	else if (n == 4 && memcmp(word, "down", n) == 0)
		e->host.is_down = true;
	else if (n == 6 && memcmp(word, "native", n) == 0)
		return set_language(e, HOST_NATIVE);
	else if (n == 6 && memcmp(word, "distcc", n) == 0)
		return set_language(e, HOST_DISTCC);
	else if (strncmp(word, "auth", 4) == 0 && (n == 4 || word[4] == '='))
		return fail(e, xasprintf("GSSAPI (auth) is not supported; use a key (\",tls\", see "
		                         "dcc(1)) or ssh (@HOST)"));
	else
		return fail(e, xasprintf("unknown option \"%.*s\"; there are tls, lzo, cpp, "
		                         "down, native and distcc",
		                         (int)n, word));
	return true;
}

static bool
read_options(struct entry *e)
{
	while (*e->p == ',') {
		e->p++;
		size_t n = strcspn(e->p, ",");

		if (!read_option(e, n))
			return false;
		e->p += n;
	}
	if (*e->p != '\0')
		return fail(e, xasprintf("\"%s\" is not understood", e->p));
	if (e->host.has_cpp && !e->host.has_lzo)
		return fail(e, xasprintf("cpp needs lzo too: \",lzo,cpp\""));
	if (e->host.has_tls && e->host.kind == HOST_SSH)
		return fail(e, xasprintf("ssh encrypts already: leave out tls"));
	return true;
}

static bool
read_tcp(struct entry *e)
{
	bool is_read = read_name(e);

	e->host.kind = HOST_TCP;
	while (is_read && (*e->p == ':' || *e->p == '/' || *e->p == '='))
		is_read = *e->p == ':' ? read_port(e) : read_slots(e);
	return is_read && read_options(e);
}

static bool
read_command(struct entry *e)
{
	e->p++;
	size_t n = strcspn(e->p, ",");

	if (n == 0)
		return fail(e, xasprintf("the command behind ':' is missing"));
	e->host.command = xstrndup(e->p, n);
	e->p += n;
	return true;
}

/* at: where the '@' is. */
static bool
read_ssh(struct entry *e, const char *at)
{
	e->host.kind = HOST_SSH;
	if (e->p[0] == '-')
		return fail(e, xasprintf("a user name cannot begin with '-'"));
	if (at != e->p)
		e->host.user = xstrndup(e->p, (size_t)(at - e->p));
	e->p = at + 1;
	if (!read_name(e))
		return false;
	if ((*e->p == '/' || *e->p == '=') && !read_slots(e))
		return false;
	if (*e->p == ':' && !read_command(e))
		return false;
	return read_options(e);
}

/* Exactly "localhost", "localhost/N" or "localhost=N". */
static bool
is_local(const char *text)
{
	static const char word[] = "localhost";
	const size_t n = sizeof(word) - 1;

	if (strncmp(text, word, n) != 0)
		return false;
	return text[n] == '\0' ||
	       ((text[n] == '/' || text[n] == '=') && strpbrk(text + n, ",:") == NULL);
}

static bool
read_local(struct entry *e)
{
	e->host.kind = HOST_LOCAL;
	e->host.slots = HOSTS_DEFAULT_LOCAL_SLOTS;
	if (!read_name(e))
		return false;
	if (!is_end(*e->p) && !read_slots(e))
		return false;
	return read_options(e);
}

/* The '@' of an ssh entry, which stands before any option; NULL for another kind. */
static const char *
find_at(const char *text)
{
	return memchr(text, '@', strcspn(text, ","));
}

static bool
read_host(struct entry *e, const char *text)
{
	const char *at = find_at(text);

	e->p = text;
	e->host.port = HOSTS_DEFAULT_PORT;
	e->host.slots = HOSTS_DEFAULT_SLOTS;
	if (is_local(text))
		return read_local(e);
	return at != NULL ? read_ssh(e, at) : read_tcp(e);
}

static uint64_t
hash_text(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

/* The name, or for a very long one its start and a hash of it all. */
static char *
short_name(const char *name)
{
	if (strlen(name) <= ID_NAME_MAX)
		return xstrdup(name);
	return xasprintf("%.*s-%016llx", ID_NAME_MAX - 17, name, (unsigned long long)hash_text(name));
}

static void
set_id(struct host *h)
{
	char *name = short_name(h->name);

	switch (h->kind) {
	case HOST_LOCAL: h->id = xstrdup("localhost"); break;
	case HOST_TCP: h->id = xasprintf("tcp_%s_%u", name, h->port); break;
	case HOST_SSH: h->id = xasprintf("ssh_%s", name); break;
	}
	free(name);
}

static void
host_release(struct host *h)
{
	free(h->name);
	free(h->user);
	free(h->command);
	free(h->text);
	free(h->id);
	*h = (struct host){0};
}

/* Adds the host that text describes; NULL, or what is wrong with it (yours). */
static char *
add_host(struct hosts *h, const char *text)
{
	struct entry e = {.error = NULL};

	if (!read_host(&e, text)) {
		host_release(&e.host);
		return e.error;
	}
	e.host.text = xstrdup(text);
	set_id(&e.host);
	h->list = xrealloc(h->list, (h->count + 1) * sizeof(*h->list));
	h->list[h->count++] = e.host;
	return NULL;
}

/* The value behind prefix in text, or NULL. */
static const char *
value_of(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static char *
set_count(unsigned *count, const char *value)
{
	const char *p = value;
	unsigned n = take_number(&p, HOSTS_SLOTS_MAX);

	if (n == 0 || *p != '\0')
		return xasprintf("the number is \"%s\", but must be 1 to %u", value, HOSTS_SLOTS_MAX);
	*count = n;
	return NULL;
}

/* Reads an entry that begins with "--" or '+'. */
static char *
read_setting(struct hosts *h, const char *text)
{
	const char *value;

	if ((value = value_of(text, "--localslots=")) != NULL)
		return set_count(&h->local_slots, value);
	if ((value = value_of(text, "--localslots_cpp=")) != NULL)
		return set_count(&h->local_cpp_slots, value);
	if (strcmp(text, "--randomize") == 0) {
		h->randomize = true;
		return NULL;
	}
	if (strcmp(text, "+zeroconf") == 0)
		return xasprintf("hosts are not found by zeroconf yet; list them by name");
	return xasprintf("unknown; there are --localslots=N, --localslots_cpp=N and --randomize");
}

static char *
read_entry(struct hosts *h, const char *text)
{
	if (text[0] == '+' || strncmp(text, "--", 2) == 0)
		return read_setting(h, text);
	if (h->count == HOSTS_COUNT_MAX)
		return xasprintf("more than %u hosts", HOSTS_COUNT_MAX);
	return add_host(h, text);
}

/* Where an entry stands, for messages: both from 1. */
struct place {
	unsigned line;
	unsigned column;
};

/* The entry of n bytes at text. */
static enum err
read_one(struct hosts *h, const char *text, size_t n, struct place at, char **error)
{
	char *entry = xstrndup(text, n);
	char *trouble = read_entry(h, entry);
	enum err e = OK;

	if (trouble != NULL) {
		*error = xasprintf("\"%.100s\" (line %u, column %u): %.300s", entry, at.line,
		                   at.column, trouble);
		e = ERR_USAGE;
	}
	free(entry);
	free(trouble);
	return e;
}

static enum err
read_entries(struct hosts *h, const char *text, char **error)
{
	struct place at = {1, 1};
	enum err e = OK;

	while (e == OK && *text != '\0') {
		size_t n = 1;

		if (*text == '\n') {
			at = (struct place){at.line + 1, 0};
		} else if (*text == '#') {
			n = strcspn(text, "\n");
		} else if (!isspace((unsigned char)*text)) {
			n = strcspn(text, " \t\r\n\f\v#");
			e = read_one(h, text, n, at, error);
		}
		at.column += (unsigned)n;
		text += n;
	}
	return e;
}

enum err
hosts_parse(const char *text, struct hosts *h, char **error)
{
	struct hosts got = {0};
	enum err e = ERR_USAGE;

	if (strnlen(text, HOSTS_TEXT_MAX + 1) > HOSTS_TEXT_MAX)
		*error = xasprintf("the host list is longer than %zu bytes", HOSTS_TEXT_MAX);
	else
		e = read_entries(&got, text, error);
	if (e != OK) {
		hosts_release(&got);
		return e;
	}
	*h = got;
	return OK;
}

void
hosts_release(struct hosts *h)
{
	for (size_t i = 0; i < h->count; i++)
		host_release(&h->list[i]);
	free(h->list);
	*h = (struct hosts){0};
}

unsigned
hosts_total_slots(const struct hosts *h)
{
	unsigned total = 0;

	for (size_t i = 0; i < h->count; i++)
		total += h->list[i].slots;
	return total;
}
