/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "path.h"
#include "settings.h"
#include "xalloc.h"

enum option {
	OPT_DAEMON = 1, OPT_NO_DETACH, OPT_INETD, OPT_LISTEN, OPT_PORT, OPT_ALLOW, OPT_ALLOW_PRIVATE,
	OPT_JOBS, OPT_CLIENT_JOBS, OPT_CLIENT_QUEUE, OPT_JOB_MEMORY, OPT_JOB_DISK, OPT_JOB_PROCESSORS,
	OPT_NICE, OPT_USER, OPT_JOB_LIFETIME, OPT_LIFETIME, OPT_LOG_FILE, OPT_LOG_LEVEL,
	OPT_LOG_STDERR, OPT_VERBOSE, OPT_PID_FILE, OPT_STORE_DIR, OPT_STORE_SIZE, OPT_STATS, OPT_STATS_PORT,
	OPT_CHAOS, OPT_FARM_KEY, OPT_TLS_CERT, OPT_TLS_KEY, OPT_TLS_CA, OPT_REQUIRE_AUTH, OPT_SSH_SOCKET,
	OPT_INSECURE, OPT_CHECK, OPT_SHOW_COMPILERS, OPT_HELP, OPT_VERSION
};

#define FLAG(long_name, short_name, code, text) \
	{long_name, short_name, POPT_ARG_NONE, NULL, code, text, NULL}
#define VALUE(long_name, short_name, code, text, value) \
	{long_name, short_name, POPT_ARG_STRING, NULL, code, text, value}

static const struct poptOption options[] = {
	FLAG("daemon", 0, OPT_DAEMON, "listen, and go to the background"),
	FLAG("no-detach", 0, OPT_NO_DETACH, "listen, and stay in the foreground"),
	FLAG("inetd", 0, OPT_INETD, "serve one job on standard input and output"),
	VALUE("ssh-socket", 0, OPT_SSH_SOCKET, "listen there for the ssh connection that started us", "PATH"),
	VALUE("listen", 0, OPT_LISTEN, "listen on this address only (may be repeated)", "ADDRESS"),
	VALUE("port", 'p', OPT_PORT, "port to listen on (default 3632)", "PORT"),
	VALUE("allow", 'a', OPT_ALLOW, "serve clients of this network (may be repeated)", "IP[/BITS]"),
	FLAG("allow-private", 0, OPT_ALLOW_PRIVATE,
	     "serve loopback and private networks (the default without --allow)"),
	VALUE("jobs", 'j', OPT_JOBS, "compilers at once (default: processors + 2)", "N"),
	VALUE("client-jobs", 0, OPT_CLIENT_JOBS, "of these, for one client (default: all)", "N"),
	VALUE("client-queue", 0, OPT_CLIENT_QUEUE, "jobs of one client that may wait (default: all that may)", "N"),
	VALUE("job-memory", 0, OPT_JOB_MEMORY, "memory of one job (default: what the machine has)", "SIZE[K|M|G]"),
	VALUE("job-disk", 0, OPT_JOB_DISK, "bytes that one job may write (default 2G)", "SIZE[K|M|G]"),
	VALUE("job-processors", 0, OPT_JOB_PROCESSORS, "processors that one job may keep busy (default: all)", "N"),
	VALUE("nice", 'N', OPT_NICE, "lower the priority of jobs by N (default 5)", "N"),
	VALUE("user", 0, OPT_USER, "as root: become this user (default dccd, distcc or nobody)", "NAME"),
	VALUE("job-lifetime", 0, OPT_JOB_LIFETIME,
	      "end a compile after this time (default 3600, 0: never)", "SECONDS"),
	VALUE("lifetime", 0, OPT_LIFETIME, "end the daemon after this time (default 0: never)", "SECONDS"),
	VALUE("log-file", 0, OPT_LOG_FILE, "append messages to this file", "FILE"),
	VALUE("log-level", 0, OPT_LOG_LEVEL, "error, warning, notice (default), info or debug", "LEVEL"),
	FLAG("log-stderr", 0, OPT_LOG_STDERR, "write messages to standard error"),
	FLAG("verbose", 0, OPT_VERBOSE, "the same as --log-level debug"),
	VALUE("pid-file", 'P', OPT_PID_FILE, "write the daemon's process number to this file", "FILE"),
	VALUE("store-dir", 0, OPT_STORE_DIR, "where the daemon keeps its files", "DIRECTORY"),
	VALUE("store-size", 0, OPT_STORE_SIZE,
	      "bound of the clients' files there (default a tenth of the disk, at most 20G; 0: no pump mode)",
	      "SIZE[K|M|G]"),
	FLAG("stats", 0, OPT_STATS, "answer statistics over HTTP"),
	VALUE("stats-port", 0, OPT_STATS_PORT, "port of the statistics (default 3633)", "PORT"),
	VALUE("chaos", 0, OPT_CHAOS, "for tests, on loopback only: trouble on purpose",
	      "drop:1%,delay:50ms,truncate:1%,flip:1%,kill:1%,full:1%,slow:3x"),
	FLAG("require-auth", 0, OPT_REQUIRE_AUTH, "serve only clients that prove who they are, over TLS"),
	VALUE("farm-key", 0, OPT_FARM_KEY, "keys of clients, made by dccctl keygen", "FILE"),
	VALUE("tls-cert", 0, OPT_TLS_CERT, "this volunteer's certificate (PEM)", "FILE"),
	VALUE("tls-key", 0, OPT_TLS_KEY, "its key (default: in the file of the certificate)", "FILE"),
	VALUE("tls-ca", 0, OPT_TLS_CA, "the CA whose certificates clients must have", "FILE"),
	FLAG("enable-tcp-insecure", 0, OPT_INSECURE,
	     "accepted for compatibility: says at the start what it means"),
	FLAG("check", 'n', OPT_CHECK, "check the configuration, say what would be served, and end"),
	FLAG("show-compilers", 0, OPT_SHOW_COMPILERS, "list the compilers that are offered, and end"),
	FLAG("help", '?', OPT_HELP, "show this page"),
	FLAG("version", 'V', OPT_VERSION, "show the version"),
	POPT_TABLEEND
};

