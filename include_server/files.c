/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file's bytes are taken between two fstat(2) that agree. What changed less than SETTLED_NS before
 * is read again in the next scan, unless its changes are reported: two changes within one tick of
 * the file system's clock look alike. A file that has a second name can change without a report.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "table.h"
#include "xalloc.h"

#define SETTLED_NS (INT64_C(2) * 1000000000)
#define READ_ATTEMPTS 3

struct variant {
	struct program *program;
	unsigned mode;           /* of which only the bits of the program's mask count */
	struct variant *next;
};

/* Bytes, wherever they lie. */
struct content {
	unsigned char digest[HASH_SIZE];
	struct variant *variants;
	size_t users;            /* files that have it */
	enum files_role role;    /* HEADER: as one of them was asked for */
	uint64_t used;           /* last scan that wanted a program */
};

struct files {
	struct folders *folders;
	struct symbols *symbols;
	struct table contents;   /* by digest */
	struct file **all;
	size_t cap;
	const struct file *recent; /* of which the bytes are still at hand, or NULL */
	char *recent_data;
	uint64_t drops;            /* of programs that others may still point to */
	struct files_counts counts;
};

struct files *
files_new(struct folders *folders, struct symbols *symbols)
{
	struct files *f = xcalloc(1, sizeof(*f));

	f->folders = folders;
	f->symbols = symbols;
	return f;
}

static void
drop_programs(struct files *f, struct content *c)
{
	while (c->variants != NULL) {
		struct variant *v = c->variants;

		c->variants = v->next;
		f->counts.programs--;
		f->counts.memory -= program_memory(v->program);
		program_free(v->program);
		free(v);
	}
}

void
files_free(struct files *f)
{
	struct content *c;

	if (f == NULL)
		return;
	for (size_t i = 0; (c = table_next(&f->contents, &i)) != NULL;) {
		drop_programs(f, c);
		free(c);
	}
	table_release(&f->contents);
	for (size_t i = 0; i < f->counts.files; i++)
		free(f->all[i]);
	free(f->all);
	free(f->recent_data);
	free(f);
}

static int64_t
to_ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Of two stats of the same path. */
static bool
is_same(const struct file *file, const struct stat *st)
{
	return file->inode == st->st_ino && file->device == st->st_dev && file->size == (uint64_t)st->st_size &&
	       file->modified_ns == to_ns(st->st_mtim) && file->changed_ns == to_ns(st->st_ctim);
}

static void
describe(struct file *file, const struct stat *st)
{
	struct timespec now;
	int64_t modified_ns = to_ns(st->st_mtim), changed_ns = to_ns(st->st_ctim);

	clock_gettime(CLOCK_REALTIME, &now);
	file->device = st->st_dev;
	file->inode = st->st_ino;
	file->links = st->st_nlink;
	file->size = (uint64_t)st->st_size;
	file->modified_ns = modified_ns;
	file->changed_ns = changed_ns;
	file->age = to_ns(now) - modified_ns > SETTLED_NS && to_ns(now) - changed_ns > SETTLED_NS ? FILE_SETTLED
	                                                                                          : FILE_YOUNG;
}

static enum err
failure(const char *path)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return ERR_MISSING;
	log_info("%s: %s", path, strerror(errno));
	return ERR_DENIED;
}

/* Exactly size bytes and then the end; anything else: the file changes under our hands. */
static enum err
read_all(int fd, char *data, size_t size)
{
	size_t got = 0;

	for (;;) {
		ssize_t n = read(fd, data + got, size + 1 - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_SYSTEM;
		got += (size_t)n;
		if (n == 0 || got > size)
			return got == size ? OK : ERR_BUSY;
	}
}

/* ERR_BUSY: it changed meanwhile. */
static enum err
read_between_stats(int fd, struct file *file, char **data)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ERR_SYSTEM;
	if (!S_ISREG(st.st_mode))
		return ERR_MISSING;
	if ((uint64_t)st.st_size > FILES_SIZE_MAX) {
		errno = EFBIG;
		return ERR_SYSTEM;
	}
	describe(file, &st);

	char *text = xmalloc((size_t)st.st_size + 1);
	enum err e = read_all(fd, text, (size_t)st.st_size);

	if (e == OK && fstat(fd, &st) != 0)
		e = ERR_SYSTEM;
	if (e == OK && !is_same(file, &st))
		e = ERR_BUSY;
	if (e == OK)
		*data = text;
	else
		free(text);
	return e;
}

