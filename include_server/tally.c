/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "autoconf.h"
#include "io.h"
#include "oracle.h"
#include "tally.h"

static const char *const step_names[TALLY_STEPS] = {
	[TALLY_SCAN] = "scan",
	[TALLY_DIGEST] = "digest",
	[TALLY_SHIP] = "ship",
	[TALLY_WAIT] = "wait",
};

void
tally_add(struct tally *t, enum tally_step step, int64_t start_us)
{
	uint64_t us = (uint64_t)(io_now_us() - start_us);

	t->steps[step].count++;
	t->steps[step].total_us += us;
	if (us > t->steps[step].longest_us)
		t->steps[step].longest_us = us;
}

static void
put(struct buffer *out, const char *name, uint64_t value)
{
	char line[128];

	snprintf(line, sizeof(line), "%-26s %llu\n", name, (unsigned long long)value);
	buffer_add_string(out, line);
}

/* Kibibytes of memory that are ours now. */
static uint64_t
resident_kb(void)
{
	unsigned long long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static uint64_t
cpu_ms(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) < 0)
		return 0;
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static void
put_jobs(const struct tally *t, struct buffer *out)
{
	char name[64];

	put(out, "asked", t->asked);
	put(out, "pump", t->unmodelled[UNMODELLED_NONE]);
	for (size_t i = 1; i < UNMODELLED_COUNT; i++) {
		if (t->unmodelled[i] == 0)
			continue;
		snprintf(name, sizeof(name), "reason %s", unmodelled_word((enum unmodelled)i));
		put(out, name, t->unmodelled[i]);
	}
	put(out, "scanned again", t->rescans);
	put(out, "delivered", t->delivered);
	put(out, "abandoned", t->abandoned);
	put(out, "wants", t->wants);
	put(out, "lists", t->listed);
	put(out, "differences", t->differed);
	put(out, "audits", t->audits);
	put(out, "audits that differ", t->audits_bad);
}

static void
put_steps(const struct tally *t, struct buffer *out)
{
	char name[64];

	for (size_t i = 0; i < TALLY_STEPS; i++) {
		uint64_t count = t->steps[i].count;

		snprintf(name, sizeof(name), "%s us, mean", step_names[i]);
		put(out, name, count != 0 ? t->steps[i].total_us / count : 0);
		snprintf(name, sizeof(name), "%s us, longest", step_names[i]);
		put(out, name, t->steps[i].longest_us);
	}
}

static void
put_shipping(const struct shipping *s, struct buffer *out)
{
	struct shipping_counts c;

	shipping_count(s, &c);
	put(out, "hosts", c.hosts);
	put(out, "manifests", c.manifests);
	put(out, "manifest bytes", c.manifest_bytes);
	put(out, "blobs sent", c.sent);
	put(out, "blob bytes", c.sent_bytes);
	put(out, "blobs wanted", c.wanted);
	put(out, "blobs known", c.blobs);
	put(out, "catalogues", c.catalogues);
	put(out, "catalogue entries", c.catalogue_entries);
	put(out, "shipping memory", c.memory);
}

static void
put_oracle(const struct closure *closure, struct buffer *out)
{
	struct oracle_counts c;

	oracle_count(closure_oracle(closure), &c);
	put(out, "compiler runs", c.runs);
	put(out, "dialects", c.dialects);
	put(out, "search lists", c.lists);
	put(out, "questions", c.questions);
}

static void
put_resolver(struct closure *closure, struct buffer *out)
{
	struct resolver_counts c;

	resolver_count(closure_resolver(closure), &c);
	put(out, "files", c.files);
	put(out, "folders", c.folders);
	put(out, "watches", c.watches);
	put(out, "programs", c.programs);
	put(out, "source bytes", c.bytes);
	put(out, "resolver memory", c.memory);
	put(out, "finds", c.finds);
	put(out, "memo hits", c.memo_hits);
	put(out, "stats", c.stats);
	put(out, "reads", c.reads);
}

void
tally_format(const struct tally *t, struct closure *c, const struct shipping *s, struct buffer *out)
{
	buffer_add_string(out, "version                    " PACKAGE_VERSION "\n");
	put(out, "pid", (uint64_t)getpid());
	put(out, "seconds", (uint64_t)(io_now_ms() - t->start_ms) / 1000);
	put(out, "cpu ms", cpu_ms());
	put(out, "resident KiB", resident_kb());
	put(out, "connections", t->connections);
	put(out, "most at once", t->most_at_once);
	put(out, "signs of life", t->busies);
	put_jobs(t, out);
	put_steps(t, out);
	put_shipping(s, out);
	put_resolver(c, out);
	put_oracle(c, out);
}
