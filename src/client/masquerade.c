/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ourselves are recognised by device and inode, so links under any name and in any number of
 * folders of PATH are passed over. Children carry a mark in the environment: a wrapper that leads back to us would
 * otherwise fork without end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "io.h"
#include "log.h"
#include "masquerade.h"
#include "path.h"
#include "xalloc.h"

/* Of one @file. */
#define RESPONSE_FILE_MAX ((size_t)16 << 20)
#define SAFEGUARD "_DCC_SAFEGUARD"

bool
masquerade_is_dcc(const char *argv0)
{
	return strstr(path_base(argv0), "dcc") != NULL;
}

static bool
is_ourselves(const struct stat *st)
{
	struct stat own;

	return stat("/proc/self/exe", &own) == 0 && own.st_dev == st->st_dev &&
	       own.st_ino == st->st_ino;
}

static bool
is_program(const char *path, struct stat *st)
{
	return stat(path, st) == 0 && S_ISREG(st->st_mode) && access(path, X_OK) == 0;
}

/*
 * Finds name in PATH, ourselves left out. When we passed over a link to ourselves, *rest is the
 * PATH behind it.
 */
static char *
find_in_path(const char *name, const char **rest)
{
	const char *dirs = getenv("PATH");
	struct stat st;

	*rest = NULL;
	if (dirs == NULL)
		dirs = "/usr/local/bin:/usr/bin:/bin";
	for (bool is_last = false; !is_last;) {
		size_t n = strcspn(dirs, ":");
		char *dir = n != 0 ? xstrndup(dirs, n) : xstrdup(".");
		char *path = path_join(dir, name);

		free(dir);
		is_last = dirs[n] == '\0';
		dirs += is_last ? n : n + 1;
		if (is_program(path, &st) && !is_ourselves(&st))
			return path;
		if (stat(path, &st) == 0 && is_ourselves(&st))
			*rest = dirs;
		free(path);
	}
	return NULL;
}

static enum err
resolve(struct masquerade *m)
{
	const char *name = m->command.items[0];
	const char *rest = NULL;
	struct stat st;

	if (strchr(name, '/') == NULL) {
		m->path = find_in_path(name, &rest);
		if (m->path != NULL && rest != NULL)
			m->child_path = xstrdup(rest);
	} else if (is_program(name, &st)) {
		if (is_ourselves(&st)) {
			log_error("%s is dcc itself: name the compiler instead", name);
			return ERR_BUG;
		}
		m->path = xstrdup(name);
	}
	if (m->path != NULL)
		return OK;
	log_error("no compiler %s%s", name,
	          strchr(name, '/') == NULL ? " in PATH (dcc's own links not counted)" : "");
	return ERR_MISSING;
}

/* "dcc -c x.c": the word after dcc is no compiler. */
static bool
is_option_or_source(const char *word)
{
	static const char *const sources[] = {".c",  ".i",   ".cc", ".cpp", ".cxx", ".cp", ".c++",
	                                      ".C",  ".ii",  ".m",  ".mi",  ".mm",  ".M",  ".mii",
	                                      ".s",  ".S",   ".o",  ".a",   ".so"};

	if (word[0] == '-' || word[0] == '@')
		return true;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (strcmp(path_extension(word), sources[i]) == 0)
			return true;
	return false;
}

/* "dcc ccache gcc": ccache is no compiler, and would start ours here. */
static void
warn_of_launcher(const char *name)
{
	static const char *const launchers[] = {"ccache", "sccache", "distcc", "icecc"};

	for (size_t i = 0; i < sizeof(launchers) / sizeof(launchers[0]); i++) {
		if (strcmp(path_base(name), launchers[i]) != 0)
			continue;
		log_warning("%s is no compiler, so nothing goes away%s", name,
		            i == 0 ? ": put it in front instead, CCACHE_PREFIX=dcc ccache gcc" : "");
	}
}

enum err
masquerade_resolve(char *const argv[], struct masquerade *m)
{
	if (getenv(SAFEGUARD) != NULL) {
		log_error("dcc was started by a compiler that dcc started: is %s a wrapper that "
		          "calls dcc again? Give the real compiler's path",
		          path_base(argv[0]));
		return ERR_BUG;
	}
	if (!masquerade_is_dcc(argv[0])) {
		strv_add(&m->command, path_base(argv[0]));
	} else if (argv[1] == NULL) {
		return ERR_USAGE;
	} else if (is_option_or_source(argv[1])) {
		strv_add(&m->command, "cc");
	}
	strv_add_all(&m->command, argv + 1);
	warn_of_launcher(m->command.items[0]);
	return resolve(m);
}

static enum err
load_response_file(void *context, const char *name, char **text)
{
	size_t len;
	struct stat st;

	(void)context;
	/* A pipe can be read once, and gcc takes no words from one. */
	if (stat(name, &st) == 0 && !S_ISREG(st.st_mode))
		return ERR_MISSING;
	return io_read_file(name, RESPONSE_FILE_MAX, text, &len);
}

enum err
masquerade_expand(const struct masquerade *m, struct strv *argv)
{
	return args_expand(m->command.items, load_response_file, NULL, argv);
}

void
masquerade_release(struct masquerade *m)
{
	strv_release(&m->command);
	free(m->path);
	free(m->child_path);
	*m = (struct masquerade){0};
}

void
masquerade_prepare_children(const struct masquerade *m)
{
	setenv(SAFEGUARD, "1", 1);
	if (m->child_path != NULL)
		setenv("PATH", m->child_path, 1);
}
