/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "args_search.h"
#include "fuzz.h"
#include "xalloc.h"

/*
 * The input is the text of a response file, with "@" naming itself: so quoting, nesting and its bounds are
 * met, and its words are then judged and turned into every command.
 */
struct text {
	const uint8_t *data;
	size_t size;
};

static enum err
load_text(void *context, const char *name, char **text)
{
	const struct text *t = context;

	if (strcmp(name, "self") != 0)
		return ERR_MISSING;
	*text = xstrndup((const char *)t->data, t->size);
	return OK;
}

static void
make_commands(const struct args *a)
{
	static const enum args_form forms[] = {ARGS_FORM_AS_IS, ARGS_FORM_DIRECTIVES, ARGS_FORM_CPP};

	for (size_t i = 0; i < 3; i++) {
		struct strv cpp = {0};
		struct strv remote = {0};
		size_t source;
		size_t output;

		args_cpp_command(a, i == 0 ? ARGS_GCC : ARGS_CLANG, forms[i], i == 1 ? "x.d" : NULL, &cpp);
		args_remote_command(a, forms[i], &remote, &source, &output);
		assert(strcmp(remote.items[source], a->argv.items[a->source]) == 0);
		assert((output == 0) == (a->output == 0));
		strv_release(&cpp);
		strv_release(&remote);
	}
}

static void
read_search(const struct args *a)
{
	struct args_search s = {0};

	args_search_parse(a, &s);
	assert(s.macros != NULL);
	args_search_release(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = {data, size};
	char name[] = "gcc";
	char self[] = "@self";
	char *argv[] = {name, self, NULL};
	struct args a = {0};
	struct strv out = {0};

	if (size > 4096)
		return 0;
	if (args_expand(argv, load_text, &t, &a.argv) == OK) {
		args_scan(&a);
		if (a.source != 0) {
			make_commands(&a);
			read_search(&a);
			if (args_distcc_command(&a, &out))
				assert(out.count >= 4);
		}
	}
	strv_release(&out);
	args_release(&a);
	return 0;
}
