/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "buffer.h"
#include "path.h"
#include "xalloc.h"

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

const char *
path_extension(const char *path)
{
	const char *base = path_base(path);
	const char *dot = strrchr(base, '.');

	return dot != NULL && dot != base ? dot : base + strlen(base);
}

char *
path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

char *
path_join(const char *dir, const char *name)
{
	if (name[0] == '/' || dir[0] == '\0')
		return xstrdup(name);
	if (dir[strlen(dir) - 1] == '/')
		return xasprintf("%s%s", dir, name);
	return xasprintf("%s/%s", dir, name);
}

/* Appends each component of path to out, which is "" (the root) or "/a/b". */
static void
append_components(struct buffer *out, const char *path)
{
	while (*path != '\0') {
		size_t n = strcspn(path, "/");

		if (n == 2 && memcmp(path, "..", 2) == 0) {
			while (out->len > 0 && out->data[--out->len] != '/')
				;
		} else if (n != 0 && !(n == 1 && path[0] == '.')) {
			buffer_add(out, "/", 1);
			buffer_add(out, path, n);
		}
		path += n;
		path += strspn(path, "/");
	}
}

char *
path_normalise(const char *cwd, const char *path)
{
	struct buffer out = {0};

	if (path[0] != '/')
		append_components(&out, cwd);
	append_components(&out, path);
	if (out.len == 0)
		buffer_add(&out, "/", 1);
	return buffer_take_string(&out);
}

bool
path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1 && dir[0] == '/')
		return path[0] == '/';
	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

char *
path_with_extension(const char *path, const char *extension)
{
	return xasprintf("%.*s%s", (int)(path_extension(path) - path), path, extension);
}

bool
path_is_plain(const char *path)
{
	do {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 1 && path[0] == '.') || (n == 2 && memcmp(path, "..", 2) == 0))
			return false;
		path += n;
	} while (*path++ == '/');
	return true;
}
