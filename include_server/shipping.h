/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SHIPPING_H
#define DCC_SHIPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "closure.h"
#include "err.h"
#include "manifest.h"
#include "parcels.h"

/* What each volunteer has; the manifest and the bytes of one job for one host. */
struct shipping;
/* One job's. */
struct shipment;

struct shipping *
shipping_new(const unsigned char client[MANIFEST_CLIENT_SIZE]);
void
shipping_free(struct shipping *s);
struct shipping_counts {
	uint64_t hosts, blobs, items, catalogues, catalogue_entries, memory;
	uint64_t manifests, manifest_bytes, sent, sent_bytes, wanted;
};
void
shipping_count(const struct shipping *s, struct shipping_counts *c);

struct shipment_expectation {
	unsigned char all[MANIFEST_DIGEST_SIZE];
	unsigned char user[MANIFEST_DIGEST_SIZE];
};

/* Notes what the job needs; everything is copied. ERR_LIMIT: more, or larger, files than can travel. */
enum err
shipment_new(struct shipping *s, const char *host, const struct closure_result *r,
             const struct shipment_expectation *expected, struct shipment **m);
/* What it was to deliver and did not is free for others. NULL is fine. */
void
shipment_free(struct shipment *m);
/*
 * Is something that this job needs under way to the same host with another job? It is better
 * started when that one has arrived, or has failed, or takes too long.
 */
bool
shipment_must_wait(struct shipment *m, int64_t now_ms);
/*
 * Begins: appends Manifest and the blobs that go with it. ERR_MISSING: a file is not what it was (scan again); ERR_LIMIT:
 * the manifest is too large. out is then unchanged.
 */
enum err
shipment_start(struct shipment *m, int64_t now_ms, const struct parcels_alive *alive, struct buffer *out);
/* The volunteer lacks these: shipment_next puts them. ERR_PROTOCOL. */
enum err
shipment_want(struct shipment *m, const uint32_t *numbers, size_t count);
bool
shipment_has_more(const struct shipment *m);
/* Appends the next wanted blob. ERR_MISSING. */
enum err
shipment_next(struct shipment *m, const struct parcels_alive *alive, struct buffer *out);
/* The volunteer has everything. */
void
shipment_delivered(struct shipment *m);

#endif
