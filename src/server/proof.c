/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command with -MD or -MMD writes a list already: that one. Otherwise gcc is asked by its environment, and
 * clang, which knows no such variable, by more words, which nothing in an object shows unless it records
 * its command line.
 */
#include <stdlib.h>
#include <string.h>

#include "deps.h"
#include "io.h"
#include "jail_plan.h"
#include "log.h"
#include "path.h"
#include "proof.h"
#include "xalloc.h"

#define LIST_MAX ((size_t)16 << 20)
#define KEPT_PATH JAIL_TMP "/" PROOF_KEPT

/* Does the user's list leave out system headers? -Wp,-MMD,FILE is the kernel's way to say it. */
static bool
is_for_users(const struct args *a)
{
	for (size_t i = 1; i < a->argv.count; i++) {
		const char *word = a->argv.items[i];

		if (strcmp(word, "-MMD") == 0 ||
		    (strncmp(word, "-Wp,", 4) == 0 && strstr(word, ",-MMD") != NULL))
			return true;
	}
	return false;
}

static bool
records_command(const struct args *a)
{
	static const char *const options[] = {"-grecord-command-line", "-frecord-command-line", "-grecord-gcc-switches",
	                                      "-frecord-gcc-switches", "-fembed-bitcode"};

	for (size_t i = 1; i < a->argv.count; i++)
		for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++)
			if (strncmp(a->argv.items[i], options[k], strlen(options[k])) == 0)
				return true;
	return false;
}

enum err
proof_plan(struct proof *p, const struct args *a, enum args_compiler compiler, const char *cwd)
{
	*p = (struct proof){.kind = WIRE_PROOF_ALL, .compiler = compiler};
	if (a->dep_file != NULL) {
		p->kind = is_for_users(a) ? WIRE_PROOF_USER : WIRE_PROOF_ALL;
		p->file = path_normalise(cwd, a->dep_file);
		return OK;
	}
	p->lacks_source = compiler == ARGS_GCC;
	return compiler == ARGS_CLANG && records_command(a) ? ERR_DENIED : OK;
}

void
proof_command(const struct proof *p, const struct strv *words, struct strv *argv, struct strv *env)
{
	bool adds_words = p->file == NULL && p->compiler == ARGS_CLANG;

	for (size_t i = 0; i < words->count; i++) {
		strv_add(argv, words->items[i]);
		if (i != 0 || !adds_words)
			continue;
		strv_add(argv, "-MD");
		strv_add(argv, "-MF");
		strv_add(argv, KEPT_PATH);
	}
	if (p->file == NULL && p->compiler == ARGS_GCC)
		strv_add(env, "SUNPRO_DEPENDENCIES=" KEPT_PATH);
}

void
proof_release(struct proof *p)
{
	free(p->file);
	p->file = NULL;
}

static int
find_list(const struct proof *p, const struct jail_result *r)
{
	if (p->file == NULL)
		return r->kept_fd;
	for (size_t i = 0; i < r->output_count; i++)
		if (strcmp(r->outputs[i].path, p->file) == 0)
			return r->outputs[i].fd;
	return -1;
}

void
proof_read(const struct proof *p, const struct jail_result *r, const char *source, struct strv *names,
           struct wire_proof *m)
{
	int fd = find_list(p, r);
	char *text = NULL;
	size_t len = 0;
	enum err e = fd >= 0 ? io_read_to_end(fd, LIST_MAX, &text, &len) : ERR_MISSING;

	/* gcc writes no rule for a source that nothing comes with: -nostdinc, and no header. */
	if (e == OK && !(p->lacks_source && len == 0))
		e = deps_parse(text, len, names);
	free(text);
	if (e == OK && p->lacks_source)
		strv_add(names, source);
	/* Half a list is none. */
	if (e != OK) {
		log_debug("the compiler left no list of dependencies: %s", err_name(e));
		strv_release(names);
	}
	*m = (struct wire_proof){.kind = (uint32_t)p->kind};
	deps_digest(names, m->digest);
}
