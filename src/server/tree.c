/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trees/N/root is the tree, trees/N/list says what is in it: so it is removed before anything is changed, and
 * written when everything is done. A tree without a list is a dead process's, and begins anew. Whoever has the lock
 * of trees/N has the tree. Kept, because 500 links cost 10 ms to make and to remove on ext4, while two jobs of a
 * client share most of their files.
 *
 * The list: struct list_head, the entries as a catalogue, and for each its nth.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "path.h"
#include "removal.h"
#include "tree.h"
#include "upkeep.h"
#include "xalloc.h"

#define TREES_MAX 4096u
#define LIST_MAX (MANIFEST_RAW_MAX + (1u << 20))
#define NAME_SIZE 16
#define NS_PER_S 1000000000

struct list_head {
	char magic[8];
	uint64_t epoch;
	uint64_t catalogue_len;
	uint64_t count;
};

static const char magic[8] = {'d', 'c', 'c', 't', 'r', 'e', 'e', '1'};

/* What the tree has by its list. */
struct list {
	char *bytes;
	struct manifest_entry *entries;
	const struct manifest_entry **sorted; /* pointers to them */
	uint32_t *nth;
	size_t count;
};

struct node {
	const struct manifest_entry *entry;
	uint32_t number;
	uint32_t nth;
	bool is_there;
};

struct tree {
	struct store *store;
	const struct view *view;
	struct node *nodes;  /* the view's entries, in its order */
	int fd;              /* trees/N, locked */
	int root_fd;
	char *root;
	bool is_compared;    /* what was there and is not of this view is gone */
	char *parent;        /* of the last file, and its folder */
	int parent_fd;
};

/* ---- the list ---- */

static void
list_release(struct list *l)
{
	free(l->bytes);
	free(l->entries);
	free(l->sorted);
	free(l->nth);
	*l = (struct list){0};
}

static enum err
parse_list(struct list *l, size_t len, uint64_t epoch)
{
	struct list_head head;

	if (len < sizeof(head))
		return ERR_MISSING;
	memcpy(&head, l->bytes, sizeof(head));
	size_t rest = len - sizeof(head);

	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.epoch != epoch || head.catalogue_len > rest ||
	    head.count > MANIFEST_ENTRIES_MAX || rest - head.catalogue_len != head.count * sizeof(l->nth[0]))
		return ERR_MISSING;
	const char *catalogue = l->bytes + sizeof(head);

	if (manifest_get_catalogue(catalogue, (size_t)head.catalogue_len, &l->entries, &l->count) != OK ||
	    l->count != head.count)
		return ERR_MISSING;
	l->sorted = xcalloc(l->count, sizeof(const struct manifest_entry *));
	for (size_t i = 0; i < l->count; i++)
		l->sorted[i] = &l->entries[i];
	l->nth = xcalloc(l->count, sizeof(l->nth[0]));
	memcpy(l->nth, catalogue + head.catalogue_len, l->count * sizeof(l->nth[0]));
	return OK;
}

