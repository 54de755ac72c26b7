/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of pumpclient's manifest. */
#ifndef PUMPITEMS_H
#define PUMPITEMS_H

#define ENTRIES_MAX 8192
#define FILE_MAX_BYTES ((size_t)64 << 20)

struct item {
	struct manifest_entry entry;
	char *data; /* of a file */
	size_t len;
};

struct client {
	int fd;
	int64_t deadline_ms;
	struct wire_job job;
	struct manifest manifest;
	struct sum sum;      /* of what was sent */
	size_t sum_error;    /* what is wrong with it in Run */
	struct item items[ENTRIES_MAX];
	size_t count;
	size_t catalogue_from; /* SIZE_MAX: none */
	struct buffer catalogue;
	size_t damaged, never; /* numbers of files; SIZE_MAX: none */
	bool sends_all;
	const char *hold, *quit, *out;
	long delay_ms;
};

static inline void
die(const char *what, const char *which)
{
	printf("error %s %s: %s\n", what, which, strerror(errno));
	exit(201);
}

/* ---- entries ---- */

static inline struct item *
add_item(struct client *c, enum manifest_type type, const char *path)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].entry.type == type && strcmp(c->items[i].entry.path, path) == 0)
			return NULL;
	if (c->count == ENTRIES_MAX)
		die("too many entries at", path);
	struct item *item = &c->items[c->count++];

	item->entry.type = type;
	item->entry.path = xstrdup(path);
	item->entry.target = "";
	return item;
}

static inline void
add_file(struct client *c, const char *path, const char *disk)
{
	struct item *item = add_item(c, MANIFEST_FILE, path);
	struct hash *h;
	struct stat st;

	if (item == NULL)
		return;
	if (stat(disk, &st) < 0 || io_read_file(disk, FILE_MAX_BYTES, &item->data, &item->len) != OK)
		die("read", disk);
	h = hash_new();
	hash_add(h, item->data, item->len);
	hash_finish_binary(h, item->entry.digest);
	item->entry.size = item->len;
	item->entry.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static inline void
add_link(struct client *c, const char *path, const char *target)
{
	struct item *item = add_item(c, MANIFEST_LINK, path);

	if (item != NULL)
		item->entry.target = xstrdup(target);
}

/* The name as the kernel walks it: each link on the way is an entry, and so is the end. */
static inline void
add_way(struct client *c, const char *name)
{
	char *rest = name[0] == '/' ? xstrdup(name) : xasprintf("%s/%s", c->job.cwd, name);
	char *at = xstrdup("/");

	while (rest[strspn(rest, "/")] != '\0') {
		char *part = rest + strspn(rest, "/");
		size_t n = strcspn(part, "/");
		char *word = xstrndup(part, n);
		char *next = path_normalise(at, word);
		char target[4096];
		struct stat st;

		if (lstat(next, &st) < 0)
			die("find", next);
		char *after = xstrdup(part + n);

		if (S_ISLNK(st.st_mode)) {
			ssize_t len = readlink(next, target, sizeof(target) - 1);

			target[len > 0 ? len : 0] = '\0';
			add_link(c, next, target);
			free(rest);
			rest = xasprintf("%s%s", target, after);
			if (target[0] == '/')
				at[1] = '\0';
			free(next);
		} else {
			if (S_ISREG(st.st_mode))
				add_file(c, next, next);
			else if (strcmp(next, "/") != 0)
				add_item(c, MANIFEST_DIRECTORY, next);
			free(rest);
			rest = xstrdup(after);
			free(at);
			at = next;
		}
		free(after);
		free(word);
	}
	free(rest);
	free(at);
}

typedef void (*name_fn)(struct client *c, const char *name);

static inline void
digest_list(struct client *c, const char *file, unsigned char digest[HASH_SIZE], name_fn each)
{
	struct strv names = {0};
	char *text = NULL;
	size_t len;

	if (io_read_file(file, FILE_MAX_BYTES, &text, &len) != OK)
		die("read", file);
	for (char *p = text; *p != '\0';) {
		size_t n = strcspn(p, "\n");

		strv_take(&names, xstrndup(p, n));
		if (each != NULL)
			each(c, names.items[names.count - 1]);
		p += n + (p[n] == '\n');
	}
	deps_digest(&names, digest);
	strv_release(&names);
	free(text);
}

#endif
