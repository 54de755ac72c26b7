/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "environment.h"

/* PATH decides which assembler works. */
const struct environment_variable environment_table[] = {
	{"CCC_ADD_ARGS", ENVIRONMENT_REFUSED, false},
	{"CCC_OVERRIDE_OPTIONS", ENVIRONMENT_REFUSED, false},
	{"CC_LOG_DIAGNOSTICS", ENVIRONMENT_REFUSED, false},
	{"CC_PRINT_HEADERS", ENVIRONMENT_REFUSED, false},
	{"CC_PRINT_OPTIONS", ENVIRONMENT_REFUSED, false},
	{"CC_PRINT_PROC_STAT", ENVIRONMENT_REFUSED, false},
	{"COMPILER_PATH", ENVIRONMENT_COMPILER, false},
	{"CPATH", ENVIRONMENT_FOLDERS, true},
	{"CPLUS_INCLUDE_PATH", ENVIRONMENT_FOLDERS, false},
	{"C_INCLUDE_PATH", ENVIRONMENT_FOLDERS, false},
	{"DEPENDENCIES_OUTPUT", ENVIRONMENT_REFUSED, false},
	{"GCC_COMPARE_DEBUG", ENVIRONMENT_REFUSED, false},
	{"GCC_EXEC_PREFIX", ENVIRONMENT_COMPILER, false},
	{"GCC_ROOT", ENVIRONMENT_COMPILER, false},
	{"GCC_SPECS", ENVIRONMENT_REFUSED, false},
	{"LD_LIBRARY_PATH", ENVIRONMENT_IDENTITY, false},
	{"OBJCPLUS_INCLUDE_PATH", ENVIRONMENT_FOLDERS, false},
	{"OBJC_INCLUDE_PATH", ENVIRONMENT_FOLDERS, false},
	{"PATH", ENVIRONMENT_IDENTITY, false},
	{"QA_OVERRIDE_GCC3_OPTIONS", ENVIRONMENT_REFUSED, false},
	{"SDKROOT", ENVIRONMENT_COMPILER, false},
	{"SUNPRO_DEPENDENCIES", ENVIRONMENT_REFUSED, false},
};
const size_t environment_table_size = sizeof(environment_table) / sizeof(environment_table[0]);

/* Beside every LC_... */
static const char *const passed_on[] = {
	"CLICOLOR_FORCE", "COLUMNS", "GCC_COLORS", "GCC_EXTRA_DIAGNOSTIC_OUTPUT", "GCC_URLS", "LANG", "LANGUAGE",
	"NO_COLOR", "PWD", "SOURCE_DATE_EPOCH", "TERM", "TERM_URLS", "TZ",
};

bool
environment_is_passed_on(const char *item)
{
	size_t len = strcspn(item, "=");

	if (item[len] != '=')
		return false;
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		if (strlen(passed_on[i]) == len && memcmp(passed_on[i], item, len) == 0)
			return true;
	return strncmp(item, "LC_", 3) == 0;
}

bool
environment_names_folders(const char *item)
{
	for (size_t i = 0; i < environment_table_size; i++) {
		size_t n = strlen(environment_table[i].name);

		if (environment_table[i].part == ENVIRONMENT_FOLDERS && strncmp(item, environment_table[i].name, n) == 0 &&
		    item[n] == '=')
			return true;
	}
	return false;
}

const char *
environment_find(const struct strv *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], name, n) == 0 && env->items[i][n] == '=')
			return env->items[i] + n + 1;
	return NULL;
}

void
environment_select(char *const items[], struct strv *out)
{
	for (; *items != NULL; items++)
		for (size_t i = 0; i < environment_table_size; i++) {
			size_t n = strlen(environment_table[i].name);

			if (strncmp(*items, environment_table[i].name, n) == 0 && (*items)[n] == '=')
				strv_add(out, *items);
		}
}