/* Options whose value is a whole number. */
static const struct range {
	enum option code;
	const char *name;
	int64_t min, max;
} ranges[] = {
	{OPT_PORT, "port", 1, 65535},
	{OPT_STATS_PORT, "stats-port", 1, 65535},
	{OPT_JOBS, "jobs", 1, SETTINGS_JOBS_MAX},
	{OPT_CLIENT_JOBS, "client-jobs", 1, SETTINGS_JOBS_MAX},
	{OPT_CLIENT_QUEUE, "client-queue", 1, 1000000},
	{OPT_JOB_PROCESSORS, "job-processors", 1, 1024},
	{OPT_NICE, "nice", 0, 19},
	{OPT_JOB_LIFETIME, "job-lifetime", 0, 10000000},
	{OPT_LIFETIME, "lifetime", 0, 1000000000},
};

static enum err
parse_number(const char *text, const struct range *r, int64_t *value, char **error)
{
	int64_t n = 0;
	bool is_good = *text != '\0';

	for (const char *p = text; is_good && *p != '\0'; p++) {
		is_good = *p >= '0' && *p <= '9' && n <= r->max;
		n = n * 10 + (*p - '0');
	}
	if (is_good && n >= r->min && n <= r->max) {
		*value = n;
		return OK;
	}
	*error = xasprintf("--%s \"%s\": must be a whole number from %lld to %lld", r->name, text,
	                   (long long)r->min, (long long)r->max);
	return ERR_USAGE;
}

