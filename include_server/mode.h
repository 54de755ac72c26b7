/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_MODE_H
#define DCC_MODE_H

/* What language a file is read as. Only bits that matter to a text make a difference: program_mode_mask. */
enum program_mode {
	PROGRAM_CXX = 1 << 0,
	PROGRAM_ASSEMBLER = 1 << 1,        /* .S */
	PROGRAM_LINE_COMMENTS = 1 << 2,    /* "//" begins a comment: not in -std=c89, -ansi */
	PROGRAM_TRIGRAPHS = 1 << 3,
	PROGRAM_RAW_STRINGS = 1 << 4,      /* C++11, gnu99 */
	PROGRAM_DIGIT_SEPARATORS = 1 << 5, /* C++14, C23 */
	PROGRAM_ELIFDEF = 1 << 6,          /* #elifdef, #elifndef are directives for this compiler */
	PROGRAM_CLANG = 1 << 7             /* clang's rules where it differs from gcc */
};

#endif
