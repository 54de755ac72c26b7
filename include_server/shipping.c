/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A blob of a host is unknown, under way, or there. It is under way from the moment a job was told to bring
 * it until the volunteer has everything of that job, or the job is over without that:
 *
 *     UNKNOWN --start--> UNDER_WAY --Known, or not among those wanted--> THERE
 *        ^                   |                                             |
 *        +--job failed, slow-+<----------------wanted----------------------+
 *
 * THERE is a belief: the volunteer always checks, and wants what it has thrown away.
 */
#include <stdlib.h>
#include <string.h>

#include "compress.h"
#include "draft.h"
#include "log.h"
#include "shipping.h"
#include "stock.h"
#include "wire.h"
#include "xalloc.h"

/* Blobs go along without being asked for up to this many bytes; the volunteer will ask for the others. */
#define INLINE_MAX ((size_t)1 << 20)
/* A job that takes longer to deliver is not waited for. */
#define SLOW_MS 10000
#define HOSTS_MAX 1024u
/* A host without any job for so many is not counted when a catalogue's price is. */
#define ACTIVE_JOBS 256u

enum { UNKNOWN = 0, UNDER_WAY, THERE };

struct host {
	char *key;
	unsigned char *states;       /* by blob */
	size_t state_count;
	bool is_known;               /* it has had everything of a job once */
	struct catalogue *catalogue; /* the newest that it has; or NULL */
	uint64_t last_job;
	struct shipment *first;      /* of those that have begun */
};

struct shipping {
	unsigned char client[MANIFEST_CLIENT_SIZE];
	struct parcels *parcels;
	struct stock *stock;
	struct host **hosts;
	size_t host_count;
	uint64_t jobs;
	struct compressor *compressor;
	struct shipping_counts counts;
};

struct shipment {
	struct shipping *shipping;
	struct host *host;
	struct shipment *next;       /* of the same host */
	bool has_begun;
	int64_t begun_ms;
	struct shipment_expectation expected;
	struct strv hidden;
	uint32_t *items;             /* numbers in the stock; the main source is the first */
	size_t item_count;
	struct catalogue *catalogue; /* that the manifest refers to, or NULL */
	struct draft draft;          /* once it has begun */
	uint32_t *wanted;            /* blobs still to be put */
	size_t wanted_count, wanted_done;
};

struct shipping *
shipping_new(const unsigned char client[MANIFEST_CLIENT_SIZE])
{
	struct shipping *s = xcalloc(1, sizeof(*s));

	memcpy(s->client, client, MANIFEST_CLIENT_SIZE);
	s->parcels = parcels_new();
	s->stock = stock_new(s->parcels);
	s->compressor = compressor_new();
	return s;
}

static void
host_free(struct shipping *s, struct host *h)
{
	catalogue_unref(s->stock, h->catalogue);
	free(h->states);
	free(h->key);
	free(h);
}

void
shipping_free(struct shipping *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->host_count; i++)
		host_free(s, s->hosts[i]);
	free(s->hosts);
	stock_free(s->stock);
	parcels_free(s->parcels);
	compressor_free(s->compressor);
	free(s);
}

void
shipping_count(const struct shipping *s, struct shipping_counts *c)
{
	struct stock_counts stock;

	stock_count(s->stock, &stock);
	*c = s->counts;
	c->hosts = s->host_count;
	c->blobs = parcels_count(s->parcels);
	c->items = stock.items;
	c->catalogues = stock.catalogues;
	c->catalogue_entries = stock.catalogue_entries;
	c->memory = stock.memory + parcels_memory(s->parcels);
	for (size_t i = 0; i < s->host_count; i++)
		c->memory += s->hosts[i]->state_count;
}

/* Hosts. */

/* The host that was not used for longest and that nobody uses. */
static void
drop_a_host(struct shipping *s)
{
	size_t oldest = s->host_count;

	for (size_t i = 0; i < s->host_count; i++)
		if (s->hosts[i]->first == NULL &&
		    (oldest == s->host_count || s->hosts[i]->last_job < s->hosts[oldest]->last_job))
			oldest = i;
	if (oldest == s->host_count)
		return;
	host_free(s, s->hosts[oldest]);
	s->hosts[oldest] = s->hosts[--s->host_count];
}

