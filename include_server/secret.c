/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "path.h"
#include "secret.h"

/* A shorter or longer file is none of ours. */
static enum err
read_secret(const char *path, unsigned char secret[MANIFEST_CLIENT_SIZE])
{
	char *bytes;
	size_t len;
	enum err e = io_read_file(path, MANIFEST_CLIENT_SIZE, &bytes, &len);

	if (e != OK)
		return e;
	if (len == MANIFEST_CLIENT_SIZE)
		memcpy(secret, bytes, MANIFEST_CLIENT_SIZE);
	free(bytes);
	return len == MANIFEST_CLIENT_SIZE ? OK : ERR_PROTOCOL;
}

/* Under a name of its own first: nobody sees half of it. */
static enum err
write_secret(const char *dir, const char *path, const unsigned char secret[MANIFEST_CLIENT_SIZE])
{
	char *draft = path_join(dir, "client.new");
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err e = fd < 0 ? ERR_SYSTEM
	                    : io_write_exactly(fd, secret, MANIFEST_CLIENT_SIZE, IO_NO_DEADLINE);

	if (e == OK && rename(draft, path) < 0)
		e = ERR_SYSTEM;
	io_close(&fd);
	free(draft);
	return e;
}

enum err
secret_load(const char *dir, unsigned char secret[MANIFEST_CLIENT_SIZE])
{
	char *path = path_join(dir, "client");
	enum err e = read_secret(path, secret);

	if (e != OK) {
		e = getrandom(secret, MANIFEST_CLIENT_SIZE, 0) == MANIFEST_CLIENT_SIZE
		            ? write_secret(dir, path, secret)
		            : ERR_SYSTEM;
		if (e != OK)
			log_error("cannot keep a secret in %s: %s", path, strerror(errno));
	}
	free(path);
	return e;
}
