/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One driver has many names (cc, gcc, gcc-12, x86_64-linux-gnu-gcc...): names of one file in one
 * directory are identified once. clang's name before "clang" is a target and changes what it does, so
 * there that must agree as well.
 *
 * A compiler may be upgraded while the daemon runs. The first job that meets the change leaves the new identity in the
 * directory, under a lock; the others find it there, and so does the listener, once a job has told it to look.
 */
/* realpath(3) belongs to XSI. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identify.h"
#include "io.h"
#include "log.h"
#include "path.h"
#include "toolchain.h"
#include "xalloc.h"

#ifndef LIBDIR
#define LIBDIR "/usr/lib"
#endif

#define CMDLIST_MAX ((size_t)1 << 20)

static const char *const masquerade_dirs[] = {LIBDIR "/dcc", "/usr/lib/dcc", "/usr/lib/distcc"};

static void
release_entry(struct toolchain_entry *entry)
{
	free(entry->name);
	free(entry->path);
	identity_release(&entry->id);
}

void
toolchain_release(struct toolchain *t)
{
	for (size_t i = 0; i < t->count; i++)
		release_entry(&t->list[i]);
	free(t->list);
	free(t->identity_dir);
	*t = (struct toolchain){0};
}

/* Names. */

/* The length of name without "-12" or "-4.8.5" at its end. */
static size_t
length_without_version(const char *name)
{
	const char *dash = strrchr(name, '-');

	if (dash == NULL || dash[1] < '0' || dash[1] > '9' || strspn(dash + 1, "0123456789.") != strlen(dash + 1))
		return strlen(name);
	return (size_t)(dash - name);
}

/* How many bytes of name stand before one of the usual names: 0, a triple with its "-"; false if there is none. */
static bool
split_name(const char *name, size_t *prefix)
{
	static const char *const usual[] = {"clang++", "clang", "g++", "gcc", "c++", "cc"};
	size_t len = length_without_version(name);

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		size_t n = strlen(usual[i]);

		if (len < n || memcmp(name + len - n, usual[i], n) != 0)
			continue;
		*prefix = len - n;
		if (len == n)
			return true;
		if (name[len - n - 1] != '-')
			continue;
		/* A triple has a dash within; "c99-gcc" and "afl-gcc" are wrappers. */
		const char *dash = strchr(name, '-');

		return (size_t)(dash - name) < len - n - 1;
	}
	return false;
}

bool
toolchain_is_compiler_name(const char *name)
{
	size_t prefix;

	return split_name(name, &prefix);
}

static bool
is_same_prefix(const char *a, const char *b)
{
	size_t n = 0, m = 0;

	if (!split_name(a, &n) || !split_name(b, &m))
		return strcmp(a, b) == 0;
	return n == m && memcmp(a, b, n) == 0;
}

/* Identities. */

char *
toolchain_search_path(const char *compiler)
{
	char *folder = path_dir(compiler);
	bool is_usual = strcmp(folder, "/usr/bin") == 0 || strcmp(folder, "/bin") == 0;
	char *search = is_usual ? xstrdup("/usr/bin:/bin") : xasprintf("%s:/usr/bin:/bin", folder);

	free(folder);
	return search;
}

static enum err
load_current(const char *dir, const char *path, const char *search, struct identity *id)
{
	enum err e = identity_load_with(dir, path, search, id);

	if (e == OK && !identity_is_current(id)) {
		identity_release(id);
		e = ERR_MISSING;
	}
	return e;
}

static enum err
load_or_compute(const char *dir, const char *path, const char *search, struct identity *id)
{
	enum err e = load_current(dir, path, search, id);

	if (e == OK)
		return OK;
	int lock = identity_lock(dir);

	e = load_current(dir, path, search, id);
	if (e != OK)
		e = identify_compiler(path, search, id);
	else
		log_debug("%s was identified by another process", path);
	/* Without the file the next one computes it again; the cause is logged. */
	if (e == OK && identity_save(dir, id) != OK)
		log_debug("the identity of %s is not kept", path);
	io_close(&lock);
	return e;
}

/* An entry that has this compiler's identity, as it is now, or NULL. */
static const struct toolchain_entry *
find_twin(const struct toolchain *t, const char *name, const char *path)
{
	const struct toolchain_entry *twin = NULL;
	char *real = realpath(path, NULL);
	char *dir = path_dir(path);

	for (size_t i = 0; real != NULL && twin == NULL && i < t->count; i++) {
		const struct toolchain_entry *e = &t->list[i];
		char *other = path_dir(e->path);

		if (strcmp(e->id.path, real) == 0 && strcmp(other, dir) == 0 &&
		    (e->id.compiler != ARGS_CLANG || is_same_prefix(e->name, name)) && identity_is_current(&e->id))
			twin = e;
		free(other);
	}
	free(dir);
	free(real);
	return twin;
}