static enum err
set_number(struct settings *s, enum option code, const char *text, char **error)
{
	const struct range *r = ranges;
	int64_t n = 0;

	while (r->code != code)
		r++;
	enum err e = parse_number(text, r, &n, error);

	if (e != OK)
		return e;
	switch ((int)code) {
	case OPT_PORT: s->port = (unsigned)n; break;
	case OPT_STATS_PORT: s->stats_port = (unsigned)n; break;
	case OPT_JOBS: s->jobs = (unsigned)n; break;
	case OPT_CLIENT_JOBS: s->client_jobs = (unsigned)n; break;
	case OPT_CLIENT_QUEUE: s->client_queue = (unsigned)n; break;
	case OPT_JOB_PROCESSORS: s->job_processors = (unsigned)n; break;
	case OPT_NICE: s->niceness = (int)n; break;
	case OPT_JOB_LIFETIME: s->job_lifetime_s = n; break;
	case OPT_LIFETIME: s->lifetime_s = n; break;
	}
	return OK;
}

/* Bytes, or with a suffix KiB, MiB, GiB, TiB. */
static enum err
set_size(int64_t *to, const char *name, const char *text, char **error)
{
	static const char suffixes[] = "KMGT";
	const struct range r = {OPT_STORE_SIZE, name, 0, INT64_MAX / 100};
	size_t len = strlen(text);
	const char *suffix = len != 0 ? strchr(suffixes, text[len - 1]) : NULL;
	char *digits = xstrndup(text, suffix != NULL ? len - 1 : len);
	int64_t n = 0;
	enum err e = parse_number(digits, &r, &n, error);

	int shift = suffix != NULL ? 10 * (int)(suffix - suffixes + 1) : 0;

	free(digits);
	if (e == OK && n <= INT64_MAX >> shift) {
		*to = n << shift;
		return OK;
	}
	free(*error);
	*error = xasprintf("--%s \"%s\": must be a whole number, with or without K, M, G or T behind it", name, text);
	return ERR_USAGE;
}

static enum err
set_quota(int64_t *to, const char *name, const char *text, char **error)
{
	enum err e = set_size(to, name, text, error);

	if (e != OK || *to >= SETTINGS_SIZE_MIN)
		return e;
	*error = xasprintf("--%s \"%s\": must be at least 1M", name, text);
	return ERR_USAGE;
}

static enum err
add_allowed(struct settings *s, const char *text, char **error)
{
	bool has_host_bits;

	if (access_add(&s->allow, text, &has_host_bits) != OK) {
		*error = xasprintf("--allow \"%s\": must be an address or a network, such as "
		                   "192.168.1.0/24, 10.1.2.3 or fd00::/8",
		                   text);
		return ERR_USAGE;
	}
	if (has_host_bits)
		log_warning("--allow %s: the address goes beyond its mask; the whole network is served",
		            text);
	return OK;
}

static enum err
set_level(struct settings *s, const char *text, char **error)
{
	if (log_parse_level(text, &s->log_level) == OK)
		return OK;
	*error = xasprintf("--log-level \"%s\": must be error, warning, notice, info or debug", text);
	return ERR_USAGE;
}

static enum err
set_mode(struct settings *s, enum settings_mode mode, char **error)
{
	/* "--daemon --no-detach" is how distccd's users ask for the foreground. */
	bool is_daemon = mode != SETTINGS_INETD && s->mode != SETTINGS_INETD;

	if (s->mode != SETTINGS_MODE_UNSET && s->mode != mode && !is_daemon) {
		*error = xstrdup("--inetd cannot be used together with --daemon or --no-detach");
		return ERR_USAGE;
	}
	if (s->mode != SETTINGS_FOREGROUND)
		s->mode = mode;
	return OK;
}

static enum err
set_text(char **to, const char *name, const char *text, char **error)
{
	if (*text == '\0') {
		*error = xasprintf("--%s \"\": must not be empty", name);
		return ERR_USAGE;
	}
	free(*to);
	*to = xstrdup(text);
	return OK;
}