/* Bytes and description of what lies at path now; file's other fields stay. data is yours. */
static enum err
read_path(struct files *f, const char *path, struct file *file, char **data)
{
	enum err e = ERR_BUSY;

	for (int i = 0; i < READ_ATTEMPTS && e == ERR_BUSY; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

		if (fd < 0)
			return failure(path);
		f->counts.reads++;
		e = read_between_stats(fd, file, data);
		if (e == ERR_SYSTEM)
			e = failure(path);
		close(fd);
	}
	if (e == ERR_BUSY) {
		log_info("%s: changes while it is read", path);
		e = ERR_DENIED;
	}
	return e;
}

static void
take_digest(const char *data, size_t len, unsigned char digest[HASH_SIZE])
{
	struct hash *h = hash_new();

	hash_add(h, data, len);
	hash_finish_binary(h, digest);
}

static bool
has_digest(const void *item, const void *key)
{
	return memcmp(((const struct content *)item)->digest, key, HASH_SIZE) == 0;
}

static uint64_t
digest_hash(const unsigned char digest[HASH_SIZE])
{
	uint64_t h;

	memcpy(&h, digest, sizeof(h));
	return h;
}

static void
drop_content(struct files *f, struct file *file)
{
	struct content *c = file->content;

	file->content = NULL;
	if (c == NULL || --c->users != 0)
		return;
	f->drops++;
	drop_programs(f, c);
	table_remove(&f->contents, digest_hash(c->digest), c);
	free(c);
}

static void
take_content(struct files *f, struct file *file)
{
	struct content *c = table_find(&f->contents, digest_hash(file->digest), has_digest, file->digest);

	if (c == NULL) {
		c = xcalloc(1, sizeof(*c));
		memcpy(c->digest, file->digest, HASH_SIZE);
		table_add(&f->contents, digest_hash(c->digest), c);
	}
	c->users++;
	file->content = c;
}

/* Reads the file and sets everything that is known of it. Its bytes are then recent_data. */
static enum err
load(struct files *f, struct file *file)
{
	char *path = entry_path(file->entry);
	uint64_t time = folders_time(f->folders);
	char *data;
	enum err e = read_path(f, path, file, &data);

	free(path);
	if (e != OK) {
		drop_content(f, file);
		return e;
	}
	free(f->recent_data);
	f->recent_data = data;
	f->recent = file;
	unsigned char digest[HASH_SIZE];

	take_digest(data, (size_t)file->size, digest);
	f->counts.bytes += file->size;
	if (file->content == NULL || memcmp(digest, file->digest, HASH_SIZE) != 0) {
		drop_content(f, file);
		memcpy(file->digest, digest, HASH_SIZE);
		take_content(f, file);
	}
	file->version++;
	file->checked = folders_scan(f->folders);
	file->verified = time;
	return OK;
}

static struct file *
file_of(struct files *f, struct entry *e)
{
	if (e->file != NULL)
		return e->file;
	if (f->counts.files == f->cap) {
		f->cap = f->cap != 0 ? 2 * f->cap : 64;
		f->all = xrealloc(f->all, f->cap * sizeof(struct file *));
	}
	struct file *file = xcalloc(1, sizeof(*file));

	file->entry = e;
	e->file = file;
	f->all[f->counts.files++] = file;
	return file;
}

/* A network file system answers stat(2) from memory for up to a minute; open(2) asks the server, as a compiler's does. */
static enum err
ask(const struct entry *e, struct stat *st)
{
	char *path = entry_path(e);
	enum err result = OK;

	if (folders_is_shared(e)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

		if (fd < 0 || fstat(fd, st) != 0)
			result = failure(path);
		if (fd >= 0)
			close(fd);
	} else if (lstat(path, st) != 0) {
		result = failure(path);
	}
	free(path);
	return result;
}

/* Is the file what it was? ERR_BUSY: it has to be read again. */
static enum err
check_stat(struct files *f, struct file *file)
{
	struct stat st;
	uint64_t time = folders_time(f->folders);

	f->counts.stats++;
	enum err e = ask(file->entry, &st);

	if (e != OK)
		return e;
	if (file->age == FILE_YOUNG || !is_same(file, &st))
		return ERR_BUSY;
	file->links = st.st_nlink;
	file->checked = folders_scan(f->folders);
	file->verified = time;
	return OK;
}

