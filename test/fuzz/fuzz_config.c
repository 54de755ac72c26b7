/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any file gives values of one trimmed line each, and flags and times that are in bounds or refused; none moves the folder it lies in. */
#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "fuzz.h"
#include "io.h"
#include "log.h"
#include "path.h"

/* In memory: a disk would take the time. */
static char base[] = "/dev/shm/fuzz-config.XXXXXX";
static char *file;

static void
remove_all(void)
{
	unlink(file);
	rmdir(base);
	free(file);
}

static void
begin(void)
{
	check(mkdtemp(base) != NULL);
	file = path_join(base, "dcc.conf");
	atexit(remove_all);
}

static void
check_values(const struct config *c)
{
	check(strcmp(config_string(c, CONFIG_DIR), base) == 0);
	for (size_t i = 0; i < CONFIG_KEYS; i++) {
		const char *value = config_string(c, (enum config_key)i);
		int64_t ms = 0;
		bool flag = false;

		if (value == NULL || !config_is_set(c, (enum config_key)i))
			continue;
		size_t n = strlen(value);

		check(strchr(value, '\n') == NULL);
		check(n == 0 || (!isspace((unsigned char)value[0]) && !isspace((unsigned char)value[n - 1])));
		check(config_seconds_ms(c, (enum config_key)i, 1, &ms) != OK || ms >= 1);
		if (config_flag(c, (enum config_key)i, &flag) == OK)
			check(n >= 1 && n <= 3);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c = {0};

	if (file == NULL)
		begin();
	/* libFuzzer's own variables are none of ours; others than this one would decide before the file. */
	check(setenv("DCC_DIR", base, 1) == 0);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int messages = dup(STDERR_FILENO);

	check(fd >= 0 && null >= 0 && messages >= 0 && io_write_exactly(fd, data, size, IO_NO_DEADLINE) == OK);
	close(fd);
	/* Every bad line and value is a message. */
	check(dup2(null, STDERR_FILENO) >= 0);
	config_load(&c);
	check_values(&c);
	config_release(&c);
	check(dup2(messages, STDERR_FILENO) >= 0);
	close(messages);
	close(null);
	return 0;
}
