/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cwd.h"
#include "path.h"

char *
cwd_find(bool *is_odd)
{
	const char *pwd = getenv("PWD");
	struct stat a, b;

	*is_odd = false;
	if (pwd != NULL && pwd[0] == '/' && stat(pwd, &a) == 0 && stat(".", &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		char *normal = path_normalise("/", pwd);

		if (strcmp(normal, pwd) == 0)
			return normal;
		free(normal);
		*is_odd = true;
	}
	return getcwd(NULL, 0);
}
