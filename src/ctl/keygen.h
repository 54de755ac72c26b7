/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_KEYGEN_H
#define DCC_KEYGEN_H

/* dccctl keygen [NAME [FILE]]: a new file with one key, which nobody else may read; prints its name. The exit code. */
int
keygen_run(int argc, char **argv);

#endif
