/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volunteer's daemon. The order of the start is fixed: read the command line; open log, ports
 * and pid file; take over the store; give up root; identify the compilers; try the jail; go to the background; serve.
 * So whoever started it hears of every trouble, and the port is served when the command returns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account.h"
#include "autoconf.h"
#include "confinement.h"
#include "exitcode.h"
#include "hash.h"
#include "io.h"
#include "jail.h"
#include "job.h"
#include "keyring.h"
#include "listener.h"
#include "log.h"
#include "logfile.h"
#include "notify.h"
#include "path.h"
#include "process.h"
#include "session.h"
#include "settings.h"
#include "sockets.h"
#include "tls.h"
#include "toolchain.h"
#include "upkeep.h"
#include "xalloc.h"

#define DESCRIPTORS 8192

struct daemon {
	struct settings settings;
	struct account account;
	struct logfile log;
	char *log_path;          /* the default log file's name */
	struct sockets jobs, stats;
	int pid_fd;
	bool was_root;
	struct toolchain toolchain;
	struct confinement confinement;
	struct tls *tls;
	bool offers_pump;
	char *why_no_pump;
};

/* Says what is wrong (a sentence that is ours to free) and hands the exit code on. */
static int
fail(int code, char *sentence)
{
	log_error("%s", sentence);
	free(sentence);
	return code;
}

static int
open_log(struct daemon *d)
{
	const struct settings *s = &d->settings;
	bool is_quiet = s->mode == SETTINGS_DETACH || s->mode == SETTINGS_INETD || s->ssh_socket != NULL;

	d->log.level = s->log_level;
	d->log.path = s->log_file;
	if (s->logs_to_stderr || (!is_quiet && s->log_file == NULL))
		log_to_stderr("dccd", s->log_level, LOG_STAMPED);
	else if (s->log_file == NULL)
		d->log.path = d->log_path = geteuid() == 0 ? xstrdup("/var/log/dccd.log")
		                                           : xasprintf("%s/dccd.log", s->store_dir);
	/* At the first start of all nothing is there yet. */
	if (d->log_path != NULL && geteuid() != 0 && io_make_dirs(s->store_dir, 0700) != OK)
		log_debug("cannot make %s: %s", s->store_dir, strerror(errno));
	if (d->log.path == NULL || logfile_open(&d->log) == OK)
		return 0;
	/* A log that nobody asked for is no reason to stay away. */
	if (s->log_file == NULL) {
		log_warning("cannot open the log file %s: %s", d->log.path, strerror(errno));
		d->log.path = NULL;
		return 0;
	}
	return fail(EXIT_IO_ERROR, xasprintf("--log-file \"%s\": %s", s->log_file, strerror(errno)));
}

/* The sockets that a service manager bound, or our own. */
static int
check_chaos(const struct settings *s, const struct sockets *jobs)
{
	if (!s->chaos.is_on || sockets_are_loopback(jobs))
		return 0;
	return fail(EXIT_BAD_ARGUMENTS, xstrdup("--chaos is for tests: it needs --listen with loopback addresses only"));
}

static int
open_sockets(struct daemon *d, size_t handed_over)
{
	const struct settings *s = &d->settings;
	char *error = NULL;

	if (s->ssh_socket != NULL)
		return session_open(s->ssh_socket, &d->jobs, &error) == OK ? 0 : fail(EXIT_BIND_FAILED, error);
	for (size_t i = 0; i < handed_over; i++)
		if (sockets_adopt(&d->jobs, NOTIFY_FIRST_FD + (int)i) != OK)
			return fail(EXIT_BIND_FAILED,
			            xstrdup("LISTEN_FDS names a descriptor that is no listening socket"));
	if (handed_over == 0 && sockets_open(&d->jobs, &s->listen, s->port, &error) != OK)
		return fail(EXIT_BIND_FAILED, error);
	int code = check_chaos(s, &d->jobs);

	if (code != 0)
		return code;
	if (s->has_stats && sockets_open(&d->stats, &s->listen, s->stats_port, &error) != OK)
		return fail(EXIT_BIND_FAILED, error);
	return 0;
}

