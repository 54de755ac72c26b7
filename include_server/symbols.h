/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SYMBOLS_H
#define DCC_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The interner: one struct symbol for each identifier, and for each name of an #include, for as long as
 * it lives. The state of a macro lies in its symbol and counts for one epoch, so a translation unit
 * begins with an empty table by counting the epoch up, and #ifdef is two loads.
 */
struct symbols;
struct macro; /* macros.h */

/* Identifiers that mean something in a directive. X(code, text) */
#define SPECIAL_LIST(X) \
	X(SPECIAL_DEFINED, "defined") \
	X(SPECIAL_TRUE, "true") \
	X(SPECIAL_FALSE, "false") \
	X(SPECIAL_AND, "and") \
	X(SPECIAL_AND_EQ, "and_eq") \
	X(SPECIAL_BITAND, "bitand") \
	X(SPECIAL_BITOR, "bitor") \
	X(SPECIAL_COMPL, "compl") \
	X(SPECIAL_NOT, "not") \
	X(SPECIAL_NOT_EQ, "not_eq") \
	X(SPECIAL_OR, "or") \
	X(SPECIAL_OR_EQ, "or_eq") \
	X(SPECIAL_XOR, "xor") \
	X(SPECIAL_XOR_EQ, "xor_eq") \
	X(SPECIAL_VA_ARGS, "__VA_ARGS__") \
	X(SPECIAL_VA_OPT, "__VA_OPT__") \
	/* macros that every compiler has and no list of its predefined macros shows */ \
	X(SPECIAL_LINE, "__LINE__") \
	X(SPECIAL_FILE, "__FILE__") \
	X(SPECIAL_BASE_FILE, "__BASE_FILE__") \
	X(SPECIAL_INCLUDE_LEVEL, "__INCLUDE_LEVEL__") \
	X(SPECIAL_COUNTER, "__COUNTER__") \
	X(SPECIAL_DATE, "__DATE__") \
	X(SPECIAL_TIME, "__TIME__") \
	X(SPECIAL_TIMESTAMP, "__TIMESTAMP__") \
	/* macros that only some have: asked for */ \
	X(SPECIAL_FILE_NAME, "__FILE_NAME__") \
	X(SPECIAL_PRAGMA, "_Pragma") \
	X(SPECIAL_HAS_INCLUDE, "__has_include") \
	X(SPECIAL_HAS_INCLUDE_NEXT, "__has_include_next") \
	X(SPECIAL_HAS_EMBED, "__has_embed") \
	X(SPECIAL_HAS_ATTRIBUTE, "__has_attribute") \
	X(SPECIAL_HAS_CPP_ATTRIBUTE, "__has_cpp_attribute") \
	X(SPECIAL_HAS_C_ATTRIBUTE, "__has_c_attribute") \
	X(SPECIAL_HAS_BUILTIN, "__has_builtin") \
	X(SPECIAL_HAS_CONSTEXPR_BUILTIN, "__has_constexpr_builtin") \
	X(SPECIAL_HAS_FEATURE, "__has_feature") \
	X(SPECIAL_HAS_EXTENSION, "__has_extension") \
	X(SPECIAL_HAS_WARNING, "__has_warning") \
	X(SPECIAL_HAS_DECLSPEC, "__has_declspec_attribute") \
	X(SPECIAL_IS_IDENTIFIER, "__is_identifier") \
	X(SPECIAL_IS_TARGET_ARCH, "__is_target_arch") \
	X(SPECIAL_IS_TARGET_VENDOR, "__is_target_vendor") \
	X(SPECIAL_IS_TARGET_OS, "__is_target_os") \
	X(SPECIAL_IS_TARGET_ENVIRONMENT, "__is_target_environment") \
	X(SPECIAL_IS_TARGET_VARIANT_OS, "__is_target_variant_os") \
	X(SPECIAL_IS_TARGET_VARIANT_ENVIRONMENT, "__is_target_variant_environment") \
	X(SPECIAL_BUILDING_MODULE, "__building_module") \
	X(SPECIAL_MODULE, "__MODULE__") \
	X(SPECIAL_IDENTIFIER, "__identifier") \
	X(SPECIAL_MS_PRAGMA, "__pragma") \
	X(SPECIAL_FLT_EVAL_METHOD, "__FLT_EVAL_METHOD__")

#define SPECIAL_ENUM(code, text) code,
enum special { SPECIAL_NONE, SPECIAL_LIST(SPECIAL_ENUM) SPECIAL_COUNT };
/* Those of every compiler, and those asked for. */
#define SPECIAL_FIRST_MACRO SPECIAL_LINE
#define SPECIAL_FIRST_ASKED SPECIAL_FILE_NAME

struct symbol {
	struct macro *macro; /* when epoch is the table's: NULL after #undef */
	uint32_t epoch;
	uint32_t hash;
	uint32_t length;
	uint8_t special;     /* enum special */
	uint8_t disabled;    /* its macro is being expanded */
	char name[];         /* NUL-terminated */
};

struct symbols *
symbols_new(void);
void
symbols_free(struct symbols *s);
/* Its symbol, made if there is none; it stays where it is. */
struct symbol *
symbols_intern(struct symbols *s, const char *name, size_t length);
struct symbol *
symbols_special(struct symbols *s, enum special special);
/* Begins an epoch, in which no macro is defined so far. */
uint32_t
symbols_begin(struct symbols *s);
/* Bytes of memory that it holds, with what programs added by symbols_account. */
size_t
symbols_memory(const struct symbols *s);
/* A program grew (or shrank) by what it has parsed late. */
void
symbols_account(struct symbols *s, size_t more, size_t less);

#endif