static struct host *
find_host(struct shipping *s, const char *key)
{
	for (size_t i = 0; i < s->host_count; i++)
		if (strcmp(s->hosts[i]->key, key) == 0)
			return s->hosts[i];
	if (s->host_count >= HOSTS_MAX)
		drop_a_host(s);
	struct host *h = xcalloc(1, sizeof(*h));

	h->key = xstrdup(key);
	s->hosts = xrealloc(s->hosts, (s->host_count + 1) * sizeof(struct host *));
	s->hosts[s->host_count++] = h;
	return h;
}

static size_t
count_active_hosts(const struct shipping *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->host_count; i++)
		if (s->hosts[i]->last_job + ACTIVE_JOBS > s->jobs)
			count++;
	return count;
}

static unsigned char
state_of(const struct host *h, uint32_t blob)
{
	return blob < h->state_count ? h->states[blob] : UNKNOWN;
}

static void
set_state(const struct shipping *s, struct host *h, uint32_t blob, unsigned char state)
{
	if (blob >= h->state_count) {
		size_t count = parcels_count(s->parcels) + 256;

		h->states = xrealloc(h->states, count);
		memset(h->states + h->state_count, UNKNOWN, count - h->state_count);
		h->state_count = count;
	}
	h->states[blob] = state;
}

/* Changes those blobs of the shipment that are in one state to another. */
static void
turn(struct shipment *m, unsigned char from, unsigned char to)
{
	const struct draft *d = &m->draft;

	for (size_t i = 0; i < d->file_count; i++)
		if (d->files[i] != DRAFT_NO_FILE && state_of(m->host, d->files[i]) == from)
			set_state(m->shipping, m->host, d->files[i], to);
}

/* A shipment. */

/* Puts the main source first and counts its uses. */
static void
add_items(struct shipment *m, const struct closure_result *r)
{
	struct stock *stock = m->shipping->stock;

	m->items = xcalloc(r->piece_count, sizeof(*m->items));
	stock_begin_job(stock);
	for (size_t i = 0; i < r->piece_count; i++) {
		uint32_t number = stock_find(stock, r->pieces[i]);
		bool is_main = r->pieces[i] == r->source;

		stock_use(stock, number, is_main ? STOCK_MAIN : STOCK_HEADER);
		m->items[m->item_count++] = number;
		if (is_main) {
			m->items[i] = m->items[0];
			m->items[0] = number;
		}
	}
}

enum err
shipment_new(struct shipping *s, const char *host, const struct closure_result *r,
             const struct shipment_expectation *expected, struct shipment **out)
{
	if (r->piece_count == 0 || r->piece_count > MANIFEST_ENTRIES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < r->piece_count; i++)
		if (r->pieces[i]->entry.size > PARCELS_FILE_MAX)
			return ERR_LIMIT;
	struct shipment *m = xcalloc(1, sizeof(*m));

	m->shipping = s;
	m->host = find_host(s, host);
	m->host->last_job = ++s->jobs;
	m->expected = *expected;
	for (size_t i = 0; i < r->hidden.count; i++)
		strv_add(&m->hidden, r->hidden.items[i]);
	add_items(m, r);
	*out = m;
	return OK;
}

static void
leave_host(struct shipment *m)
{
	struct shipment **p = &m->host->first;

	while (*p != m)
		p = &(*p)->next;
	*p = m->next;
	m->has_begun = false;
}

void
shipment_free(struct shipment *m)
{
	if (m == NULL)
		return;
	if (m->has_begun) {
		turn(m, UNDER_WAY, UNKNOWN);
		leave_host(m);
	}
	catalogue_unref(m->shipping->stock, m->catalogue);
	strv_release(&m->hidden);
	free(m->items);
	draft_release(&m->draft);
	free(m->wanted);
	free(m);
}

