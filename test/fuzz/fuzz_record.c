/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the include server keeps on the disk, by the first byte: a record of the oracle's, the options that were found right, the
 * client's secret. Contents that are not its own are as none.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "fuzz.h"
#include "io.h"
#include "log.h"
#include "path.h"
#include "record.h"
#include "secret.h"
#include "xalloc.h"

/* In memory: a disk would take the time. */
static char base[] = "/dev/shm/fuzz-record.XXXXXX";
static bool has_begun;
static const char key[HASH_HEX_SIZE] = "record";

static void
remove_all(void)
{
	static const char *const names[] = {"record", "audited", "client"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = path_join(base, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(base);
}

static void
write_file(const char *name, const uint8_t *data, size_t size)
{
	char *path = path_join(base, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	check(fd >= 0 && io_write_exactly(fd, data, size, IO_NO_DEADLINE) == OK);
	close(fd);
	free(path);
}

/* What is taken is the file's end, and is the same once it is written again. */
static void
read_record(const uint8_t *data, size_t size)
{
	char *text = NULL, *again = NULL;
	struct buffer b = {0};

	write_file("record", data, size);
	if (record_load(base, key, &text) != OK)
		return;
	size_t len = strlen(text);

	check(len < size && memcmp(data + size - len, text, len) == 0);
	buffer_add(&b, text, len);
	record_save(base, key, &b);
	check(record_load(base, key, &again) == OK && strcmp(text, again) == 0);
	buffer_release(&b);
	free(again);
	free(text);
}

static void
read_audited(const uint8_t *data, size_t size)
{
	static char name[] = "gcc", source[] = "a.c";
	char *words[] = {name, source};
	struct scan_request q = {.compiler = name, .argv = {.items = words, .count = 2}};

	write_file("audited", data, size);
	struct audit *a = audit_new(base);

	/* It tells what was right: nothing in it forbids anything. */
	check(!audit_forbids(a, &q));
	audit_free(a);
}

static void
read_secret(const uint8_t *data, size_t size)
{
	unsigned char secret[MANIFEST_CLIENT_SIZE], again[MANIFEST_CLIENT_SIZE];

	write_file("client", data, size);
	check(secret_load(base, secret) == OK);
	check(size != sizeof(secret) || memcmp(secret, data, size) == 0);
	check(secret_load(base, again) == OK && memcmp(secret, again, sizeof(again)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const uint8_t *data, size_t size) = {read_record, read_audited, read_secret};

	if (!has_begun) {
		/* Damage is what this is about: no word about it. */
		log_to_stderr("fuzz", LOG_LEVEL_ERROR, LOG_PLAIN);
		check(mkdtemp(base) != NULL);
		has_begun = true;
		atexit(remove_all);
	}
	if (size > 0)
		readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](data + 1, size - 1);
	return 0;
}
