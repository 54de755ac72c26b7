/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of processors' features are too many to list, so for a target it is the other way round: every reserved name is
 * taken for one, unless it is listed here or looks like a header's guard or a type's.
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
	"__SIZEOF_LONG_LONG__", "__SIZEOF_SIZE_T__", "__SIZEOF_INT128__", "__SIZEOF_WCHAR_T__", "__USER_LABEL_PREFIX__", "__CHAR_UNSIGNED__", "__GXX_ABI_VERSION", "__DEPRECATED",
	"__FILE__",        "__LINE__",          "__COUNTER__",        "__INCLUDE_LEVEL__", "__BASE_FILE__",
	"__iamcu__",       "__iamcu",          "__OPTIMIZE",
	"__USE_GNU",       "__USE_MISC",        "__USE_POSIX",        "__GLIBC__",       "__GLIBC_MINOR__",
};

/* What has to do with no vector, of that which a target changes. */
static const char *const of_general_registers[] = {
	"__ADX__",    "__BMI__",      "__BMI2__",      "__CLDEMOTE__",  "__CLFLUSHOPT__", "__CLWB__",     "__CLZERO__",
	"__CRC32__",  "__ENQCMD__",   "__FSGSBASE__",  "__FXSR__",      "__HRESET__",     "__LAHF_SAHF__", "__LWP__",
	"__LZCNT__",  "__MOVBE__",    "__MOVDIR64B__", "__MOVDIRI__",   "__MWAITX__",     "__MWAIT__",    "__PCONFIG__",
	"__PKU__",    "__POPCNT__",   "__PRFCHW__",    "__PTWRITE__",   "__RDPID__",      "__RDRND__",    "__RDSEED__",
	"__RTM__",    "__SERIALIZE__", "__SGX__",      "__SHSTK__",     "__TBM__",        "__TSXLDTRK__", "__UINTR__",
	"__WAITPKG__", "__WBNOINVD__", "__XSAVEC__",   "__XSAVEOPT__",  "__XSAVES__",     "__XSAVE__",
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

/* A header's guard, __FOO_H__, or what the ABI gives: __SIZE_TYPE__, __INT_MAX__, __LONG_WIDTH__ ... */
static bool
has_harmless_end(const char *name)
{
	static const char *const ends[] = {"_H", "_H_", "_H__", "_HPP", "_HPP_", "_HPP__", "_INCLUDED", "_INCLUDED__",
	                                   "_TYPE__", "_MAX__", "_WIDTH__"};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (length > n && strcmp(name + length - n, ends[i]) == 0)
			return true;
	}
	return false;
}

#define HAS(list, name) is_in(list, sizeof(list) / sizeof((list)[0]), name)

bool
taint_has(unsigned taint, const char *name, enum taint_before before)
{
	if (HAS(of_optimize, name))
		return (taint & TAINT_OPTIMIZE) != 0;
	if (name[0] != '_' || name[1] != '_' || strncmp(name, "__has_", 6) == 0 || HAS(of_none, name) || has_harmless_end(name))
		return false;
	if ((taint & TAINT_TARGET) != 0)
		return true;
	return (taint & TAINT_VECTORS) != 0 && before == TAINT_PREDEFINED && !HAS(of_general_registers, name);
}
