/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the volunteer's store share: a place, blobs, looks at files. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#define LIMIT ((int64_t)1 << 30)

struct shelf {
	char *dir;         /* --store-dir */
	char *out;         /* where links go */
	int out_fd;
	struct store *store;
};

static inline void
shell(const char *format, const char *where)
{
	char *command = xasprintf("cd %s && %s", where, format);
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, command, NULL};
	struct process_spec spec = PROCESS_SPEC_INIT;
	pid_t pid;
	int status = -1;

	spec.path = "/bin/sh";
	spec.argv = argv;
	assert_int_equal(process_start(&spec, &pid), OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(command);
}

static inline void
open_client(const struct shelf *s, unsigned char number, struct store **store)
{
	unsigned char client[MANIFEST_CLIENT_SIZE];

	memset(client, number, sizeof(client));
	assert_int_equal(store_open(s->dir, LIMIT, client, store), OK);
}

static inline void
shelf_open(struct shelf *s)
{
	char base[] = "/tmp/dcc-store-XXXXXX";

	assert_non_null(mkdtemp(base));
	s->dir = xstrdup(base);
	s->out = xasprintf("%s/out", base);
	assert_int_equal(mkdir(s->out, 0755), 0);
	s->out_fd = open(s->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->out_fd >= 0);
	assert_int_equal(upkeep_begin(s->dir, UPKEEP_DAEMON), OK);
	open_client(s, 1, &s->store);
}

static inline void
shelf_close(struct shelf *s)
{
	store_close(s->store);
	close(s->out_fd);
	shell("rm -rf store out", s->dir);
	assert_int_equal(rmdir(s->dir), 0);
	free(s->dir);
	free(s->out);
}

/* The daemon ends so or so, and starts again. */
static inline void
shelf_restart(struct shelf *s, bool ends_well)
{
	store_close(s->store);
	if (ends_well)
		upkeep_end(s->dir);
	assert_int_equal(upkeep_begin(s->dir, UPKEEP_DAEMON), OK);
	open_client(s, 1, &s->store);
}

static inline void
digest_of(const char *text, unsigned char digest[HASH_SIZE])
{
	struct hash *h = hash_new();

	hash_add(h, text, strlen(text));
	hash_finish_binary(h, digest);
}

static inline void
put(struct store *store, const char *text)
{
	struct store_upload u = STORE_UPLOAD_INIT;
	unsigned char digest[HASH_SIZE];
	size_t half = strlen(text) / 2;

	digest_of(text, digest);
	assert_int_equal(store_begin(store, &u), OK);
	assert_int_equal(store_add(&u, text, half), OK);
	assert_int_equal(store_add(&u, text + half, strlen(text) - half), OK);
	assert_int_equal(store_commit(&u, digest), OK);
}

#endif
