/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "chaos_plan.h"
#include "xalloc.h"

#define MILLION 1000000u
#define DELAY_MAX_MS 5000
#define SLOWNESS_MAX 10000

enum unit { PERCENT, MILLISECONDS, TIMES };

static const struct word {
	const char *name;
	enum unit unit;
	enum chaos_rate rate; /* of PERCENT */
} words[] = {
	{"drop", PERCENT, CHAOS_DROP},         {"truncate", PERCENT, CHAOS_TRUNCATE},
	{"kill", PERCENT, CHAOS_KILL},         {"full", PERCENT, CHAOS_FULL},
	{"flip", PERCENT, CHAOS_FLIP},         {"delay", MILLISECONDS, CHAOS_RATES},
	{"slow", TIMES, CHAOS_RATES},
};

static const char *const endings[] = {[PERCENT] = "%", [MILLISECONDS] = "ms", [TIMES] = "x"};

/* A number with at most four digits behind the point, times 10000; false: it is none, or above a million. */
static bool
parse_decimal(const char *p, size_t len, uint64_t *value)
{
	uint64_t n = 0;
	size_t behind = 0, digits = 0;
	bool has_point = false;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '.' && !has_point && digits != 0) {
			has_point = true;
			continue;
		}
		if (p[i] < '0' || p[i] > '9' || behind == 4 || n > (uint64_t)MILLION * 10000)
			return false;
		n = n * 10 + (uint64_t)(p[i] - '0');
		digits++;
		behind += has_point;
	}
	for (; behind < 4; behind++)
		n *= 10;
	*value = n;
	return digits != 0;
}

static bool
set_word(struct chaos_plan *plan, const struct word *w, uint64_t value)
{
	switch (w->unit) {
	case PERCENT:
		plan->rates[w->rate] = (uint32_t)value;
		return value <= MILLION;
	case MILLISECONDS:
		plan->delay_ms = (int64_t)(value / 10000);
		return value % 10000 == 0 && plan->delay_ms <= DELAY_MAX_MS;
	case TIMES:
		plan->slowness_percent = (int64_t)(value / 100);
		return plan->slowness_percent >= 100 && plan->slowness_percent <= SLOWNESS_MAX;
	}
	return false;
}

/* One "name:value". */
static bool
parse_item(struct chaos_plan *plan, const char *item, size_t len)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct word *w = &words[i];
		const char *ending = endings[w->unit];
		size_t n = strlen(w->name), tail = strlen(ending);
		uint64_t value;

		if (len < n + 1 || strncmp(item, w->name, n) != 0 || item[n] != ':')
			continue;
		return len > n + 1 + tail && strncmp(item + len - tail, ending, tail) == 0 &&
		       parse_decimal(item + n + 1, len - n - 1 - tail, &value) && set_word(plan, w, value);
	}
	return false;
}

enum err
chaos_plan_parse(const char *text, struct chaos_plan *plan, char **error)
{
	struct chaos_plan p = {.is_on = true};

	for (const char *item = text;;) {
		size_t len = strcspn(item, ",");

		if (!parse_item(&p, item, len)) {
			*error = xasprintf("--chaos \"%.*s\": must be drop, truncate, flip, kill or full with a share "
			                   "such as :0.5%%, or delay:50ms, or slow:3x",
			                   (int)len, item);
			return ERR_USAGE;
		}
		if (item[len] == '\0')
			break;
		item += len + 1;
	}
	*plan = p;
	return OK;
}

/* splitmix64: any seed will do, and nothing has to be kept but one number. */
uint64_t
chaos_plan_roll(uint64_t *dice)
{
	uint64_t z = *dice += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

bool
chaos_plan_happens(const struct chaos_plan *plan, enum chaos_rate rate, uint64_t *dice)
{
	return chaos_plan_roll(dice) % MILLION < plan->rates[rate];
}

/* Between 1 and 2^bits, each length as often as each other: most things happen early. */
static uint64_t
somewhere(uint64_t *dice, unsigned bits)
{
	uint64_t scale = (uint64_t)1 << chaos_plan_roll(dice) % bits;

	return scale + chaos_plan_roll(dice) % scale;
}

static uint64_t
maybe(const struct chaos_plan *plan, enum chaos_rate rate, unsigned bits, uint64_t *dice)
{
	uint64_t place = somewhere(dice, bits);

	return chaos_plan_happens(plan, rate, dice) ? place : CHAOS_NEVER;
}

void
chaos_plan_cast(const struct chaos_plan *plan, uint64_t seed, struct chaos_fate *fate)
{
	uint64_t dice = seed;

	fate->drop_at = maybe(plan, CHAOS_DROP, 18, &dice);
	fate->truncate_at = maybe(plan, CHAOS_TRUNCATE, 17, &dice);
	fate->cuts_answer = chaos_plan_roll(&dice) % 2 != 0;
	fate->kill_ms = maybe(plan, CHAOS_KILL, 11, &dice);
	fate->file_max = maybe(plan, CHAOS_FULL, 18, &dice);
	fate->dice = dice;
}