uint64_t
files_stamp(const struct files *f)
{
	return folders_reports(f->folders) + f->drops;
}

bool
files_is_reported(const struct files *f, const struct file *file)
{
	return file->links == 1 && folders_is_sure(f->folders, file->entry) &&
	       file->verified >= folders_reported_since(f->folders, file->entry);
}

static bool
is_known(struct files *f, const struct file *file)
{
	if (file->content == NULL)
		return false;
	if (file->checked == folders_scan(f->folders))
		return true;
	return file->links == 1 && file->verified >= folders_reported_since(f->folders, file->entry);
}

static enum err
refresh(struct files *f, struct file *file)
{
	enum err e = file->content != NULL ? check_stat(f, file) : ERR_BUSY;

	return e == ERR_BUSY ? load(f, file) : e;
}

enum err
files_find(struct files *f, struct entry *e, struct file **found)
{
	struct file *file = file_of(f, e);
	enum err result = is_known(f, file) ? OK : refresh(f, file);

	*found = file;
	return result;
}

enum err
files_find_surely(struct files *f, struct entry *e, struct file **found)
{
	struct file *file = file_of(f, e);

	*found = file;
	return file->checked == folders_scan(f->folders) && file->content != NULL ? OK : refresh(f, file);
}

static const struct program *
find_variant(const struct content *c, unsigned mode)
{
	for (const struct variant *v = c->variants; v != NULL; v = v->next) {
		if (((v->mode ^ mode) & program_mode_mask(v->program)) == 0)
			return v->program;
	}
	return NULL;
}

static const struct program *
add_variant(struct files *f, struct file *file, unsigned mode, const char *text)
{
	struct content *c = file->content;
	struct variant *v = xmalloc(sizeof(*v));

	v->mode = mode;
	v->program = program_new(f->symbols, text, (size_t)file->size, mode);
	v->next = c->variants;
	c->variants = v;
	f->counts.programs++;
	f->counts.memory += program_memory(v->program);
	return v->program;
}

enum err
files_program(struct files *f, struct file *file, struct files_wish wish, const struct program **program)
{
	const struct program *p = NULL;

	if (file->content != NULL)
		p = find_variant(file->content, wish.mode);
	if (p == NULL) {
		enum err e = f->recent == file && file->content != NULL ? OK : load(f, file);

		if (e != OK)
			return e;
		p = find_variant(file->content, wish.mode);
		if (p == NULL)
			p = add_variant(f, file, wish.mode, f->recent_data);
	}
	file->content->used = folders_scan(f->folders);
	if (wish.role == FILES_HEADER)
		file->content->role = FILES_HEADER;
	*program = p;
	return OK;
}

enum err
files_read(struct files *f, const char *path, const unsigned char wanted[HASH_SIZE], char **data, size_t *len)
{
	struct file now = {0};
	enum err e = read_path(f, path, &now, data);

	if (e != OK)
		return e;
	unsigned char digest[HASH_SIZE];

	take_digest(*data, (size_t)now.size, digest);
	if (memcmp(digest, wanted, HASH_SIZE) != 0) {
		free(*data);
		return ERR_MISSING;
	}
	*len = (size_t)now.size;
	return OK;
}

static int
compare_used(const void *a, const void *b)
{
	const struct content *const *x = a;
	const struct content *const *y = b;

	return ((*x)->used > (*y)->used) - ((*x)->used < (*y)->used);
}

void
files_drop_program(struct files *f, struct file *file)
{
	if (file->content != NULL && file->content->role == FILES_MAIN)
		drop_programs(f, file->content);
}

void
files_trim(struct files *f, size_t limit)
{
	free(f->recent_data);
	f->recent_data = NULL;
	f->recent = NULL;
	if (f->counts.memory <= limit)
		return;
	struct content **all = xmalloc((f->contents.count + 1) * sizeof(struct content *));
	struct content *c;
	size_t count = 0;

	for (size_t i = 0; (c = table_next(&f->contents, &i)) != NULL;)
		all[count++] = c;
	qsort(all, count, sizeof(struct content *), compare_used);
	f->drops++;
	/* Well below, so that the next scan does not begin with the same. */
	for (size_t i = 0; i < count && f->counts.memory > limit / 4 * 3; i++)
		drop_programs(f, all[i]);
	free(all);
}

void
files_count(const struct files *f, struct files_counts *c)
{
	*c = f->counts;
}