static int
open_pid_file(struct daemon *d)
{
	const char *path = d->settings.pid_file;

	if (path == NULL)
		return 0;
	d->pid_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0644);
	if (d->pid_fd < 0)
		return fail(EXIT_IO_ERROR, xasprintf("--pid-file \"%s\": %s", path, strerror(errno)));
	return 0;
}

static void
write_pid_file(const struct daemon *d)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (d->pid_fd >= 0 && (ftruncate(d->pid_fd, 0) < 0 ||
	                       io_write_exactly(d->pid_fd, text, (size_t)n, IO_NO_DEADLINE) != OK))
		log_warning("cannot write the pid file: %s", strerror(errno));
}

/* In a directory of root's the file cannot be removed by the user that we are now: then it is emptied. */
static void
remove_pid_file(const struct daemon *d)
{
	if (d->pid_fd >= 0 && unlink(d->settings.pid_file) < 0 && ftruncate(d->pid_fd, 0) < 0)
		log_warning("cannot remove %s: %s", d->settings.pid_file, strerror(errno));
}

static int
choose_account(struct daemon *d)
{
	char *error = NULL;

	if (account_choose(&d->account, d->settings.user, &error) != OK)
		return fail(EXIT_BAD_ARGUMENTS, error);
	if (account_own_directory(&d->account, d->settings.store_dir, &error) != OK)
		return fail(EXIT_IO_ERROR, error);
	return 0;
}

static int
give_up_root(struct daemon *d)
{
	/* Files that were opened as root and are opened or removed again as the user. */
	if (geteuid() == 0 && d->log.fd >= 0 && fchown(d->log.fd, d->account.uid, d->account.gid) < 0)
		log_warning("cannot give the log file to %s: %s", d->account.name, strerror(errno));
	session_give(d->settings.ssh_socket, &d->account);
	if (account_become(&d->account) != OK)
		return fail(EXIT_SETUID_FAILED,
		            xasprintf("cannot become %s: %s", d->account.name, strerror(errno)));
	if (d->account.uid == 0)
		log_warning("jobs are served as root, as --user asks: another user is safer");
	return 0;
}

/*
 * Identifying compilers costs megabytes of hash and text buffers, which a daemon would keep for
 * ever: a child does it and leaves the result in the cache, where it costs us a few stat(2).
 */
