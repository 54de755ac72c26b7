/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_NEEDED_H
#define DCC_NEEDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strv.h"

/* What a program needs beside itself in order to run. */

/* The dynamic loader that an ELF program names; yours; NULL for a static one and for what is no program of this machine's kind. */
char *
needed_loader(const char *path);
/* Where in an ELF file that name stands, from the file's first bytes (the program headers); pure. */
bool
needed_find_loader(const void *head, size_t len, uint64_t *offset, uint64_t *size);
/* The program that a script names behind "#!"; yours; NULL when it is no script. */
char *
needed_interpreter(const char *path);
/* The paths in what "LOADER --list PROGRAM" prints; pure. */
void
needed_parse_list(const char *text, struct strv *paths);
/* Can this library make a difference in an object? */
bool
needed_is_counted(const char *path);

#endif