/* Relative names are meant from where the user stands: the daemon goes elsewhere. */
static enum err
set_path(char **to, const char *name, const char *text, char **error)
{
	char cwd[4096];

	if (text[0] == '/' || text[0] == '\0')
		return set_text(to, name, text, error);
	if (getcwd(cwd, sizeof(cwd)) == NULL) {
		*error = xasprintf("--%s \"%s\": the current directory is unknown", name, text);
		return ERR_USAGE;
	}
	free(*to);
	*to = path_join(cwd, text);
	return OK;
}

static enum err
set_ssh_socket(struct settings *s, const char *text, char **error)
{
	enum err e = set_path(&s->ssh_socket, "ssh-socket", text, error);

	return e == OK ? set_mode(s, SETTINGS_FOREGROUND, error) : e;
}

static enum err
apply_flag(struct settings *s, enum option code, char **error)
{
	switch ((int)code) {
	case OPT_DAEMON: return set_mode(s, SETTINGS_DETACH, error);
	case OPT_NO_DETACH: return set_mode(s, SETTINGS_FOREGROUND, error);
	case OPT_INETD: return set_mode(s, SETTINGS_INETD, error);
	case OPT_ALLOW_PRIVATE: access_add_private(&s->allow); break;
	case OPT_LOG_STDERR: s->logs_to_stderr = true; break;
	case OPT_VERBOSE: s->log_level = LOG_LEVEL_DEBUG; break;
	case OPT_STATS: s->has_stats = true; break;
	case OPT_REQUIRE_AUTH: s->requires_auth = true; break;
	case OPT_INSECURE: s->is_insecure_asked = true; break;
	case OPT_CHECK: s->action = SETTINGS_CHECK; break;
	case OPT_SHOW_COMPILERS: s->action = SETTINGS_SHOW_COMPILERS; break;
	case OPT_HELP: s->action = SETTINGS_SHOW_HELP; break;
	case OPT_VERSION: s->action = SETTINGS_SHOW_VERSION; break;
	}
	return OK;
}

static enum err
apply(struct settings *s, enum option code, const char *text, char **error)
{
	if (text == NULL)
		return apply_flag(s, code, error);
	switch ((int)code) {
	case OPT_LISTEN:
		if (*text == '\0')
			break;
		strv_add(&s->listen, text);
		return OK;
	case OPT_ALLOW: return add_allowed(s, text, error);
	case OPT_LOG_LEVEL: return set_level(s, text, error);
	case OPT_USER: return set_text(&s->user, "user", text, error);
	case OPT_LOG_FILE: return set_path(&s->log_file, "log-file", text, error);
	case OPT_SSH_SOCKET: return set_ssh_socket(s, text, error);
	case OPT_FARM_KEY: return set_path(&s->farm_key, "farm-key", text, error);
	case OPT_TLS_CERT: return set_path(&s->tls_cert, "tls-cert", text, error);
	case OPT_TLS_KEY: return set_path(&s->tls_key, "tls-key", text, error);
	case OPT_TLS_CA: return set_path(&s->tls_ca, "tls-ca", text, error);
	case OPT_PID_FILE: return set_path(&s->pid_file, "pid-file", text, error);
	case OPT_STORE_DIR: return set_path(&s->store_dir, "store-dir", text, error);
	case OPT_CHAOS: return chaos_plan_parse(text, &s->chaos, error);
	case OPT_STORE_SIZE: return set_size(&s->store_size, "store-size", text, error);
	case OPT_JOB_MEMORY: return set_quota(&s->job_memory, "job-memory", text, error);
	case OPT_JOB_DISK: return set_quota(&s->job_disk, "job-disk", text, error);
	default: return set_number(s, code, text, error);
	}
	*error = xstrdup("--listen \"\": must be an address or a host name");
	return ERR_USAGE;
}

static char *
default_store_dir(void)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		return xstrdup("/var/cache/dccd");
	if (cache != NULL && cache[0] == '/')
		return xasprintf("%s/dccd", cache);
	if (home != NULL && home[0] == '/')
		return xasprintf("%s/.cache/dccd", home);
	return xasprintf("/tmp/dccd-%ld", (long)geteuid());
}