static void
give_up_slow_ones(struct host *h, int64_t now_ms)
{
	for (struct shipment *m = h->first; m != NULL; m = m->next) {
		if (m->begun_ms + SLOW_MS > now_ms)
			continue;
		turn(m, UNDER_WAY, UNKNOWN);
		m->begun_ms = INT64_MAX - SLOW_MS;
	}
}

bool
shipment_must_wait(struct shipment *m, int64_t now_ms)
{
	give_up_slow_ones(m->host, now_ms);
	for (size_t i = 0; i < m->item_count; i++) {
		const struct stock_item *item = stock_item(m->shipping->stock, m->items[i]);

		if (item->entry.type == MANIFEST_FILE && state_of(m->host, item->parcel) == UNDER_WAY)
			return true;
	}
	return false;
}

/* The newest, unless it is under way with another job: then the one that the host has. */
static struct catalogue *
choose_catalogue(const struct shipment *m)
{
	struct catalogue *newest = stock_catalogue(m->shipping->stock);

	if (newest == NULL || state_of(m->host, newest->parcel) == UNDER_WAY)
		return m->host->catalogue;
	return newest;
}


/* Beginning. */

/* Appends Manifest: ERR_LIMIT when it is too large, raw or compressed. */
static enum err
put_manifest(struct shipment *m, struct buffer *out)
{
	struct shipping *s = m->shipping;
	struct draft *d = &m->draft;
	struct manifest manifest = {.has_catalogue = m->catalogue != NULL,
	                            .indexes = d->indexes,
	                            .index_count = d->index_count,
	                            .entries = d->entries,
	                            .entry_count = d->entry_count,
	                            .hidden = m->hidden};
	struct buffer raw = {0}, zipped = {0};

	memcpy(manifest.client, s->client, sizeof(manifest.client));
	memcpy(manifest.expected, m->expected.all, sizeof(manifest.expected));
	memcpy(manifest.expected_user, m->expected.user, sizeof(manifest.expected_user));
	if (m->catalogue != NULL) {
		memcpy(manifest.catalogue, parcels_digest(s->parcels, m->catalogue->parcel),
		       sizeof(manifest.catalogue));
		manifest.catalogue_size = parcels_size(s->parcels, m->catalogue->parcel);
	}
	manifest_put(&raw, &manifest);
	compressor_add(s->compressor, raw.data, raw.len, COMPRESS_FINISH, &zipped);
	enum err e = raw.len > MANIFEST_RAW_MAX || zipped.len > WIRE_MANIFEST_MAX ? ERR_LIMIT : OK;

	if (e == OK)
		wire_put_manifest(out, zipped.data, zipped.len);
	s->counts.manifests++;
	s->counts.manifest_bytes += zipped.len;
	buffer_release(&raw);
	buffer_release(&zipped);
	return e;
}

static enum err
put_blob(struct shipment *m, uint32_t blob, const struct parcels_alive *alive, struct buffer *out)
{
	struct shipping *s = m->shipping;
	bool is_main = blob == stock_item(s->stock, m->items[0])->parcel;
	size_t before = out->len;
	enum err e = parcels_put(s->parcels, blob, is_main ? PARCELS_PASS : PARCELS_CACHE, alive, out);

	if (e == OK) {
		s->counts.sent++;
		s->counts.sent_bytes += out->len - before;
	}
	return e;
}

/* To a host that was never met go the catalogue and the source alone: it may have all the rest from another day. */
static enum err
put_first_blobs(struct shipment *m, const struct parcels_alive *alive, struct buffer *out)
{
	const struct draft *d = &m->draft;
	uint32_t main_blob = stock_item(m->shipping->stock, m->items[0])->parcel;
	size_t start = out->len;
	enum err e = OK;

	if (d->files[0] != DRAFT_NO_FILE && state_of(m->host, d->files[0]) == UNKNOWN)
		e = put_blob(m, d->files[0], alive, out);
	if (e == OK && state_of(m->host, main_blob) == UNKNOWN)
		e = put_blob(m, main_blob, alive, out);
	for (size_t i = 1; e == OK && m->host->is_known && i < d->file_count; i++) {
		uint32_t blob = d->files[i];

		if (out->len - start > INLINE_MAX)
			break;
		if (blob != DRAFT_NO_FILE && blob != main_blob && state_of(m->host, blob) == UNKNOWN)
			e = put_blob(m, blob, alive, out);
	}
	return e;
}