static void
fill_identity_cache(const struct daemon *d, const char *dir)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct toolchain t = {0};

		/* What is wrong is said by the parent, once. */
		log_to_stderr("dccd", LOG_LEVEL_ERROR, LOG_PLAIN);
		if (d->log.fd >= 0)
			log_to_fd("dccd", LOG_LEVEL_ERROR, d->log.fd);
		_exit(toolchain_load(&t, dir) == OK ? 0 : 1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

static int
load_toolchain(struct daemon *d)
{
	char *dir = xasprintf("%s/identity", d->settings.store_dir);

	if (io_make_dirs(dir, 0700) != OK)
		return fail(EXIT_IO_ERROR, dir);
	fill_identity_cache(d, dir);
	enum err e = toolchain_load(&d->toolchain, dir);

	free(dir);
	if (e == OK)
		return 0;
	return fail(EXIT_COMPILER_MISSING,
	            xstrdup("no compiler that could be offered was found (see dccd(8), COMPILERS)"));
}

/* Pump mode needs views, and a store to make them of. */
static void
prepare_pump(struct daemon *d)
{
	struct settings *s = &d->settings;
	enum upkeep_user user = s->mode == SETTINGS_INETD || s->ssh_socket != NULL ? UPKEEP_ONCE : UPKEEP_DAEMON;

	if (d->confinement.kind != JAIL_NAMESPACES)
		d->why_no_pump = xstrdup("it needs namespaces");
	else if (s->store_size == 0)
		d->why_no_pump = xstrdup("--store-size is 0");
	else if (jail_probe_view(s->store_dir, &d->why_no_pump) && s->action == SETTINGS_SERVE &&
	         upkeep_begin(s->store_dir, user) != OK)
		d->why_no_pump = xstrdup("the store cannot be used");
	d->offers_pump = d->why_no_pump == NULL;
	if (d->offers_pump)
		hash_prepare();
	if (s->store_size < 0)
		s->store_size = upkeep_default_limit(s->store_dir);
}

/* Walking a large store takes a while: jobs do not wait for it. */
static void
tidy_store(struct daemon *d)
{
	pid_t pid = d->offers_pump ? fork() : -1;

	if (pid != 0)
		return;
	sockets_close(&d->jobs);
	sockets_close(&d->stats);
	upkeep_tidy(d->settings.store_dir, d->settings.store_size);
	_exit(0);
}

static int
prepare(struct daemon *d)
{
	int code = choose_account(d);

	char *error = NULL;

	/* As root yet: keys are nobody else's to read. */
	d->was_root = geteuid() == 0;
	if (code == 0 && keyring_load(&d->settings, &d->tls, &error) != OK)
		code = fail(EXIT_BAD_ARGUMENTS, error);
	if (code == 0 && d->settings.action == SETTINGS_SERVE)
		confinement_reserve(&d->confinement, &d->settings, &d->account);
	if (code == 0)
		code = give_up_root(d);
	if (code == 0)
		code = load_toolchain(d);
	if (code != 0)
		return code;
	if (confinement_choose(&d->confinement, &d->settings, &error) != OK)
		return fail(EXIT_FAILED, error);
	if (d->tls != NULL && d->confinement.kind == JAIL_DIRECTORY)
		keyring_guard(d->was_root ? KEYRING_OF_ROOT : KEYRING_OF_USER);
	jail_sweep(d->settings.store_dir);
	prepare_pump(d);
	return 0;
}

static void
announce(const struct daemon *d)
{
	char *offer = toolchain_describe(&d->toolchain);

	log_notice("dccd " PACKAGE_VERSION " serves port %u, jobs %u, as %s: %s", d->settings.port,
	           d->settings.jobs, d->account.name, offer);
	free(offer);
	confinement_announce(&d->confinement);
	if (d->settings.chaos.is_on)
		log_warning("--chaos: jobs are disturbed on purpose");
	if (!d->offers_pump)
		log_notice("no pump mode: %s", d->why_no_pump);
	if (d->tls != NULL)
		log_notice("TLS is offered%s", d->settings.requires_auth ? "; who does not prove who it is, is refused" : "");
	if (d->settings.is_insecure_asked)
		log_notice("--enable-tcp-insecure changes nothing: only offered compilers run, each confined");
}

static void
go_quiet(const struct daemon *d)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!d->settings.logs_to_stderr)
		dup2(null, STDERR_FILENO);
	close(null);
}

/* Goes on in a child, the leader of a session of its own. Returns in the child; the parent ends when the child serves. */
static int
detach(struct daemon *d)
{
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return fail(EXIT_FAILED, xasprintf("cannot detach: %s", strerror(errno)));
	pid_t pid = fork();

	if (pid < 0)
		return fail(EXIT_FAILED, xasprintf("cannot detach: %s", strerror(errno)));
	if (pid > 0) {
		close(ready[1]);
		ssize_t n;

		while ((n = read(ready[0], &byte, 1)) < 0 && errno == EINTR)
			;
		_exit(n == 1 ? 0 : EXIT_FAILED);
	}
	close(ready[0]);
	setsid();
	if (chdir("/") < 0)
		log_debug("cannot go to /: %s", strerror(errno));
	write_pid_file(d);
	announce(d);
	if (write(ready[1], "r", 1) != 1)
		log_debug("the starting command is gone");
	close(ready[1]);
	go_quiet(d);
	return 0;
}

