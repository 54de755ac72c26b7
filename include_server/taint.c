/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of processors' features are too many to list, so for a target it is the other way round: every reserved name is
 * taken for one, unless it is listed here or looks like a header's guard.
 */
#include <stddef.h>
#include <string.h>

#include "taint.h"

static const char *const of_optimize[] = {
	"__OPTIMIZE__",       "__OPTIMIZE_SIZE__",     "__NO_INLINE__",        "__FAST_MATH__",
	"__FINITE_MATH_ONLY__", "__NO_MATH_ERRNO__",   "__SUPPORT_SNAN__",     "__RECIPROCAL_MATH__",
	"__NO_SIGNED_ZEROS__", "__NO_TRAPPING_MATH__", "__ASSOCIATIVE_MATH__", "__ROUNDING_MATH__",
	"__GCC_IEC_559",      "__GCC_IEC_559_COMPLEX", "__FP_FAST_FMA",        "__FP_FAST_FMAF",
	"__FP_FAST_FMAL",     "__SSP__",               "__SSP_ALL__",          "__SSP_STRONG__",
	"__SSP_EXPLICIT__",   "__EXCEPTIONS",          "__GNUC_GNU_INLINE__",  "__GNUC_STDC_INLINE__",
	"__GCC_HAVE_DWARF2_CFI_ASM", "__GXX_RTTI",     "__CET__",              "__PIC__",
	"__pic__",            "__PIE__",               "__pie__",
};

/* What no target changes, as far as conditions in headers ask. */
static const char *const of_none[] = {
	"__x86_64__",      "__x86_64",          "__i386__",           "__i386",          "__amd64__",
	"__amd64",         "__LP64__",          "_LP64",              "__ILP32__",       "__aarch64__",
	"__arm__",         "__powerpc__",       "__powerpc64__",      "__s390__",        "__s390x__",
	"__riscv",         "__linux__",         "__linux",            "__unix__",        "__unix",
	"__gnu_linux__",   "__APPLE__",         "__CYGWIN__",         "__MINGW32__",     "__MINGW64__",
	"__GNUC__",        "__GNUC_MINOR__",    "__GNUC_PATCHLEVEL__", "__GNUG__",       "__GNUC_RH_RELEASE__",
	"__clang__",       "__clang_major__",   "__clang_minor__",    "__INTEL_COMPILER", "__VERSION__",
	"__cplusplus",     "__STDC__",          "__STDC_VERSION__",   "__STDC_HOSTED__", "__STRICT_ANSI__",
	"__OBJC__",        "__ASSEMBLER__",     "__ELF__",            "__CHAR_BIT__",    "__BYTE_ORDER__",
	"__ORDER_LITTLE_ENDIAN__", "__ORDER_BIG_ENDIAN__", "__SIZEOF_POINTER__", "__SIZEOF_INT__", "__SIZEOF_LONG__",
	"__SIZEOF_LONG_LONG__", "__SIZEOF_SIZE_T__", "__SIZEOF_INT128__", "__SIZEOF_WCHAR_T__", "__INT_MAX__",
	"__LONG_MAX__",    "__SCHAR_MAX__",     "__SHRT_MAX__",       "__LONG_LONG_MAX__", "__SIZE_MAX__",
	"__WCHAR_MAX__",   "__USER_LABEL_PREFIX__", "__CHAR_UNSIGNED__", "__GXX_ABI_VERSION", "__DEPRECATED",
	"__FILE__",        "__LINE__",          "__COUNTER__",        "__INCLUDE_LEVEL__", "__BASE_FILE__",
	"__USE_GNU",       "__USE_MISC",        "__USE_POSIX",        "__GLIBC__",       "__GLIBC_MINOR__",
};

static bool
is_in(const char *const list[], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], name) == 0)
			return true;
	}
	return false;
}

/* __FOO_H, __FOO_H__, __FOO_HPP__ ... */
static bool
looks_like_guard(const char *name)
{
	static const char *const ends[] = {"_H", "_H_", "_H__", "_HPP", "_HPP_", "_HPP__", "_INCLUDED", "_INCLUDED__"};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (length > n && strcmp(name + length - n, ends[i]) == 0)
			return true;
	}
	return false;
}

bool
taint_has(unsigned taint, const char *name)
{
	if (is_in(of_optimize, sizeof(of_optimize) / sizeof(of_optimize[0]), name))
		return (taint & TAINT_OPTIMIZE) != 0;
	if ((taint & TAINT_TARGET) == 0 || name[0] != '_' || name[1] != '_')
		return false;
	return strncmp(name, "__has_", 6) != 0 && !is_in(of_none, sizeof(of_none) / sizeof(of_none[0]), name) &&
	       !looks_like_guard(name);
}
