/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "config.h"
#include "exitcode.h"
#include "farmkey.h"
#include "io.h"
#include "keygen.h"
#include "log.h"
#include "path.h"
#include "userdir.h"
#include "xalloc.h"

#define DEFAULT_NAME "farm"

/* ~/.dcc/farm.key, with its folder; NULL (logged) where there is no home. */
static char *
default_file(void)
{
	struct config config = {0};

	config_load(&config);
	char *path = userdir_config_path(&config, "farm.key");

	config_release(&config);
	if (path == NULL) {
		log_error("keygen: HOME is not set: name a file");
		return NULL;
	}
	char *dir = path_dir(path);

	if (io_make_dirs(dir, 0700) != OK)
		log_warning("keygen: cannot make %s: %s", dir, strerror(errno));
	free(dir);
	return path;
}

static enum err
make_key(const char *name, struct buffer *text)
{
	struct farmkey key = {.name = ""};

	memcpy(key.name, name, strlen(name));
	if (getrandom(key.secret, sizeof(key.secret), 0) != (ssize_t)sizeof(key.secret))
		return ERR_SYSTEM;
	buffer_add_string(text, "# Whoever has this key may use the farm.\n");
	farmkey_format(&key, text);
	explicit_bzero(&key, sizeof(key));
	return OK;
}

/* A key that is in use is never overwritten. */
static enum err
write_key(const char *name, const char *path)
{
	struct buffer text = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return ERR_SYSTEM;
	enum err e = make_key(name, &text);

	if (e == OK && (io_write_exactly(fd, text.data, text.len, IO_NO_DEADLINE) != OK || fsync(fd) < 0))
		e = ERR_SYSTEM;
	close(fd);
	if (text.data != NULL)
		explicit_bzero(text.data, text.len);
	buffer_release(&text);
	if (e != OK)
		unlink(path);
	return e;
}

int
keygen_run(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : DEFAULT_NAME;

	/* What looks like an option is none of ours, and no name that anybody wants. */
	if (argc > 2 || name[0] == '-' || !farmkey_is_name(name)) {
		log_error("keygen takes a name of letters, digits, '.', '_' and '-', then a file");
		return EXIT_BAD_ARGUMENTS;
	}
	char *path = argc > 1 ? xstrdup(argv[1]) : default_file();

	if (path == NULL)
		return EXIT_BAD_ARGUMENTS;
	enum err e = write_key(name, path);

	if (e == OK)
		printf("%s: key \"%s\"\n", path, name);
	else
		log_error("keygen: %s: %s", path,
		          errno == EEXIST ? "it exists already, and is left as it is" : strerror(errno));
	free(path);
	return e == OK ? 0 : EXIT_IO_ERROR;
}
