/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SETTINGS_H
#define DCC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "chaos_plan.h"
#include "err.h"
#include "log.h"
#include "strv.h"

/* What dccd's command line says. Read once, never changed after the start. */
#define SETTINGS_PORT 3632u
#define SETTINGS_STATS_PORT 3633u
#define SETTINGS_JOBS_MAX 10000u
#define SETTINGS_JOB_LIFETIME_S 3600
#define SETTINGS_JOB_DISK ((int64_t)2 << 30)
#define SETTINGS_SIZE_MIN ((int64_t)1 << 20)

enum settings_action {
	SETTINGS_SERVE,
	SETTINGS_CHECK,          /* -n */
	SETTINGS_SHOW_COMPILERS,
	SETTINGS_SHOW_HELP,
	SETTINGS_SHOW_VERSION
};

enum settings_mode { SETTINGS_MODE_UNSET, SETTINGS_DETACH, SETTINGS_FOREGROUND, SETTINGS_INETD };

struct settings {
	enum settings_action action;
	enum settings_mode mode;
	struct strv listen;       /* empty: every address */
	unsigned port;
	struct access_list allow;
	unsigned jobs;
	unsigned client_jobs;     /* of one client at once; 0: as many as there are */
	unsigned client_queue;    /* of one client that wait; 0: the same */
	int64_t job_memory;       /* bytes; 0: what the machine has */
	int64_t job_disk;         /* bytes */
	unsigned job_processors;  /* at once; 0: as many as there are */
	int niceness;
	char *user;               /* --user, or NULL */
	int64_t job_lifetime_s;   /* 0: no limit */
	int64_t lifetime_s;       /* 0: for ever */
	char *log_file;           /* NULL: not given */
	enum log_level log_level;
	bool logs_to_stderr;
	char *pid_file;           /* absolute, or NULL */
	char *store_dir;          /* absolute; settings_parse fills in the default */
	int64_t store_size;       /* bytes; 0: keep nothing, -1: not given */
	bool has_stats;
	unsigned stats_port;
	struct chaos_plan chaos;
	char *ssh_socket;         /* absolute, or NULL: TCP */
	char *farm_key;           /* absolute, or NULL, as the three that follow */
	char *tls_cert, *tls_key, *tls_ca;
	bool requires_auth;
	bool is_insecure_asked;   /* --enable-tcp-insecure */
};

/* Reads the command line and fills in defaults; s starts as {0}. ERR_USAGE: *error (yours) is a sentence that names the
 * option, its value and what it may be. */
enum err
settings_parse(struct settings *s, int argc, char **argv, char **error);
void
settings_release(struct settings *s);
/* The page of --help, on standard output. */
void
settings_print_help(void);

#endif