static int
serve(struct daemon *d)
{
	struct listener_setup setup = {.settings = &d->settings,
	                               .toolchain = &d->toolchain,
	                               .confinement = &d->confinement,
	                               .tls = d->tls,
	                               .offers_pump = d->offers_pump,
	                               .jobs = &d->jobs,
	                               .stats = &d->stats,
	                               .log = &d->log,
	                               .pid_fd = d->pid_fd};
	char ready[64];

	listener_catch_signals();
	if (d->settings.mode == SETTINGS_DETACH) {
		int code = detach(d);

		if (code != 0)
			return code;
	} else {
		write_pid_file(d);
		announce(d);
	}
	snprintf(ready, sizeof(ready), "READY=1\nMAINPID=%ld", (long)getpid());
	notify_send(ready);
	tidy_store(d);
	session_say_ready(d->settings.ssh_socket);
	listener_run(&setup);
	session_remove(d->settings.ssh_socket);
	if (d->offers_pump && d->settings.ssh_socket == NULL)
		upkeep_end(d->settings.store_dir);
	remove_pid_file(d);
	log_notice("stopped");
	return 0;
}

static int
run_daemon(struct daemon *d, size_t handed_over)
{
	process_raise_descriptors(DESCRIPTORS);
	int code = open_sockets(d, handed_over);

	if (code == 0)
		code = open_pid_file(d);
	if (code == 0)
		code = prepare(d);
	if (code == 0)
		code = serve(d);
	else if (d->pid_fd >= 0)
		remove_pid_file(d);
	return code;
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* One job on standard input and output, which then belong to it. */
static int
run_inetd(struct daemon *d)
{
	struct sockaddr_storage from = {0};
	socklen_t size = sizeof(from);
	unsigned char address[ACCESS_ADDRESS_SIZE];
	struct job j = JOB_INIT;
	int code = prepare(d);

	if (code != 0)
		return code;
	process_catch_signals();
	j.settings = &d->settings;
	j.toolchain = &d->toolchain;
	j.confinement = &d->confinement;
	j.tls = d->tls;
	j.offers_pump = d->offers_pump;
	snprintf(j.client, sizeof(j.client), "inetd");
	/* A pipe, or a socket of this machine: whoever started us has let the client in. */
	if (getpeername(STDIN_FILENO, (struct sockaddr *)&from, &size) == 0 &&
	    access_address(&from, address) == OK) {
		access_format(&from, j.client);
		if (!access_is_allowed(&d->settings.allow, address))
			j.reason = REASON_ACCESS;
	} else {
		j.is_let_in = true;
	}
	int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	int out = is_socket(STDIN_FILENO) ? in : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (in < 0 || out < 0)
		return fail(EXIT_IO_ERROR, xstrdup("--inetd: standard input and output must be open"));
	go_quiet(d);
	peer_init(&j.peer, in, out);
	job_run(&j);
	return 0;
}

static void
print_compilers(const struct toolchain *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct toolchain_entry *e = &t->list[i];

		printf("%-24s %s %s %s\n", e->name, e->path, e->id.version, e->id.target);
	}
}

static int
check_file(const char *option, const char *path)
{
	char *dir = path_dir(path);
	bool is_usable = access(path, W_OK) == 0 || (errno == ENOENT && access(dir, W_OK | X_OK) == 0);

	free(dir);
	return is_usable ? 0 : fail(EXIT_IO_ERROR, xasprintf("%s \"%s\": %s", option, path, strerror(errno)));
}

