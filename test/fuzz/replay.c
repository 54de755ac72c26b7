/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs every file of a fuzz target's corpus through it, in the order of the directory: what a fuzzer once
 * found stays found. A corpus that is missing or empty is a failure.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define INPUT_MAX ((size_t)16 << 20)

/* Reads the file into memory of exactly its size, so that a sanitizer sees one byte too many. */
static int
replay(const char *path)
{
	FILE *f = fopen(path, "rbe");

	if (f == NULL)
		return -1;
	uint8_t *all = malloc(INPUT_MAX);
	size_t size = all != NULL ? fread(all, 1, INPUT_MAX, f) : 0;
	uint8_t *data = all != NULL ? realloc(all, size != 0 ? size : 1) : NULL;

	fclose(f);
	if (data == NULL)
		return -1;
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int
replay_all(DIR *dir, const char *name)
{
	int count = 0;

	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
		printf("%s\n", path);
		fflush(stdout);
		if (replay(path) < 0) {
			perror(path);
			return -1;
		}
		count++;
	}
	return count;
}

int
main(void)
{
	const char *top = getenv("top_srcdir");
	char name[2048];

	snprintf(name, sizeof(name), "%s/test/fuzz/corpus/%s", top != NULL ? top : ".", CORPUS);
	DIR *dir = opendir(name);

	if (dir == NULL) {
		perror(name);
		return 1;
	}
	int count = replay_all(dir, name);

	closedir(dir);
	if (count == 0)
		fprintf(stderr, "%s: no input\n", name);
	return count > 0 ? 0 : 1;
}