static const struct toolchain_entry *
find_entry(const struct toolchain *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->list[i].name, name) == 0)
			return &t->list[i];
	return NULL;
}

static enum err
identify_entry(const struct toolchain *t, const char *name, const char *path, struct identity *id)
{
	const struct toolchain_entry *twin = find_twin(t, name, path);

	if (twin != NULL) {
		identity_copy(&twin->id, id);
		return OK;
	}
	char *search = toolchain_search_path(path);
	enum err e = load_or_compute(t->identity_dir, path, search, id);

	free(search);
	return e;
}

static void
add_entry(struct toolchain *t, const char *name, const char *path)
{
	struct identity id;

	if (find_entry(t, name) != NULL)
		return;
	if (identify_entry(t, name, path, &id) != OK) {
		log_warning("%s is not offered", path);
		return;
	}
	t->list = xrealloc(t->list, (t->count + 1) * sizeof(*t->list));
	t->list[t->count++] = (struct toolchain_entry){.name = xstrdup(name), .path = xstrdup(path), .id = id};
}

/* Where the list comes from. */

static void
add_name(struct toolchain *t, const char *name)
{
	char *path = name[0] == '/' ? xstrdup(name) : identify_find_compiler(name);

	if (path != NULL)
		add_entry(t, path_base(name), path);
	else
		log_info("%s is not in PATH and not offered", name);
	free(path);
}

/* ERR_MISSING: the variable is unset. A file that cannot be read offers nothing: better than everything. */
static enum err
add_command_list(struct toolchain *t)
{
	const char *file = getenv("DCC_CMDLIST");
	char *text;
	size_t len;

	if (file == NULL)
		file = getenv("DISTCC_CMDLIST");
	if (file == NULL)
		return ERR_MISSING;
	if (io_read_file(file, CMDLIST_MAX, &text, &len) != OK) {
		log_error("cannot read the list of compilers %s: %s", file, strerror(errno));
		return OK;
	}
	char *rest = text, *line;

	while ((line = strtok_r(rest, "\r\n", &rest)) != NULL) {
		line += strspn(line, " \t");
		size_t n = strcspn(line, " \t#");

		line[n] = '\0';
		if (n > 0)
			add_name(t, line);
	}
	free(text);
	return OK;
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory, sorted; is_wanted may be NULL. ERR_MISSING: no directory, or none wanted. */
static enum err
list_directory(const char *dir, bool (*is_wanted)(const char *name), struct strv *names)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' && (is_wanted == NULL || is_wanted(entry->d_name)))
			strv_add(names, entry->d_name);
	if (d != NULL)
		closedir(d);
	if (names->count == 0)
		return ERR_MISSING;
	qsort(names->items, names->count, sizeof(*names->items), compare_strings);
	return OK;
}

static enum err
add_masqueraded(struct toolchain *t)
{
	struct strv names = {0};
	enum err e = ERR_MISSING;

	for (size_t i = 0; e != OK && i < sizeof(masquerade_dirs) / sizeof(masquerade_dirs[0]); i++) {
		e = list_directory(masquerade_dirs[i], NULL, &names);
		if (e == OK)
			log_debug("offering the compilers named in %s", masquerade_dirs[i]);
	}
	for (size_t i = 0; i < names.count; i++)
		add_name(t, names.items[i]);
	strv_release(&names);
	return e;
}

static void
add_usual_names(struct toolchain *t)
{
	const char *path = getenv("PATH");
	struct strv names = {0};

	while (path != NULL && *path != '\0') {
		size_t n = strcspn(path, ":");
		char *dir = xstrndup(path, n);

		/* Each directory adds to names; nothing new is no trouble. */
		if (dir[0] == '/' && list_directory(dir, toolchain_is_compiler_name, &names) != OK)
			log_debug("no compiler in %s", dir);
		free(dir);
		path += n;
		path += *path == ':';
	}
	for (size_t i = 0; i < names.count; i++)
		add_name(t, names.items[i]);
	strv_release(&names);
}

