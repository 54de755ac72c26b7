/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says what a compiler is, or writes that down for dcc. A program of its own because it needs
 * libcrypto, which would more than double the time that dcc takes to start.
 */
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"
#include "exitcode.h"
#include "identify.h"
#include "identity.h"
#include "log.h"
#include "path.h"
#include "xalloc.h"

static const char program[] = "dcc-identify";

struct options {
	char *save_dir; /* NULL: do not save */
	int is_quiet;
	int wants_version;
};

static void
print_digest(const char *digest)
{
	printf("%.16s", digest != NULL ? digest : "-");
}

static void
print_identity(const struct identity *id)
{
	printf("%s\n", id->asked);
	printf("  %-14s %s\n", "driver", id->path);
	printf("  %-14s %s %s for %s\n", "compiler", id->compiler == ARGS_CLANG ? "clang" : "gcc", id->version, id->target);
	for (size_t i = 0; i < IDENTITY_LANGUAGES; i++)
		printf("  %-14s %s\n", identity_language_name((enum identity_language)i),
		       id->digest[i] != NULL ? id->digest[i] : "not installed");
	puts("  what it consists of, with the beginning of each file's SHA-256 (-: decides nothing in an object):");
	for (size_t i = 0; i < id->file_count; i++) {
		printf("    %-14s ", id->files[i].role);
		print_digest(id->files[i].digest);
		printf("%*s %s\n", id->files[i].digest != NULL ? 0 : 15, "", id->files[i].path);
	}
}

/* A bare name is looked up as dcc looks it up: links to dcc, ccache and the like are passed over. */
static char *
find_compiler(const char *word)
{
	if (word[0] == '/')
		return xstrdup(word);
	if (strchr(word, '/') == NULL)
		return identify_find_compiler(word);
	char *cwd = getcwd(NULL, 0);
	char *path = cwd != NULL ? path_join(cwd, word) : NULL;

	free(cwd);
	return path;
}

/* A make -j64 that meets a compiler for the first time starts 64 of us: the first one does the work. */
static enum err
identify_once(const char *dir, const char *path, struct identity *id)
{
	int lock = identity_lock(dir);
	enum err e = identity_load(dir, path, id);

	if (e != OK) {
		e = identify_compiler(path, NULL, id);
		if (e == OK)
			e = identity_save(dir, id);
	}
	if (lock >= 0)
		close(lock);
	return e;
}

static int
identify(const struct options *o, const char *word)
{
	struct identity id = {0};
	char *path = find_compiler(word);

	if (path == NULL) {
		log_warning("no program named %s in PATH", word);
		return EXIT_COMPILER_MISSING;
	}
	enum err e = o->save_dir != NULL ? identify_once(o->save_dir, path, &id) : identify_compiler(path, NULL, &id);

	if (e == OK && !o->is_quiet)
		print_identity(&id);
	if (e != OK)
		log_warning("%s is not identified: %s", word, err_name(e));
	identity_release(&id);
	free(path);
	if (e == OK)
		return EXIT_SUCCESS;
	return e == ERR_MISSING ? EXIT_COMPILER_MISSING : e == ERR_USAGE ? EXIT_BAD_ARGUMENTS : EXIT_FAILED;
}

static int
identify_all(const struct options *o, const char **words)
{
	int status = EXIT_SUCCESS;

	for (; *words != NULL; words++) {
		int one = identify(o, *words);

		if (status == EXIT_SUCCESS)
			status = one;
	}
	if (fflush(stdout) != 0 && status == EXIT_SUCCESS)
		status = EXIT_IO_ERROR;
	return status;
}

static int
run(poptContext context, const struct options *o)
{
	int code = poptGetNextOpt(context);

	if (code < -1) {
		log_error("%s: %s", poptBadOption(context, POPT_BADOPTION_NOALIAS), poptStrerror(code));
		return EXIT_BAD_ARGUMENTS;
	}
	if (o->wants_version) {
		puts("dcc-identify " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	const char **words = poptGetArgs(context);

	if (o->is_quiet)
		log_to_stderr(program, LOG_LEVEL_ERROR, LOG_PLAIN);
	if (words == NULL) {
		log_error("which compiler? See dcc-identify --help");
		return EXIT_BAD_ARGUMENTS;
	}
	return identify_all(o, words);
}

int
main(int argc, const char **argv)
{
	struct options o = {0};
	const struct poptOption table[] = {
		{"save", '\0', POPT_ARG_STRING, &o.save_dir, 0, "also write it to DIR, where dcc looks", "DIR"},
		{"quiet", 'q', POPT_ARG_NONE, &o.is_quiet, 0, "print nothing: the exit status tells", NULL},
		{"version", 'V', POPT_ARG_NONE, &o.wants_version, 0, "show the version", NULL},
		POPT_AUTOHELP
		POPT_TABLEEND
	};

	log_to_stderr(program, LOG_LEVEL_WARNING, LOG_PLAIN);
	poptContext context = poptGetContext(program, argc, argv, table, 0);

	poptSetOtherOptionHelp(context, "[OPTION...] COMPILER...");
	int status = run(context, &o);

	poptFreeContext(context);
	free(o.save_dir);
	return status;
}
