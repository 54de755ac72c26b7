/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For targets that are a client's whole request, as far as a processor slot: there is none. The daemon offers one compiler, which is
 * never run; whatever comes, nothing is made outside the daemon's own folder. Included once, by the target.
 */
#ifndef FUZZ_SERVED_H
#define FUZZ_SERVED_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "job.h"
#include "log.h"
#include "path.h"
#include "removal.h"
#include "xalloc.h"

#define FED_MAX 60000u

/* In memory: a disk would take the time. */
static char base[] = "/dev/shm/fuzz-serve.XXXXXX";
static char name[] = "gcc";
static char digest[] = "0000000000000000000000000000000000000000000000000000000000000000";
static struct identity_file driver;
static struct toolchain_entry entry = {.name = name};
static const struct confinement confinement = {.kind = JAIL_NAMESPACES};
static struct settings settings = {.jobs = 1};

static void
remove_all(void)
{
	removal_remove(AT_FDCWD, base);
	free(entry.path);
	free(settings.store_dir);
}

/* A compiler that is never run, but must be there. */
static void
begin(void)
{
	log_to_stderr("fuzz", LOG_LEVEL_ERROR, LOG_PLAIN);
	check(mkdtemp(base) != NULL);
	entry.path = path_join(base, name);
	settings.store_dir = path_join(base, "store");
	int fd = open(entry.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	check(fd >= 0 && mkdir(settings.store_dir, 0700) == 0);
	close(fd);
	driver.path = entry.path;
	check(identity_stamp_file(entry.path, &driver.stamp) == OK);
	entry.id = (struct identity){.compiler = ARGS_GCC, .asked = entry.path, .path = entry.path, .search = base,
	                             .files = &driver, .file_count = 1};
	for (size_t i = 0; i < IDENTITY_LANGUAGES; i++)
		entry.id.digest[i] = digest;
	atexit(remove_all);
}

static unsigned
count_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	check(dir != NULL);
	for (const struct dirent *d; (d = readdir(dir)) != NULL;)
		n += strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
	closedir(dir);
	return n;
}

/* The bytes, and then the end of the connection. */
static void
feed(enum err (*serve)(struct job *j), const uint8_t *data, size_t size)
{
	struct toolchain t = {.list = &entry, .count = 1};
	struct job job = JOB_INIT, *j = &job;
	int pair[2], control[2];

	if (entry.path == NULL)
		begin();
	size = size < FED_MAX ? size : FED_MAX;
	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0);
	close(control[0]);
	check(size == 0 || write(pair[0], data, size) == (ssize_t)size);
	check(shutdown(pair[0], SHUT_WR) == 0);
	j->settings = &settings;
	j->toolchain = &t;
	j->confinement = &confinement;
	j->offers_pump = true;
	j->control_fd = control[1];
	peer_init(&j->peer, pair[1], pair[1]);
	check(serve(j) != OK);
	close(pair[0]);
	peer_release(&j->peer);
	close(j->control_fd);
	free(j->compiler);
	free(j->source);
	free(j->text);
	check(t.count == 1 && count_entries(base) == 2);
}

#endif