static int
compare_entries(const void *a, const void *b)
{
	const struct toolchain_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

enum err
toolchain_load(struct toolchain *t, const char *identity_dir)
{
	*t = (struct toolchain){.identity_dir = xstrdup(identity_dir)};
	if (io_make_dirs(identity_dir, 0755) != OK)
		log_warning("cannot make %s: %s", identity_dir, strerror(errno));
	if (add_command_list(t) != OK && add_masqueraded(t) != OK)
		add_usual_names(t);
	if (t->count == 0) {
		toolchain_release(t);
		return ERR_MISSING;
	}
	qsort(t->list, t->count, sizeof(*t->list), compare_entries);
	return OK;
}

/* Finding. */

static void
remove_entry(struct toolchain *t, size_t i)
{
	release_entry(&t->list[i]);
	memmove(&t->list[i], &t->list[i + 1], (t->count - i - 1) * sizeof(*t->list));
	t->count--;
}

/* Identifies again what changed on disk, and drops what is gone. False: nothing had changed. */
static bool
refresh(struct toolchain *t)
{
	bool has_changed = false;

	for (size_t i = 0; i < t->count;) {
		struct toolchain_entry *entry = &t->list[i];
		struct identity id;

		if (identity_is_current(&entry->id)) {
			i++;
			continue;
		}
		has_changed = true;
		t->was_refreshed = true;
		log_info("%s changed on disk", entry->path);
		if (identify_entry(t, entry->name, entry->path, &id) != OK) {
			log_warning("%s is no longer offered", entry->path);
			remove_entry(t, i);
			continue;
		}
		identity_release(&entry->id);
		entry->id = id;
		i++;
	}
	return has_changed;
}

static enum err
load_entry(const struct toolchain *t, const struct toolchain_entry *entry, struct identity *id)
{
	const struct toolchain_entry *twin = find_twin(t, entry->name, entry->path);

	if (twin != NULL) {
		identity_copy(&twin->id, id);
		return OK;
	}
	char *search = toolchain_search_path(entry->path);
	enum err e = load_current(t->identity_dir, entry->path, search, id);

	free(search);
	return e;
}

void
toolchain_reload(struct toolchain *t)
{
	for (size_t i = 0; i < t->count;) {
		struct toolchain_entry *entry = &t->list[i];
		struct identity id;

		if (!identity_is_program(entry->path)) {
			log_warning("%s is no longer offered", entry->path);
			remove_entry(t, i);
			continue;
		}
		i++;
		if (identity_is_current(&entry->id) || load_entry(t, entry, &id) != OK)
			continue;
		log_info("%s has a new identity", entry->path);
		identity_release(&entry->id);
		entry->id = id;
	}
}

static const struct toolchain_entry *
find_by_digest(const struct toolchain *t, const char *digest, enum identity_language language)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *ours = t->list[i].id.digest[language];

		if (ours != NULL && strcmp(ours, digest) == 0)
			return &t->list[i];
	}
	return NULL;
}

enum err
toolchain_find_digest(struct toolchain *t, const char *digest, enum identity_language language,
                      const struct toolchain_entry **entry)
{
	if ((unsigned)language >= IDENTITY_LANGUAGES)
		return ERR_MISSING;
	const struct toolchain_entry *found = find_by_digest(t, digest, language);

	if ((found == NULL || !identity_is_current(&found->id)) && refresh(t))
		found = find_by_digest(t, digest, language);
	if (found == NULL)
		return ERR_MISSING;
	*entry = found;
	return OK;
}

/* The name without "/bin/" or "/usr/bin/"; NULL for any other path. */
static const char *
strip_directory(const char *name)
{
	static const char *const dirs[] = {"/usr/bin/", "/bin/"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (strncmp(name, dirs[i], strlen(dirs[i])) == 0)
			name += strlen(dirs[i]);
	return strchr(name, '/') == NULL ? name : NULL;
}

/* "/usr/bin/gcc" must not get the gcc of /usr/local/bin. */
static bool
is_at(const struct toolchain_entry *entry, const char *name)
{
	char *real = name[0] == '/' ? realpath(name, NULL) : NULL;
	bool is_same = name[0] != '/' || (real != NULL && strcmp(real, entry->id.path) == 0);

	free(real);
	return is_same;
}

enum err
toolchain_find_name(struct toolchain *t, const char *name, const struct toolchain_entry **entry)
{
	const char *base = strip_directory(name);
	const struct toolchain_entry *found = base != NULL ? find_entry(t, base) : NULL;

	if (found != NULL && !identity_is_current(&found->id) && refresh(t))
		found = find_entry(t, base);
	if (found == NULL || !is_at(found, name))
		return ERR_MISSING;
	*entry = found;
	return OK;
}

char *
toolchain_describe(const struct toolchain *t)
{
	struct strv said = {0};
	struct buffer text = {0};

	for (size_t i = 0; i < t->count; i++) {
		const struct identity *id = &t->list[i].id;
		char *one = xasprintf("%s %s %s", id->compiler == ARGS_CLANG ? "clang" : "gcc", id->version, id->target);

		if (!strv_has(&said, one)) {
			buffer_add_string(&text, text.len > 0 ? ", " : "");
			buffer_add_string(&text, one);
			strv_add(&said, one);
		}
		free(one);
	}
	strv_release(&said);
	return buffer_take_string(&text);
}