/* A user's own daemon looks where his dcc looks. */
static char *
default_farm_key(void)
{
	const char *home = getenv("HOME");
	char *path = NULL;

	if (geteuid() != 0 && home != NULL && home[0] == '/')
		path = xasprintf("%s/.dcc/farm.key", home);
	if (path != NULL && access(path, F_OK) == 0)
		return path;
	free(path);
	return xstrdup("/etc/dcc/farm.key");
}

static void
fill_in(struct settings *s)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (s->jobs == 0)
		s->jobs = (cpus > 0 ? (unsigned)cpus : 1) + 2;
	if (s->allow.count == 0)
		access_add_private(&s->allow);
	if (s->store_dir == NULL)
		s->store_dir = default_store_dir();
	if (s->requires_auth && s->farm_key == NULL && s->tls_cert == NULL)
		s->farm_key = default_farm_key();
}

/* Options that say nothing by themselves. */
static enum err
check_together(const struct settings *s, char **error)
{
	const char *trouble = NULL;

	if (s->tls_cert == NULL && (s->tls_key != NULL || s->tls_ca != NULL))
		trouble = "--tls-key and --tls-ca need --tls-cert";
	else if (s->requires_auth && s->tls_cert != NULL && s->tls_ca == NULL)
		trouble = "--require-auth with --tls-cert needs --tls-ca: without it any client is let in";
	if (trouble == NULL)
		return OK;
	*error = xstrdup(trouble);
	return ERR_USAGE;
}

static enum err
read_options(struct settings *s, poptContext context, char **error)
{
	int code;

	while ((code = poptGetNextOpt(context)) > 0) {
		char *text = poptGetOptArg(context);
		enum err e = apply(s, (enum option)code, text, error);

		free(text);
		if (e != OK)
			return e;
	}
	if (code < -1) {
		*error = xasprintf("%s: %s; see dccd --help", poptBadOption(context, POPT_BADOPTION_NOALIAS),
		                   poptStrerror(code));
		return ERR_USAGE;
	}
	const char *stray = poptGetArg(context);

	if (stray == NULL)
		return OK;
	*error = xasprintf("\"%s\": dccd takes options only; see dccd --help", stray);
	return ERR_USAGE;
}

enum err
settings_parse(struct settings *s, int argc, char **argv, char **error)
{
	s->port = SETTINGS_PORT;
	s->stats_port = SETTINGS_STATS_PORT;
	s->niceness = 5;
	s->store_size = -1;
	s->job_lifetime_s = SETTINGS_JOB_LIFETIME_S;
	s->job_disk = SETTINGS_JOB_DISK;
	s->log_level = LOG_LEVEL_NOTICE;
	const char **words = xcalloc((size_t)argc + 1, sizeof(*words));

	for (int i = 0; i < argc; i++)
		words[i] = argv[i];
	poptContext context = poptGetContext("dccd", argc, words, options, 0);
	enum err e = ERR_USAGE;

	if (context != NULL)
		e = read_options(s, context, error);
	else
		*error = xstrdup("the command line cannot be read");
	poptFreeContext(context);
	free(words);
	fill_in(s);
	return e == OK ? check_together(s, error) : e;
}

void
settings_release(struct settings *s)
{
	strv_release(&s->listen);
	access_release(&s->allow);
	free(s->user);
	free(s->log_file);
	free(s->pid_file);
	free(s->farm_key);
	free(s->ssh_socket);
	free(s->tls_cert);
	free(s->tls_key);
	free(s->tls_ca);
	free(s->store_dir);
	*s = (struct settings){0};
}

void
settings_print_help(void)
{
	const char *argv[] = {"dccd", NULL};
	poptContext context = poptGetContext("dccd", 1, argv, options, 0);

	if (context == NULL)
		return;
	poptPrintHelp(context, stdout, 0);
	poptFreeContext(context);
}
