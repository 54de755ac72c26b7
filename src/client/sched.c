/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slot-major in list order: slot 0 of every host first, then slot 1. So the first hosts of the list
 * win ties and no host is filled while another is idle. Jobs wait in a queue of those that may use
 * the same hosts: in one queue for all, a job that waits for the only host with its compiler would
 * hold up the others.
 *
 * The slots of this machine are the files "cpu_localhost_N", the same for a "localhost" in the list
 * and for jobs that stay here anyway; preprocessing has slots of its own, "cpu_cpp_N".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostmemory.h"
#include "io.h"
#include "log.h"
#include "sched.h"
#include "xalloc.h"

#define BACKOFF_DEFAULT_MS 60000
#define LOCAL_SLOTS_MIN 4u
#define CPP_SLOTS_MIN 8u
#define CHOICES_MAX ((size_t)65536)
/*
 * A volunteer that lacks a compiler is asked again after this time: somebody may have installed it.
 */
#define LACKING_PERIOD_MS ((int64_t)300 * 1000)

static enum err
parse_list(struct sched *s, const char *text, const char *origin)
{
	char *error;
	enum err e = hosts_parse(text, &s->hosts, &error);

	if (e != OK) {
		log_error("bad host list in %s: %s", origin, error);
		free(error);
		return e;
	}
	if (s->hosts.count == 0) {
		log_info("the host list in %s names no host", origin);
		return ERR_MISSING;
	}
	log_debug("host list from %s: %zu hosts", origin, s->hosts.count);
	return OK;
}

/* *is_found: this file decides, whatever comes of it. */
static enum err
read_list(struct sched *s, const char *path, bool *is_found)
{
	char *text;
	size_t len;
	enum err e = io_read_file(path, HOSTS_TEXT_MAX, &text, &len);

	if (e == OK) {
		*is_found = true;
		e = parse_list(s, text, path);
		free(text);
		return e;
	}
	if (e == ERR_LIMIT) {
		*is_found = true;
		log_error("%s is too large for a host list", path);
		return ERR_USAGE;
	}
	/* Below a foreign home not even its existence can be told. */
	if (e != ERR_MISSING)
		log_info("cannot read %s: %s", path, strerror(errno));
	return ERR_MISSING;
}

static char *
distcc_path(void)
{
	const char *home = getenv("HOME");

	return home != NULL && home[0] != '\0' ? xasprintf("%s/.distcc/hosts", home) : NULL;
}

static enum err
find_list(struct sched *s, const struct config *c)
{
	const char *list = config_string(c, CONFIG_HOSTS);

	if (list != NULL)
		return parse_list(s, list, config_origin(CONFIG_HOSTS));
	char *ours = userdir_config_path(c, "hosts");
	char *distccs = distcc_path();
	const char *paths[] = {ours, distccs, "/etc/dcc/hosts", "/etc/distcc/hosts"};
	enum err e = ERR_MISSING;
	bool is_found = false;

	for (size_t i = 0; !is_found && i < sizeof(paths) / sizeof(paths[0]); i++)
		if (paths[i] != NULL)
			e = read_list(s, paths[i], &is_found);
	free(ours);
	free(distccs);
	return e;
}

/* Another order in each process; nothing here needs good random numbers. */
static void
shuffle(struct hosts *h, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = h->count; i > 1; i--) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		size_t j = x % i;
		struct host moved = h->list[i - 1];

		h->list[i - 1] = h->list[j];
		h->list[j] = moved;
	}
}

enum err
sched_init(struct sched *s, const struct config *c, const struct userdir *dirs,
           struct state_writer *state)
{
	*s = (struct sched){.dirs = dirs, .state = state, .backoff_ms = BACKOFF_DEFAULT_MS};
	enum err backoff = config_seconds_ms(c, CONFIG_BACKOFF_PERIOD, 0, &s->backoff_ms);
	enum err e = find_list(s, c);

	if (s->hosts.randomize)
		shuffle(&s->hosts, (uint32_t)getpid());
	s->is_tried = xcalloc(s->hosts.count, sizeof(*s->is_tried));
	return e != OK ? e : backoff;
}

void
sched_release(struct sched *s)
{
	hosts_release(&s->hosts);
	free(s->is_tried);
	s->is_tried = NULL;
}

/* What stands against host i for this job: REASON_NONE, or the reason that the job is told. */
static enum reason
objection(const struct sched *s, size_t i, const char *digest)
{
	const struct host *h = &s->hosts.list[i];

	if (h->is_down)
		return REASON_NO_HOSTS;
	if (h->kind != HOST_LOCAL && digest != NULL &&
	    hostmemory_is_lacking(s->dirs->lock, h, digest, LACKING_PERIOD_MS))
		return REASON_COMPILER;
	if (s->is_tried[i] || hostmemory_is_backed_off(s->dirs->lock, h, s->backoff_ms))
		return REASON_BACKED_OFF;
	return REASON_NONE;
}

/* The hosts that this job may use, as indices; yours. */
struct eligible {
	size_t *list;
	size_t count;
	unsigned max_slots; /* of one host */
	size_t total_slots;
	uint32_t set; /* a number for the set of hosts, whatever their order */
	enum reason why; /* that there is none */
};

static uint32_t
hash_id(const char *id)
{
	uint32_t h = 2166136261u;

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 16777619u;
	return h;
}

