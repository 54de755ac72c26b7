/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_FAKE_COMPILER_H
#define DCC_FAKE_COMPILER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "xalloc.h"

/*
 * Compilers for tests: scripts that answer -### as gcc and clang do, and text files that stand for
 * cc1 and as. A test gets a new folder, absolute, and removes it with all that is in it.
 */

static inline void
fake_write(const char *dir, const char *name, const char *text)
{
	char *path = path_join(dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(path);
}

static inline char *
fake_new_folder(void)
{
	char name[] = "test_fake_XXXXXX";
	char *cwd = getcwd(NULL, 0);

	assert_non_null(mkdtemp(name));
	char *dir = path_join(cwd, name);

	free(cwd);
	return dir;
}

static inline void
fake_remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		char *path = path_join(dir, entry->d_name);
		struct stat st;

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && lstat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				fake_remove_folder(path);
			else
				unlink(path);
		}
		free(path);
	}
	closedir(d);
	assert_int_equal(rmdir(dir), 0);
}

/* gcc named NAME in dir, with cc1 and as beside it and no C++; notes in "asked" that it was asked. */
static inline void
fake_gcc(const char *dir, const char *name, const char *cc1_text)
{
	char *script = xasprintf("#!/bin/sh\n"
	                         "d=${0%%/*}\n"
	                         "echo $0 >>\"$d/asked\"\n"
	                         "echo Target: fake-linux-gnu\n"
	                         "echo 'gcc version 12.3.4 (Fake) '\n"
	                         "echo \" $d/cc1 -quiet \\\"-x\\\" /dev/null\"\n"
	                         "echo ' fake-as --64 -o null.o'\n"
	                         "echo ' cc1plus -quiet'\n");

	fake_write(dir, name, script);
	fake_write(dir, "cc1", cc1_text);
	fake_write(dir, "fake-as", "as");
	free(script);
}

static inline void
fake_clang(const char *dir, const char *name)
{
	fake_write(dir, name,
	           "#!/bin/sh\n"
	           "echo 'Fake clang version 15.0.1 (https://fake)'\n"
	           "echo 'Target: fake-pc-linux-gnu'\n"
	           "echo \"Configuration file: ${0%/*}/clang.cfg\"\n"
	           "echo \" \\\"$0\\\" \\\"-cc1\\\" \\\"-resource-dir\\\" \\\"${0%/*}/res dir\\\"\"\n");
	fake_write(dir, "clang.cfg", "-O2\n");
}

#endif
