/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text either gives hosts that can be named in a file and parsed again, or a message. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hosts.h"
#include "xalloc.h"

/* An entry by itself means what it means in its list. */
static void
check_again(const struct host *h)
{
	struct hosts again = {0};
	char *error = NULL;

	check(hosts_parse(h->text, &again, &error) == OK && again.count == 1);
	check(strcmp(again.list[0].id, h->id) == 0 && strcmp(again.list[0].name, h->name) == 0);
	check(again.list[0].slots == h->slots && again.list[0].port == h->port);
	hosts_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1);
	struct hosts h = {0};
	char *error = NULL;
	size_t total = 0;

	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (hosts_parse(text, &h, &error) != OK) {
		check(error != NULL && error[0] != '\0' && h.count == 0);
		free(error);
	}
	for (size_t i = 0; i < h.count; i++) {
		const struct host *host = &h.list[i];

		check(host->slots >= 1 && host->slots <= HOSTS_SLOTS_MAX);
		check(host->port >= 1 && host->port <= 65535);
		check(strchr(host->id, '/') == NULL && strlen(host->id) < 100);
		check(host->name[0] != '-' && (host->user == NULL || host->user[0] != '-'));
		check_again(host);
		total += host->slots;
	}
	check(hosts_total_slots(&h) == total);
	hosts_release(&h);
	free(text);
	return 0;
}