/* What a daemon would open, without a trace. */
static int
check_places(const struct settings *s)
{
	struct sockets probe = {0};
	char *error = NULL;

	/* On any port: the daemon that runs may have the right one. */
	if (sockets_open(&probe, &s->listen, 0, &error) != OK)
		return fail(EXIT_BIND_FAILED, error);
	int code = check_chaos(s, &probe);

	sockets_close(&probe);
	if (code == 0 && s->log_file != NULL)
		code = check_file("--log-file", s->log_file);
	if (code == 0 && s->pid_file != NULL)
		code = check_file("--pid-file", s->pid_file);
	return code;
}

static int
check(struct daemon *d)
{
	int code = d->settings.action == SETTINGS_CHECK ? check_places(&d->settings) : 0;

	if (code == 0)
		code = prepare(d);
	if (code != 0)
		return code;
	if (d->settings.action == SETTINGS_CHECK) {
		printf("port %u, jobs %u, as %s, files in %s\n", d->settings.port, d->settings.jobs,
		       d->account.name, d->settings.store_dir);
		printf("pump mode: %s, store %lld MiB\n", d->offers_pump ? "yes" : d->why_no_pump,
		       (long long)(d->settings.store_size >> 20));
		const char *why = d->confinement.why_not_more;

		printf("jail: %s%s%s\n", confinement_name(&d->confinement), why != NULL ? ": " : "", why != NULL ? why : "");
	}
	print_compilers(&d->toolchain);
	return 0;
}

/* A socket must not become the place of error messages, whichever number it has. */
static void
save_stderr(void)
{
	if (is_socket(STDERR_FILENO)) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null >= 0)
			dup2(null, STDERR_FILENO);
		io_close(&null);
	}
}

static int
run(struct daemon *d)
{
	struct settings *s = &d->settings;
	size_t handed_over = notify_take_sockets();

	/* What the starter forgot to close is nothing for a daemon and its jobs. */
	close_range((unsigned)NOTIFY_FIRST_FD + (unsigned)handed_over, ~0U, 0);
	if (s->action == SETTINGS_CHECK || s->action == SETTINGS_SHOW_COMPILERS)
		return check(d);
	if (s->mode == SETTINGS_MODE_UNSET && handed_over != 0)
		s->mode = SETTINGS_FOREGROUND;
	if (s->mode == SETTINGS_MODE_UNSET)
		s->mode = is_socket(STDIN_FILENO) ? SETTINGS_INETD : SETTINGS_DETACH;
	if (s->chaos.is_on && s->mode == SETTINGS_INETD)
		return fail(EXIT_BAD_ARGUMENTS, xstrdup("--chaos cannot be used with --inetd"));
	if (s->mode == SETTINGS_INETD)
		save_stderr();
	int code = open_log(d);

	if (code != 0)
		return code;
	return s->mode == SETTINGS_INETD ? run_inetd(d) : run_daemon(d, handed_over);
}

static void
release(struct daemon *d)
{
	sockets_close(&d->jobs);
	sockets_close(&d->stats);
	toolchain_release(&d->toolchain);
	tls_free(d->tls);
	account_release(&d->account);
	settings_release(&d->settings);
	confinement_release(&d->confinement);
	io_close(&d->pid_fd);
	free(d->log_path);
	free(d->why_no_pump);
}

int
main(int argc, char **argv)
{
	struct daemon d = {.log = LOGFILE_INIT, .pid_fd = -1, .confinement = CONFINEMENT_INIT};
	char *error = NULL;
	int code = 0;

	log_to_stderr("dccd", LOG_LEVEL_WARNING, LOG_PLAIN);
	umask(022);
	if (settings_parse(&d.settings, argc, argv, &error) != OK)
		code = fail(EXIT_BAD_ARGUMENTS, error);
	else if (d.settings.action == SETTINGS_SHOW_HELP)
		settings_print_help();
	else if (d.settings.action == SETTINGS_SHOW_VERSION)
		puts("dccd " PACKAGE_VERSION);
	else
		code = run(&d);
	release(&d);
	return code;
}
