/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "needed.h"

static void
list_gives_each_path_once_and_nothing_else(void **state)
{
	struct strv paths = {0};

	(void)state;
	needed_parse_list("\tlinux-vdso.so.1 (0x00007f3c013eb000)\n"
	                  "\tlibm.so.6 => /lib/a b/libm.so.6 (0x00007f3c00e64000)\n"
	                  "\tlibm.so.6 => /lib/a b/libm.so.6 (0x00007f3c00e64000)\n"
	                  "\tlibgone.so.2 => not found\n"
	                  "\t/lib64/ld-linux-x86-64.so.2 (0x00007f3c013ed000)\n"
	                  "/usr/bin/x: error while loading", &paths);
	assert_int_equal(paths.count, 2);
	assert_string_equal(paths.items[0], "/lib/a b/libm.so.6");
	assert_string_equal(paths.items[1], "/lib64/ld-linux-x86-64.so.2");
	strv_release(&paths);
}

struct program {
	Elf64_Ehdr header;
	Elf64_Phdr parts[2];
};

static struct program
make_program(void)
{
	struct program p = {
		.header = {.e_phoff = offsetof(struct program, parts), .e_phnum = 2},
		.parts = {{.p_type = PT_LOAD}, {.p_type = PT_INTERP, .p_offset = 77, .p_filesz = 12}},
	};
	const uint16_t one = 1;

	memcpy(p.header.e_ident, ELFMAG, SELFMAG);
	p.header.e_ident[EI_CLASS] = ELFCLASS64;
	p.header.e_ident[EI_DATA] = *(const unsigned char *)&one == 1 ? ELFDATA2LSB : ELFDATA2MSB;
	return p;
}

static void
loader_is_found_in_the_program_headers(void **state)
{
	struct program p = make_program();
	uint64_t offset, size;

	(void)state;
	assert_true(needed_find_loader(&p, sizeof(p), &offset, &size));
	assert_int_equal(offset, 77);
	assert_int_equal(size, 12);
}

static void
headers_that_are_cut_or_point_outside_give_none(void **state)
{
	struct program p = make_program();
	uint64_t offset, size;

	(void)state;
	for (size_t len = 0; len < sizeof(p); len++)
		assert_false(needed_find_loader(&p, len, &offset, &size));
	p.header.e_phoff = UINT64_MAX - 8;
	assert_false(needed_find_loader(&p, sizeof(p), &offset, &size));
	p.header.e_phoff = sizeof(p) - 4;
	assert_false(needed_find_loader(&p, sizeof(p), &offset, &size));
}

static void
a_file_of_another_kind_has_no_loader_and_no_interpreter(void **state)
{
	(void)state;
	assert_null(needed_loader("/dev/null"));
	assert_null(needed_interpreter("/dev/null"));
	assert_null(needed_loader("/nowhere"));
	assert_null(needed_interpreter("/proc/self/exe"));
}

static char *
interpreter_of(const char *text)
{
	char name[] = "test_needed_XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	char *interpreter = needed_interpreter(name);

	unlink(name);
	return interpreter;
}

static void
a_script_names_its_interpreter(void **state)
{
	char *plain = interpreter_of("#!/bin/sh\nexit 0\n");
	char *spaced = interpreter_of("#! \t/usr/bin/env -S x\n");

	(void)state;
	assert_string_equal(plain, "/bin/sh");
	assert_string_equal(spaced, "/usr/bin/env");
	assert_null(interpreter_of("#!sh\n"));
	assert_null(interpreter_of("# /bin/sh\n"));
	assert_null(interpreter_of("#"));
	free(plain);
	free(spaced);
}

static void
libc_does_not_count_but_libm_does(void **state)
{
	(void)state;
	assert_false(needed_is_counted("/lib/x86_64-linux-gnu/libc.so.6"));
	assert_false(needed_is_counted("/lib64/ld-linux-x86-64.so.2"));
	assert_true(needed_is_counted("/lib/x86_64-linux-gnu/libm.so.6"));
	assert_true(needed_is_counted("/lib/x86_64-linux-gnu/libmpfr.so.6"));
	assert_true(needed_is_counted("/lib/x86_64-linux-gnu/libclang-cpp.so.14"));
	assert_true(needed_is_counted("/lib/ld-musl-x86_64.so.1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_gives_each_path_once_and_nothing_else),
		cmocka_unit_test(loader_is_found_in_the_program_headers),
		cmocka_unit_test(headers_that_are_cut_or_point_outside_give_none),
		cmocka_unit_test(a_file_of_another_kind_has_no_loader_and_no_interpreter),
		cmocka_unit_test(a_script_names_its_interpreter),
		cmocka_unit_test(libc_does_not_count_but_libm_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