static enum err
load_list(const struct tree *t, struct list *l)
{
	int fd = openat(t->fd, "list", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t len = 0;

	*l = (struct list){0};
	if (fd < 0)
		return ERR_MISSING;
	enum err e = io_read_to_end(fd, LIST_MAX, &l->bytes, &len);

	close(fd);
	if (e == OK)
		e = parse_list(l, len, store_epoch(t->store));
	if (e != OK)
		list_release(l);
	return e == OK ? OK : ERR_MISSING;
}

static enum err
save_list(const struct tree *t)
{
	struct buffer b = {0};
	size_t count = t->view->count;
	struct list_head head = {.epoch = store_epoch(t->store), .count = count};
	struct manifest_entry *entries = xcalloc(count, sizeof(*entries));

	for (size_t i = 0; i < count; i++)
		entries[i] = *t->nodes[i].entry;
	memcpy(head.magic, magic, sizeof(magic));
	buffer_add(&b, &head, sizeof(head));
	manifest_put_catalogue(&b, entries, count);
	free(entries);
	head.catalogue_len = b.len - sizeof(head);
	memcpy(b.data, &head, sizeof(head));
	for (size_t i = 0; i < count; i++)
		buffer_add(&b, &t->nodes[i].nth, sizeof(t->nodes[i].nth));
	int fd = openat(t->fd, "list", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	enum err e = fd >= 0 ? io_write_exactly(fd, b.data, b.len, IO_NO_DEADLINE) : ERR_SYSTEM;

	io_close(&fd);
	buffer_release(&b);
	return e;
}

/* ---- opening ---- */

static bool
is_alive(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink != 0;
}

/* The first one that no other job has; one more where all are taken. -1 with errno. */
static int
take_folder(int trees, char name[NAME_SIZE])
{
	for (unsigned n = 0; n < TREES_MAX; n++) {
		snprintf(name, NAME_SIZE, "%u", n);
		int fd = openat(trees, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT && (mkdirat(trees, name, 0700) == 0 || errno == EEXIST))
			fd = openat(trees, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return -1;
		/* One that is being tidied away is as good as taken. */
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_alive(fd))
			return fd;
		io_close(&fd);
	}
	errno = EMFILE;
	return -1;
}

static enum err
open_root(struct tree *t)
{
	t->root_fd = openat(t->fd, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return t->root_fd >= 0 ? OK : ERR_SYSTEM;
}

static enum err
open_folders(struct tree *t)
{
	int client = store_folder(t->store);
	char name[NAME_SIZE];

	if (mkdirat(client, UPKEEP_TREES, 0700) < 0 && errno != EEXIST)
		return ERR_SYSTEM;
	int trees = openat(client, UPKEEP_TREES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (trees < 0)
		return ERR_SYSTEM;
	t->fd = take_folder(trees, name);
	close(trees);
	if (t->fd < 0)
		return ERR_SYSTEM;
	if (mkdirat(t->fd, "root", 0755) < 0 && errno != EEXIST)
		return ERR_SYSTEM;
	t->root = xasprintf("%s/" UPKEEP_TREES "/%s/root", store_path(t->store), name);
	/* So that it counts as used: upkeep.c. */
	futimens(t->fd, NULL);
	return open_root(t);
}

enum err
tree_open(struct store *s, const struct view *v, struct tree **t)
{
	struct tree *made = xcalloc(1, sizeof(*made));

	*made = (struct tree){.store = s, .view = v, .fd = -1, .root_fd = -1, .parent_fd = -1};
	made->nodes = xcalloc(v->count, sizeof(*made->nodes));
	for (size_t i = 0; i < v->count; i++)
		made->nodes[i] = (struct node){.entry = v->entries[i], .number = v->numbers[i]};
	enum err e = open_folders(made);

	if (e == OK) {
		*t = made;
		return OK;
	}
	log_error("cannot make a tree for a job: %s", strerror(errno));
	tree_close(made);
	return e;
}

void
tree_close(struct tree *t)
{
	if (t == NULL)
		return;
	io_close(&t->parent_fd);
	io_close(&t->root_fd);
	io_close(&t->fd);
	free(t->root);
	free(t->parent);
	free(t->nodes);
	free(t);
}

const char *
tree_root(const struct tree *t)
{
	return t->root;
}

/* ---- single entries ---- */

/* The folder above path, in *fd, borrowed until the next call. No link is followed, whatever lies there. */
static enum err
enter_parent(struct tree *t, const char *path)
{
	static const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	size_t n = (size_t)(path_base(path) - path);

	if (t->parent != NULL && strncmp(t->parent, path, n) == 0 && t->parent[n] == '\0')
		return OK;
	io_close(&t->parent_fd);
	free(t->parent);
	t->parent = xstrndup(path, n);
	/* "/a/b/" without its first slash; "." for the root. */
	t->parent_fd = (int)syscall(SYS_openat2, t->root_fd, n > 1 ? t->parent + 1 : ".", &how, sizeof(how));
	if (t->parent_fd >= 0)
		return OK;
	free(t->parent);
	t->parent = NULL;
	return ERR_SYSTEM;
}

static enum err
remove_entry(struct tree *t, const char *path, int flags)
{
	if (enter_parent(t, path) != OK)
		return ERR_SYSTEM;
	return unlinkat(t->parent_fd, path_base(path), flags) == 0 || errno == ENOENT ? OK : ERR_SYSTEM;
}

static enum err
make_folder(struct tree *t, const char *path)
{
	if (enter_parent(t, path) != OK)
		return ERR_SYSTEM;
	return mkdirat(t->parent_fd, path_base(path), 0755) == 0 ? OK : ERR_SYSTEM;
}

static struct store_file
file_of(const struct node *n)
{
	return (struct store_file){.digest = n->entry->digest,
	                           .size = n->entry->size,
	                           .mtime_ns = n->entry->mtime_ns,
	                           .nth = n->nth};
}

static enum err
add_node(struct tree *t, struct node *n)
{
	const struct store_file f = file_of(n);
	const char *base = path_base(n->entry->path);
	enum err e = enter_parent(t, n->entry->path);

	if (e == OK && n->entry->type == MANIFEST_FILE)
		e = store_link(t->store, &f, t->parent_fd, base);
	else if (e == OK && symlinkat(n->entry->target, t->parent_fd, base) < 0)
		e = ERR_SYSTEM;
	n->is_there = e == OK;
	return e;
}

/* Of a file that stays: what it links may have been damaged since. */
static enum err
check_kept(struct tree *t, struct node *n)
{
	const struct store_file f = file_of(n);
	struct stat st;

	if (enter_parent(t, n->entry->path) != OK)
		return ERR_SYSTEM;
	if (fstatat(t->parent_fd, path_base(n->entry->path), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    store_is_intact(&f, st.st_size, (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec))
		return OK;
	n->is_there = false;
	return remove_entry(t, n->entry->path, 0);
}

/* ---- the difference ---- */

static bool
is_same(const struct manifest_entry *a, const struct manifest_entry *b)
{
	return a->type == b->type && a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       memcmp(a->digest, b->digest, sizeof(a->digest)) == 0 && strcmp(a->target, b->target) == 0;
}

/* Removes files and links that are not of the view; marks those that are. */
static enum err
compare_files(struct tree *t, const struct list *old)
{
	size_t k = 0;
	enum err e = OK;

	for (size_t i = 0; e == OK && i < old->count; i++) {
		const struct manifest_entry *entry = old->sorted[i];

		while (k < t->view->count && strcmp(t->nodes[k].entry->path, entry->path) < 0)
			k++;
		struct node *n = k < t->view->count ? &t->nodes[k] : NULL;

		if (entry->type == MANIFEST_DIRECTORY)
			continue;
		if (n != NULL && strcmp(n->entry->path, entry->path) == 0 && is_same(n->entry, entry)) {
			n->is_there = true;
			n->nth = old->nth[i];
		} else {
			e = remove_entry(t, entry->path, 0);
		}
	}
	return e;
}

/* Both lists are sorted. What only the old one has goes, deepest first; what only the new one has is made. */
static enum err
compare_folders(struct tree *t, const struct strv *old, const struct strv *new)
{
	enum err e = OK;

	for (size_t i = old->count, k = new->count; e == OK && i > 0; i--) {
		while (k > 0 && strcmp(new->items[k - 1], old->items[i - 1]) > 0)
			k--;
		if (k == 0 || strcmp(new->items[k - 1], old->items[i - 1]) != 0)
			e = remove_entry(t, old->items[i - 1], AT_REMOVEDIR);
	}
	for (size_t i = 0, k = 0; e == OK && i < new->count; i++) {
		while (k < old->count && strcmp(old->items[k], new->items[i]) < 0)
			k++;
		if (k == old->count || strcmp(old->items[k], new->items[i]) != 0)
			e = make_folder(t, new->items[i]);
	}
	return e;
}

static int
compare_alike(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	int c = memcmp(x->entry->digest, y->entry->digest, sizeof(x->entry->digest));

	if (c == 0)
		c = (x->entry->mtime_ns > y->entry->mtime_ns) - (x->entry->mtime_ns < y->entry->mtime_ns);
	if (c == 0)
		c = y->is_there - x->is_there;
	return c != 0 ? c : (x->nth > y->nth) - (x->nth < y->nth);
}

static bool
is_alike(const struct node *a, const struct node *b)
{
	return a->entry->mtime_ns == b->entry->mtime_ns &&
	       memcmp(a->entry->digest, b->entry->digest, sizeof(a->entry->digest)) == 0;
}

/* Among files that are alike each gets another number: those that stay have theirs, and stand first. */
static void
number_alike(struct tree *t)
{
	struct node **files = xcalloc(t->view->count, sizeof(struct node *));
	size_t count = 0;

	for (size_t i = 0; i < t->view->count; i++)
		if (t->nodes[i].entry->type == MANIFEST_FILE)
			files[count++] = &t->nodes[i];
	if (count != 0)
		qsort(files, count, sizeof(files[0]), compare_alike);
	for (size_t first = 0, end; first < count; first = end) {
		uint32_t next = 0;
		size_t kept = first;

		for (end = first; end < count && is_alike(files[first], files[end]); end++) {
			if (files[end]->is_there)
				continue;
			for (; kept < end && files[kept]->is_there && files[kept]->nth <= next; kept++)
				next += files[kept]->nth == next;
			files[end]->nth = next++;
		}
	}
	free(files);
}

/* From what the list says to the folders of the view, without what is not of it. */
static enum err
bring_over(struct tree *t, const struct list *old)
{
	struct strv before = {0}, after = {0};

	view_folders(old->sorted, old->count, &before);
	view_folders(t->view->entries, t->view->count, &after);
	enum err e = compare_files(t, old);

	if (e == OK)
		e = compare_folders(t, &before, &after);
	/* A folder that was opened may be gone. */
	io_close(&t->parent_fd);
	free(t->parent);
	t->parent = NULL;
	strv_release(&before);
	strv_release(&after);
	for (size_t i = 0; e == OK && i < t->view->count; i++)
		if (t->nodes[i].is_there && t->nodes[i].entry->type == MANIFEST_FILE)
			e = check_kept(t, &t->nodes[i]);
	return e;
}

/* An empty tree, whatever is there. */
static enum err
start_anew(struct tree *t)
{
	const struct list nothing = {0};

	io_close(&t->root_fd);
	io_close(&t->parent_fd);
	removal_remove(t->fd, "root");
	unlinkat(t->fd, "list", 0);
	for (size_t i = 0; i < t->view->count; i++)
		t->nodes[i].is_there = false;
	if (mkdirat(t->fd, "root", 0755) < 0 || open_root(t) != OK)
		return ERR_SYSTEM;
	return bring_over(t, &nothing);
}

static enum err
compare_all(struct tree *t)
{
	struct list old;
	enum err e = load_list(t, &old);

	if (e == OK && unlinkat(t->fd, "list", 0) < 0)
		e = ERR_SYSTEM;
	if (e == OK)
		e = bring_over(t, &old);
	list_release(&old);
	if (e != OK)
		e = start_anew(t);
	if (e == OK)
		number_alike(t);
	t->is_compared = e == OK;
	return e;
}

static enum err
explain(const struct tree *t, enum err e)
{
	int why = errno;

	if (e != ERR_SYSTEM)
		return e;
	if (why == ENAMETOOLONG || why == EILSEQ || why == EINVAL) {
		log_info("a name of the client's cannot be made here: %s", strerror(why));
		return ERR_DENIED;
	}
	log_error("cannot fill the tree of a job%s: %s", t->is_compared ? "" : " anew", strerror(why));
	errno = why;
	return e;
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

enum err
tree_fill(struct tree *t, struct wire_want *missing)
{
	enum err e = t->is_compared ? OK : compare_all(t);

	*missing = (struct wire_want){0};
	for (size_t i = 0; e == OK && i < t->view->count; i++) {
		struct node *n = &t->nodes[i];

		if (n->is_there || n->entry->type == MANIFEST_DIRECTORY)
			continue;
		e = add_node(t, n);
		if (e != ERR_MISSING)
			continue;
		if (missing->numbers == NULL)
			missing->numbers = xcalloc(t->view->count, sizeof(missing->numbers[0]));
		missing->numbers[missing->count++] = n->number;
		e = OK;
	}
	if (e == OK && missing->count == 0)
		return explain(t, save_list(t));
	if (e == OK) {
		qsort(missing->numbers, missing->count, sizeof(missing->numbers[0]), compare_numbers);
		return ERR_MISSING;
	}
	wire_want_release(missing);
	return explain(t, e);
}
