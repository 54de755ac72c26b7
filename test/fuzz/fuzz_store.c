/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies on a volunteer's disk, by the first byte: the epoch, the count of bytes, a tree's list (as it is, or below a head that
 * fits), a blob of an older epoch. Whatever it says, nothing outside the store is touched, a file of a tree is the one that was asked
 * for, and no bytes come back that do not have the digest.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "io.h"
#include "log.h"
#include "path.h"
#include "removal.h"
#include "store.h"
#include "tree.h"
#include "upkeep.h"
#include "xalloc.h"

#define LIMIT ((int64_t)1 << 30)
#define EPOCH 7u
#define RUNS_PER_STORE 200u

/* As tree.c writes it. */
struct list_head {
	char magic[8];
	uint64_t epoch;
	uint64_t catalogue_len;
	uint64_t count;
};

static const unsigned char client[MANIFEST_CLIENT_SIZE] = {1};
/* In memory: a disk would take the time. */
static char base[] = "/dev/shm/fuzz-store.XXXXXX";
static int base_fd = -1;
static struct stat outside;

static void
write_file(int folder, const char *name, const void *data, size_t size)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	check(fd >= 0 && io_write_exactly(fd, data, size, IO_NO_DEADLINE) == OK);
	close(fd);
}

static int
open_folder(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	check(fd >= 0);
	return fd;
}

static int
make_folder(int folder, const char *name)
{
	check(mkdirat(folder, name, 0700) == 0);
	return open_folder(folder, name);
}

static void
digest_of(const char *text, unsigned char digest[HASH_SIZE])
{
	struct hash *h = hash_new();

	hash_add(h, text, strlen(text));
	hash_finish_binary(h, digest);
}

static struct store *
open_store(void)
{
	struct store *s = NULL;

	check(store_open(base, LIMIT, client, &s) == OK);
	return s;
}

static void
set_epoch(void)
{
	int top = open_folder(base_fd, UPKEEP_FOLDER);

	write_file(top, "epoch", "7 boot open\n", strlen("7 boot open\n"));
	close(top);
}

/* With one blob, "a". */
static void
make_store(void)
{
	struct store_upload u = STORE_UPLOAD_INIT;
	unsigned char digest[HASH_SIZE];

	check(upkeep_begin(base, UPKEEP_DAEMON) == OK);
	set_epoch();
	struct store *s = open_store();

	digest_of("a", digest);
	check(store_begin(s, &u) == OK && store_add(&u, "a", 1) == OK && store_commit(&u, digest) == OK);
	store_close(s);
}

static void
remove_all(void)
{
	removal_remove(AT_FDCWD, base);
}

static void
begin(void)
{
	/* Damage is what this is about: no word about it. */
	log_to_stderr("fuzz", LOG_LEVEL_ERROR, LOG_PLAIN);
	check(mkdtemp(base) != NULL);
	base_fd = open_folder(AT_FDCWD, base);
	int folder = make_folder(base_fd, "outside");

	write_file(folder, "keep", "", 0);
	check(fstat(folder, &outside) == 0);
	close(folder);
	make_store();
	atexit(remove_all);
}

static void
read_epoch(const uint8_t *data, size_t size)
{
	int top = open_folder(base_fd, UPKEEP_FOLDER);
	uint64_t before = 0, after = 0;

	write_file(top, "epoch", data, size);
	bool is_good = upkeep_epoch(top, &before) == OK;

	check(upkeep_begin(base, UPKEEP_ONCE) == OK && upkeep_begin(base, UPKEEP_DAEMON) == OK);
	upkeep_end(base);
	check(upkeep_epoch(top, &after) == OK);
	check(!is_good || after == before || after == before + 1 || after == before + 2);
	close(top);
	set_epoch();
}

static void
read_usage(const uint8_t *data, size_t size)
{
	int top = open_folder(base_fd, UPKEEP_FOLDER);

	write_file(top, "usage", data, size);
	upkeep_added(top, 1000, LIMIT);
	check(upkeep_usage(base) >= 0 && upkeep_usage(base) <= LIMIT);
	close(top);
}

