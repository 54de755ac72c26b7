/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the kernel's two lists to a folder: cgroup(7), proc(5). strsep(3) is in no standard. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "cgroup_place.h"
#include "path.h"
#include "xalloc.h"

bool
cgroup_place_has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p != '\0'; p += strspn(p, ", \n")) {
		size_t n = strcspn(p, ", \n");

		if (n == len && strncmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

/* Our path in the hierarchy of a controller ("" for v2), of /proc/self/cgroup's lines "4:memory:/path". Yours, or NULL. */
static char *
find_path(const char *cgroups, const char *controller)
{
	for (const char *line = cgroups; *line != '\0'; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		char *copy = xasprintf("%.*s", (int)len, line), *rest = copy;
		const char *number = strsep(&rest, ":"), *names = strsep(&rest, ":");
		bool is_it = rest != NULL && (controller[0] == '\0' ? strcmp(number, "0") == 0 && names[0] == '\0'
		                                                    : cgroup_place_has_word(names, controller));
		char *path = is_it ? xstrdup(rest) : NULL;

		free(copy);
		if (path != NULL)
			return path;
		line += len;
	}
	return NULL;
}

/* Where one line of /proc/self/mountinfo shows that cgroup of ours; cut in place. Yours, or NULL. */
static char *
place_in_mount(char *line, const char *cgroups, const char *controller)
{
	char *tail = strstr(line, " - ");
	const char *root = NULL, *point = NULL;

	if (tail == NULL)
		return NULL;
	*tail = '\0';
	tail += strlen(" - ");
	for (int i = 0; i < 5; i++) {
		root = point;
		point = strsep(&line, " ");
	}
	const char *type = strsep(&tail, " ");
	const char *options = tail != NULL ? strchr(tail, ' ') : NULL;

	if (root == NULL || point == NULL || options == NULL || strchr(point, '\\') != NULL ||
	    strcmp(type, controller[0] == '\0' ? "cgroup2" : "cgroup") != 0 ||
	    (controller[0] != '\0' && !cgroup_place_has_word(&options[1], controller)))
		return NULL;
	char *path = find_path(cgroups, controller), *place = NULL;

	/* Outside of its namespace's root a cgroup has such a path: no mount shows it. */
	if (path != NULL && strncmp(path, "/..", 3) != 0 && path_is_below(path, root)) {
		char *all = xasprintf("%s/%s", point, &path[strcmp(root, "/") == 0 ? 0 : strlen(root)]);

		place = path_normalise("/", all);
		free(all);
	}
	free(path);
	return place;
}

char *
cgroup_place_find(const char *mounts, const char *cgroups, const char *controller)
{
	char *copy = xstrdup(mounts), *rest = copy, *place = NULL;

	for (char *line; place == NULL && (line = strsep(&rest, "\n")) != NULL;)
		place = place_in_mount(line, cgroups, controller);
	free(copy);
	return place;
}