static void
enter_host(struct shipment *m, int64_t now_ms)
{
	const struct draft *d = &m->draft;

	m->has_begun = true;
	m->begun_ms = now_ms;
	m->next = m->host->first;
	m->host->first = m;
	turn(m, UNKNOWN, UNDER_WAY);
	for (size_t i = 0; i < d->entry_count; i++)
		stock_spend(m->shipping->stock, d->spelled[i]);
}

enum err
shipment_start(struct shipment *m, int64_t now_ms, const struct parcels_alive *alive, struct buffer *out)
{
	struct shipping *s = m->shipping;
	size_t before = out->len;

	stock_consider_catalogue(s->stock, count_active_hosts(s));
	m->catalogue = catalogue_ref(choose_catalogue(m));
	draft_make(&m->draft, s->stock, m->catalogue, m->items, m->item_count);
	enum err e = put_manifest(m, out);

	if (e == OK)
		e = put_first_blobs(m, alive, out);
	if (e != OK) {
		out->len = before;
		return e;
	}
	enter_host(m, now_ms);
	return OK;
}

/* Afterwards. */

/* What was not wanted is there; the catalogue is wanted alone, and then nothing is known of the rest. */
static void
believe(struct shipment *m, const uint32_t *numbers, size_t count)
{
	const struct draft *d = &m->draft;

	for (size_t i = 0, w = 0; i < d->file_count && numbers[0] != 0; i++) {
		bool is_wanted = w < count && numbers[w] == i;

		if (is_wanted)
			w++;
		if (d->files[i] != DRAFT_NO_FILE)
			set_state(m->shipping, m->host, d->files[i], is_wanted ? UNDER_WAY : THERE);
	}
}

enum err
shipment_want(struct shipment *m, const uint32_t *numbers, size_t count)
{
	const struct draft *d = &m->draft;

	for (size_t i = 0; i < count; i++)
		if (numbers[i] >= d->file_count || d->files[numbers[i]] == DRAFT_NO_FILE ||
		    (i != 0 && numbers[i] <= numbers[i - 1]))
			return ERR_PROTOCOL;
	if (count == 0 || !m->has_begun || shipment_has_more(m))
		return ERR_PROTOCOL;
	free(m->wanted);
	m->wanted = xcalloc(count, sizeof(*m->wanted));
	m->wanted_count = count;
	m->wanted_done = 0;
	for (size_t i = 0; i < count; i++)
		m->wanted[i] = d->files[numbers[i]];
	believe(m, numbers, count);
	m->shipping->counts.wanted += count;
	return OK;
}

bool
shipment_has_more(const struct shipment *m)
{
	return m->wanted_done < m->wanted_count;
}

enum err
shipment_next(struct shipment *m, const struct parcels_alive *alive, struct buffer *out)
{
	return put_blob(m, m->wanted[m->wanted_done++], alive, out);
}

void
shipment_delivered(struct shipment *m)
{
	const struct draft *d = &m->draft;

	if (!m->has_begun)
		return;
	for (size_t i = 0; i < d->file_count; i++)
		if (d->files[i] != DRAFT_NO_FILE)
			set_state(m->shipping, m->host, d->files[i], THERE);
	m->host->is_known = true;
	if (m->catalogue != NULL && m->catalogue != m->host->catalogue) {
		catalogue_unref(m->shipping->stock, m->host->catalogue);
		m->host->catalogue = catalogue_ref(m->catalogue);
	}
	leave_host(m);
}