/* What the job sees is a folder, a link and a file; what lies in the tree was another's, and one link leads outside. */
static void
fill_tree(void)
{
	struct manifest_entry entries[] = {{.type = MANIFEST_DIRECTORY, .path = "/w/d", .target = ""},
	                                   {.type = MANIFEST_FILE, .path = "/w/f", .target = "", .size = 1},
	                                   {.type = MANIFEST_LINK, .path = "/w/l", .target = "f"}};
	const struct manifest m = {.entries = entries, .entry_count = sizeof(entries) / sizeof(entries[0])};
	struct store *s = open_store();
	struct view view = {0};
	struct tree *t = NULL;
	struct wire_want missing = {0};
	struct stat st;

	digest_of("a", entries[1].digest);
	check(view_init(&view, &m, NULL, 0) == OK && tree_open(s, &view, &t) == OK);
	enum err e = tree_fill(t, &missing);
	char *file = path_join(tree_root(t), "w/f");

	check(e == OK && lstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 1);
	free(file);
	wire_want_release(&missing);
	tree_close(t);
	view_release(&view);
	store_close(s);
}

static void
read_list(const struct buffer *list)
{
	struct store *s = open_store();
	int folder = store_folder(s);
	char *target = path_join(base, "outside");

	removal_remove(folder, UPKEEP_TREES);
	int trees = make_folder(folder, UPKEEP_TREES);
	int tree = make_folder(trees, "0");
	int root = make_folder(tree, "root");

	check(mkdirat(root, "w", 0700) == 0 && symlinkat(target, root, "out") == 0);
	write_file(root, "w/old", "", 0);
	write_file(tree, "list", list->data, list->len);
	close(root);
	close(tree);
	close(trees);
	store_close(s);
	free(target);
	fill_tree();
}

static void
read_whole_list(const uint8_t *data, size_t size)
{
	struct buffer list = {0};

	buffer_add(&list, data, size);
	read_list(&list);
	buffer_release(&list);
}

/* The first byte counts entries, as many numbers stand at the end; between them is the catalogue. */
static void
read_fitting_list(const uint8_t *data, size_t size)
{
	struct list_head head = {.magic = {'d', 'c', 'c', 't', 'r', 'e', 'e', '1'}, .epoch = EPOCH};
	struct buffer list = {0};

	if (size < 1 || size - 1 < 4 * (size_t)data[0])
		return;
	head.count = data[0];
	head.catalogue_len = size - 1 - 4 * (size_t)data[0];
	buffer_add(&list, &head, sizeof(head));
	buffer_add(&list, data + 1, size - 1);
	read_list(&list);
	buffer_release(&list);
}

static void
read_old_blob(const uint8_t *data, size_t size)
{
	unsigned char digest[HASH_SIZE];
	char hex[HASH_HEX_SIZE], folder_name[3];
	char *found = NULL;
	struct store *s = open_store();

	digest_of("old", digest);
	hash_format(digest, hex);
	memcpy(folder_name, hex, 2);
	folder_name[2] = '\0';
	removal_remove(store_folder(s), "e6");
	int epoch = make_folder(store_folder(s), "e6");
	int present = open_folder(store_folder(s), "e7");
	int folder = make_folder(epoch, folder_name);

	write_file(folder, hex + 2, data, size);
	store_close(s);
	/* Older epochs are found as the store is opened. */
	s = open_store();
	bool is_it = size == 3 && memcmp(data, "old", 3) == 0;

	check((store_load(s, digest, 3, &found) == OK) == is_it);
	check(!is_it || memcmp(found, "old", 3) == 0);
	free(found);
	if (is_it)
		removal_remove(present, folder_name);
	close(folder);
	close(present);
	close(epoch);
	store_close(s);
}

static void
check_outside(void)
{
	struct stat st;

	check(fstatat(base_fd, "outside/keep", &st, 0) == 0 && fstatat(base_fd, "outside", &st, 0) == 0);
	check(st.st_mtim.tv_sec == outside.st_mtim.tv_sec && st.st_mtim.tv_nsec == outside.st_mtim.tv_nsec);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const uint8_t *data, size_t size) = {read_epoch, read_usage, read_whole_list,
	                                                                    read_fitting_list, read_old_blob};
	static unsigned runs;

	if (base_fd < 0)
		begin();
	if (size < 1)
		return 0;
	/* Copies under every number that a list named would pile up. */
	if (++runs % RUNS_PER_STORE == 0) {
		removal_remove(base_fd, UPKEEP_FOLDER);
		make_store();
	}
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](data + 1, size - 1);
	check_outside();
	return 0;
}
