/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What works here is found by trying: kernels, containers and security modules forbid too much in too many ways. */
#include <stdlib.h>

#include "io.h"
#include "jail.h"
#include "jail_box.h"
#include "xalloc.h"

#define PROBE_LIMIT (1 << 20)
#define PROBE_MS 10000

/* The settings that forbid what failed, as an administrator can look them up. */
static const char *
find_setting(void)
{
	static const struct {
		const char *path;
		char bad;
		const char *words;
	} settings[] = {
		{"/proc/sys/kernel/unprivileged_userns_clone", '0', " (kernel.unprivileged_userns_clone is 0)"},
		{"/proc/sys/user/max_user_namespaces", '0', " (user.max_user_namespaces is 0)"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
		 " (kernel.apparmor_restrict_unprivileged_userns is 1)"},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		char *text = NULL;
		size_t len;
		bool is_bad = io_read_file(settings[i].path, 64, &text, &len) == OK && text[0] == settings[i].bad;

		free(text);
		if (is_bad)
			return settings[i].words;
	}
	return "";
}

/* A jail without a compiler; view may be NULL. */
static enum err
try_kind(enum jail_kind kind, const char *work_dir, const struct jail_view *view, char **why_not)
{
	struct jail_job job = {
		.argv = &(const struct strv){0},
		.cwd = "/",
		.text_fd = -1,
		.original_fd = -1,
		.view = view,
		.work_dir = work_dir,
		.deadline_ms = io_now_ms() + PROBE_MS,
		.file_limit = PROBE_LIMIT,
		.watch_fd = -1,
	};
	struct jail_result result = JAIL_RESULT_INIT;
	char *step = NULL;
	enum err e = jail_run_explained(kind, &job, &result, &step);

	if (e == OK && result.end != JAIL_EXITED)
		e = ERR_TIMEOUT;
	if (e != OK && step != NULL)
		*why_not = xasprintf("cannot %s%s", step, find_setting());
	else if (e != OK)
		*why_not = xasprintf("trying it failed: %s", err_name(e));
	free(step);
	jail_result_release(&result);
	return e;
}

enum jail_kind
jail_probe(const char *work_dir, char **why_not)
{
	char *no_directory = NULL;
	enum jail_kind kind = JAIL_NAMESPACES;

	*why_not = NULL;
	if (try_kind(JAIL_NAMESPACES, work_dir, NULL, why_not) != OK) {
		kind = try_kind(JAIL_DIRECTORY, work_dir, NULL, &no_directory) == OK ? JAIL_DIRECTORY : JAIL_NONE;
		free(no_directory);
	}
	return kind;
}

bool
jail_probe_view(const char *work_dir, char **why_not)
{
	const struct strv nothing_hidden = {0};
	const struct view nothing = {0};
	const struct jail_view view = {.view = &nothing, .root = work_dir, .hidden = &nothing_hidden};

	*why_not = NULL;
	return try_kind(JAIL_NAMESPACES, work_dir, &view, why_not) == OK;
}