static void
eligible_fill(struct eligible *e, const struct sched *s, const char *digest)
{
	*e = (struct eligible){.why = REASON_NO_HOSTS};
	e->list = xcalloc(s->hosts.count, sizeof(*e->list));
	for (size_t i = 0; i < s->hosts.count; i++) {
		const struct host *h = &s->hosts.list[i];
		enum reason against = objection(s, i, digest);

		if (against == REASON_NONE) {
			e->list[e->count++] = i;
			e->total_slots += h->slots;
			e->max_slots = h->slots > e->max_slots ? h->slots : e->max_slots;
			e->set += hash_id(h->id);
		} else if (against == REASON_BACKED_OFF || e->why == REASON_NO_HOSTS) {
			e->why = against;
		}
	}
}

/* The choices in the order of preference, and for each its host; both yours. */
static size_t
fill_choices(const struct sched *s, const struct eligible *e, struct lock_choice **choices,
             size_t **hosts)
{
	size_t max = e->total_slots < CHOICES_MAX ? e->total_slots : CHOICES_MAX;
	size_t n = 0;

	*choices = xcalloc(max, sizeof(**choices));
	*hosts = xcalloc(max, sizeof(**hosts));
	for (unsigned slot = 0; slot < e->max_slots; slot++)
		for (size_t i = 0; i < e->count && n < max; i++) {
			const struct host *h = &s->hosts.list[e->list[i]];

			if (slot >= h->slots)
				continue;
			(*hosts)[n] = e->list[i];
			(*choices)[n++] = (struct lock_choice){h->id, slot};
		}
	return n;
}

struct waiting {
	struct state_writer *state;
	const char *what;
};

static void
show_blocked(void *context)
{
	const struct waiting *w = context;
	struct state *s = &w->state->state;

	memset(s->blocked_on, 0, sizeof(s->blocked_on));
	memcpy(s->blocked_on, w->what, strnlen(w->what, sizeof(s->blocked_on) - 1));
	state_enter(w->state, STATE_BLOCKED, NULL, -1);
}

static enum err
take_one(const struct sched *s, const struct eligible *e, struct sched_place *place)
{
	struct waiting waiting = {s->state, "a volunteer's slot"};
	char queue[32];
	struct lock_request r = {.dir = s->dirs->lock,
	                         .queue = queue,
	                         .on_wait = show_blocked,
	                         .context = &waiting,
	                         .deadline_ms = IO_NO_DEADLINE};
	struct lock_choice *choices;
	size_t *hosts, taken;

	snprintf(queue, sizeof(queue), "remote-%08" PRIx32, e->set);
	r.count = fill_choices(s, e, &choices, &hosts);
	r.choices = choices;
	enum err result = locks_take(&r, &place->lock, &taken);

	if (result == OK) {
		place->host = &s->hosts.list[hosts[taken]];
		place->slot = choices[taken].slot;
	}
	free(choices);
	free(hosts);
	return result;
}

static bool
is_still_eligible(const struct sched *s, const struct host *h, const char *digest)
{
	return objection(s, (size_t)(h - s->hosts.list), digest) == REASON_NONE;
}

/* A job that runs without locks may flood a volunteer; so it is not sent at all. */
static enum err
no_state(enum reason *why)
{
	*why = REASON_NO_STATE;
	return ERR_SYSTEM;
}

enum err
sched_take(struct sched *s, const char *digest, struct sched_place *place, enum reason *why)
{
	if (s->hosts.count == 0) {
		*why = REASON_NO_HOSTS;
		return ERR_MISSING;
	}
	if (s->dirs->lock == NULL)
		return no_state(why);
	for (;;) {
		struct eligible e;

		eligible_fill(&e, s, digest);
		*why = e.why;
		enum err result = e.count != 0 ? take_one(s, &e, place) : ERR_MISSING;

		free(e.list);
		if (result == ERR_SYSTEM)
			return no_state(why);
		/*
		 * The wait may have been long: somebody else may have found the host dead
		 * meanwhile.
		 */
		if (result != OK || is_still_eligible(s, place->host, digest))
			return result;
		sched_place_release(place);
	}
}

void
sched_place_release(struct sched_place *place)
{
	locks_release(&place->lock);
	place->host = NULL;
}

void
sched_exclude(struct sched *s, const struct host *h)
{
	s->is_tried[h - s->hosts.list] = true;
}

/* What the list says, else one a processor, but not below the least that distcc has. */
static unsigned
local_count(unsigned configured, unsigned least)
{
	if (configured != 0)
		return configured;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > (long)least ? (unsigned)cpus : least;
}

enum err
sched_take_local(struct sched *s, enum sched_local what, struct lock *lock)
{
	bool is_cpp = what == SCHED_LOCAL_CPP;
	unsigned count = is_cpp ? local_count(s->hosts.local_cpp_slots, CPP_SLOTS_MIN)
	                        : local_count(s->hosts.local_slots, LOCAL_SLOTS_MIN);
	struct waiting waiting = {s->state, is_cpp ? "a preprocessor slot" : "a local slot"};
	struct lock_request r = {.dir = s->dirs->lock,
	                         .queue = is_cpp ? "cpp" : "local",
	                         .count = count,
	                         .on_wait = show_blocked,
	                         .context = &waiting,
	                         .deadline_ms = IO_NO_DEADLINE};
	size_t taken;

	if (r.dir == NULL)
		return ERR_SYSTEM;
	struct lock_choice *choices = xcalloc(count, sizeof(*choices));

	for (unsigned i = 0; i < count; i++)
		choices[i] = (struct lock_choice){is_cpp ? "cpp" : "localhost", i};
	r.choices = choices;
	enum err e = locks_take(&r, lock, &taken);

	free(choices);
	return e;
}
