/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader itself lists what a program loads (LOADER --list PROGRAM), with its cache, RPATH and LD_LIBRARY_PATH;
 * unlike LD_TRACE_LOADED_OBJECTS that never runs the program, and a search of our own would be a second opinion.
 *
 * libc and the loader are not counted: their updates come often and machine by machine, and objects do not depend on
 * them, since gcc and LLVM bring their own sorting, hashing and number conversion. libm is counted (LLVM folds
 * sin(1.0) by calling it), and so is musl, whose one file has it all; and every other library but for a few
 * that serve terminals and XML. Machines of one distribution at one state agree in any case.
 */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "needed.h"
#include "path.h"
#include "xalloc.h"

/* The program headers stand at the very beginning. */
#define HEAD_MAX 8192

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OUR_DATA ELFDATA2LSB
#else
#define OUR_DATA ELFDATA2MSB
#endif

/* Beginnings of the names of libraries that decide nothing in an object. */
static const char *const uncounted_libraries[] = {
	"libc.so.", "libpthread.so.", "libdl.so.", "librt.so.", "ld-linux", "ld64.so", "ld.so.",
	"libtinfo.so.", "libncurses", "libedit.so.", "libbsd.so.", "libmd.so.",
	"libxml2.so.", "libicu", "liblzma.so.",
};

/* A part of a file that is read with memcpy, since nothing in it need be aligned. */
static bool
copy_part(const unsigned char *data, size_t len, uint64_t offset, void *to, size_t size)
{
	if (offset > len || size > len - offset)
		return false;
	memcpy(to, data + offset, size);
	return true;
}

static bool
find_in_elf32(const unsigned char *data, size_t len, uint64_t *offset, uint64_t *size)
{
	Elf32_Ehdr header;
	Elf32_Phdr part;

	if (!copy_part(data, len, 0, &header, sizeof(header)))
		return false;
	for (uint64_t i = 0; i < header.e_phnum; i++) {
		if (!copy_part(data, len, header.e_phoff + i * sizeof(part), &part, sizeof(part)))
			return false;
		if (part.p_type == PT_INTERP) {
			*offset = part.p_offset;
			*size = part.p_filesz;
			return true;
		}
	}
	return false;
}

static bool
find_in_elf64(const unsigned char *data, size_t len, uint64_t *offset, uint64_t *size)
{
	Elf64_Ehdr header;
	Elf64_Phdr part;

	if (!copy_part(data, len, 0, &header, sizeof(header)) || header.e_phoff > len)
		return false;
	for (uint64_t i = 0; i < header.e_phnum; i++) {
		if (!copy_part(data, len, header.e_phoff + i * sizeof(part), &part, sizeof(part)))
			return false;
		if (part.p_type == PT_INTERP) {
			*offset = part.p_offset;
			*size = part.p_filesz;
			return true;
		}
	}
	return false;
}

bool
needed_find_loader(const void *head, size_t len, uint64_t *offset, uint64_t *size)
{
	const unsigned char *data = head;

	if (len < EI_NIDENT || memcmp(data, ELFMAG, SELFMAG) != 0 || data[EI_DATA] != OUR_DATA)
		return false;
	if (data[EI_CLASS] == ELFCLASS64)
		return find_in_elf64(data, len, offset, size);
	return find_in_elf32(data, len, offset, size);
}

static size_t
read_part(const char *path, void *data, size_t size, uint64_t offset)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd >= 0 ? pread(fd, data, size, (off_t)offset) : 0;

	if (fd >= 0)
		close(fd);
	return n > 0 ? (size_t)n : 0;
}

char *
needed_loader(const char *path)
{
	unsigned char head[HEAD_MAX];
	char name[PATH_MAX];
	uint64_t offset, size;

	if (!needed_find_loader(head, read_part(path, head, sizeof(head), 0), &offset, &size))
		return NULL;
	/* Its NUL is counted. */
	if (size < 2 || size > sizeof(name) || offset > INT64_MAX || read_part(path, name, size, offset) != size)
		return NULL;
	return name[0] == '/' && name[size - 1] == '\0' ? xstrdup(name) : NULL;
}

char *
needed_interpreter(const char *path)
{
	char line[PATH_MAX];
	size_t n = read_part(path, line, sizeof(line) - 1, 0);

	line[n] = '\0';
	if (strncmp(line, "#!", 2) != 0)
		return NULL;
	const char *name = line + 2 + strspn(line + 2, " \t");

	return *name == '/' ? xstrndup(name, strcspn(name, " \t\r\n")) : NULL;
}

void
needed_parse_list(const char *text, struct strv *paths)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		char *line = xstrndup(text, n);
		char *arrow = strstr(line, " => ");
		char *path = arrow != NULL ? arrow + 4 : line + strspn(line, " \t");
		char *address = strstr(path, " (0x");

		if (address != NULL)
			*address = '\0';
		if (path[0] == '/' && address != NULL && !strv_has(paths, path))
			strv_add(paths, path);
		free(line);
		text += n;
		text += *text == '\n';
	}
}

bool
needed_is_counted(const char *path)
{
	const char *base = path_base(path);

	for (size_t i = 0; i < sizeof(uncounted_libraries) / sizeof(uncounted_libraries[0]); i++)
		if (strncmp(base, uncounted_libraries[i], strlen(uncounted_libraries[i])) == 0)
			return false;
	return true;
}
