/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "cwd.h"
#include "exitcode.h"
#include "io.h"
#include "listing.h"
#include "local.h"
#include "log.h"
#include "pump.h"
#include "userdir.h"

/* ERR_DENIED: not by pump mode. */
static enum err
take_answer(const struct pump_message *m)
{
	struct scan_answer a;
	enum err e = scan_get_answer(m->body, m->len, &a);

	if (e != OK)
		return e;
	if (a.verdict != SCAN_PUMP) {
		log_error("not in pump mode: %s (%s)", a.word, a.detail);
		e = ERR_DENIED;
	}
	scan_answer_release(&a);
	return e;
}

static enum err
print(struct pump *p)
{
	struct pump_message m = {.type = SCAN_BUSY};
	enum err e = OK;

	while (e == OK && m.type != SCAN_END) {
		e = pump_wait(p, &m);
		if (e == OK && m.type == SCAN_ANSWER)
			e = take_answer(&m);
		else if (e == OK && m.type == SCAN_TEXT)
			fwrite(m.body, 1, m.len, stdout);
	}
	if (e != OK && e != ERR_DENIED)
		log_error("the include server does not answer: %s", err_name(e));
	return e;
}

static enum err
list(const struct userdir *dirs, const struct pump_question *q)
{
	struct pump p = PUMP_INIT;
	enum err e = pump_open(&p, dirs);

	if (e == OK)
		e = pump_ask(&p, SCAN_LIST, q);
	if (e != OK)
		log_error("there is no include server: %s", err_name(e));
	else
		e = print(&p);
	pump_close(&p);
	return e;
}

/* A command that would not be sent away has nothing to be listed. */
static enum err
check(const struct args *a)
{
	if (a->here == REASON_NONE)
		return OK;
	log_error("this command stays here: %s%s%s", reason_sentence(a->here), a->detail != NULL ? ": " : "",
	          a->detail != NULL ? a->detail : "");
	return ERR_DENIED;
}

static enum err
identify(const struct userdir *dirs, const char *compiler)
{
	struct identity id = {0};
	enum err e = local_identify(dirs, compiler, &id);

	identity_release(&id);
	if (e != OK)
		log_error("%s cannot be identified", compiler);
	return e;
}

int
listing_run(const struct config *c, const struct masquerade *m)
{
	struct args a = {0};
	struct userdir dirs = {0};
	bool is_odd;
	char *cwd = cwd_find(&is_odd);
	enum err e = masquerade_expand(m, &a.argv);

	if (e == OK) {
		args_scan(&a);
		e = check(&a);
	}
	if (e == OK)
		e = cwd != NULL ? userdir_open(c, &dirs) : ERR_SYSTEM;
	/* The server knows only compilers that were identified. */
	if (e == OK)
		e = identify(&dirs, m->path);
	if (e == OK) {
		struct pump_question q = {.host = "", .compiler = m->path, .cwd = cwd, .argv = &a.argv};

		e = list(&dirs, &q);
	}
	userdir_release(&dirs);
	args_release(&a);
	free(cwd);
	return e == OK && fflush(stdout) == 0 ? 0 : EXIT_FAILED;
}
