/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever a volunteer sends, it can only be written where the command line says that the compiler would: a file "hello"
 * beside hello.o may be the user's program, hello.mk his makefile.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "expected.h"
#include "path.h"

/* Files that an option (or one that goes on behind it) makes beside the object: the object's or the source's name, then the ending. */
static const struct side {
	const char *option;
	const char *ending;
} sides[] = {
	{"-gsplit-dwarf", ".dwo"},
	{"-fstack-usage", ".su"},
	{"-fcallgraph-info", ".ci"},
	{"-ftest-coverage", ".gcno"},
	{"--coverage", ".gcno"},
	{"-coverage", ".gcno"},
	{"-fsave-optimization-record", ".opt-record.json.gz"},
	{"-fsave-optimization-record", ".opt.yaml"},
	{"-fsave-optimization-record", ".opt.bitstream"},
	{"-ftime-trace", ".json"},
	{"-save-temps", ".i"},
	{"-save-temps", ".ii"},
	{"-save-temps", ".s"},
	{"-save-temps", ".bc"},
	{"--save-temps", ".i"},
	{"--save-temps", ".ii"},
	{"--save-temps", ".s"},
	{"--save-temps", ".bc"},
	{"-fdiagnostics-format=json-file", ".gcc.json"},
	{"-fdiagnostics-format=sarif-file", ".sarif"},
};

static bool
has_option(const struct args *a, const char *option)
{
	for (size_t i = 1; i < a->argv.count; i++)
		if (i != a->source && strncmp(a->argv.items[i], option, strlen(option)) == 0)
			return true;
	return false;
}

/* "x.c.003t.original", the ending: gcc's dumps have a number and a letter for the kind of pass. */
static bool
is_dump_ending(const char *ending)
{
	for (const char *p = strchr(ending, '.'); p != NULL; p = strchr(p + 1, '.'))
		if (isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2]) && isdigit((unsigned char)p[3]) &&
		    (p[4] == 't' || p[4] == 'r' || p[4] == 'i' || p[4] == 'l') && p[5] == '.' && p[6] != '\0')
			return true;
	return false;
}

/* The source's own ending, as in "hello.c.su": gcc leaves it there for some. */
static const char *
skip_source_ending(const struct args *a, const char *ending)
{
	const char *own = path_extension(a->argv.items[a->source]);
	size_t n = strlen(own);

	return n != 0 && strncmp(ending, own, n) == 0 && ending[n] == '.' ? ending + n : ending;
}

static bool
is_side_ending(const struct args *a, const char *ending)
{
	const char *rest = skip_source_ending(a, ending);

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		if (has_option(a, sides[i].option) &&
		    (strcmp(ending, sides[i].ending) == 0 || strcmp(rest, sides[i].ending) == 0))
			return true;
	return has_option(a, "-fdump-") && is_dump_ending(ending);
}

/* What follows in name the base name of path without its ending; NULL when name does not begin so. */
static const char *
behind_base(const char *name, const char *path)
{
	const char *base = path_base(path);
	size_t n = (size_t)(path_extension(path) - base);

	return n != 0 && strncmp(name, base, n) == 0 ? name + n : NULL;
}

/* gcc names some files after both: "object-source.su". */
static bool
is_side_name(const struct args *a, const char *name)
{
	const char *source = a->argv.items[a->source];
	const char *behind = behind_base(name, a->object);

	if (behind != NULL && is_side_ending(a, behind))
		return true;
	if (behind != NULL && behind[0] == '-' && (behind = behind_base(behind + 1, source)) != NULL && is_side_ending(a, behind))
		return true;
	behind = behind_base(name, source);
	return behind != NULL && is_side_ending(a, behind);
}

static bool
is_named_output(const struct args *a, const char *cwd, const char *path)
{
	bool is_same = false;

	for (size_t i = 0; !is_same && i < a->named_outputs.count; i++) {
		char *named = path_normalise(cwd, a->named_outputs.items[i]);

		is_same = strcmp(named, path) == 0;
		free(named);
	}
	return is_same;
}

bool
expected_has(const struct args *a, const char *cwd, const char *path)
{
	char *object = path_normalise(cwd, a->object);
	char *source = path_normalise(cwd, a->argv.items[a->source]);
	char *dir = path_dir(path);
	char *object_dir = path_dir(object);
	bool is_object = strcmp(object, path) == 0;
	bool is_source = strcmp(source, path) == 0;
	bool is_beside = strcmp(dir, object_dir) == 0 || strcmp(dir, cwd) == 0;

	free(object);
	free(source);
	free(dir);
	free(object_dir);
	return !is_source && (is_object || is_named_output(a, cwd, path) || (is_beside && is_side_name(a, path_base(path))));
}
