/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sixteen bytes at a time where the processor has SSE2 (every x86-64), else one by one. A load may reach
 * behind the NUL, never behind the padding.
 */
#include "bytescan.h"

#ifdef __SSE2__

#include <emmintrin.h>

#define STEP 16

static __m128i
load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static __m128i
equal(__m128i v, char c)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

static unsigned
mask(__m128i v)
{
	return (unsigned)_mm_movemask_epi8(v);
}

static unsigned
first(unsigned bits)
{
	return (unsigned)__builtin_ctz(bits);
}

const char *
bytescan_special(const char *p, char other)
{
	for (;; p += STEP) {
		__m128i v = load(p);
		__m128i a = _mm_or_si128(equal(v, '#'), equal(v, '"'));
		__m128i b = _mm_or_si128(equal(v, '\''), equal(v, '/'));
		__m128i c = _mm_or_si128(equal(v, '\0'), equal(v, other));
		unsigned bits = mask(_mm_or_si128(_mm_or_si128(a, b), c));

		if (bits != 0)
			return p + first(bits);
	}
}

const char *
bytescan_line(const char *p)
{
	for (;; p += STEP) {
		__m128i v = load(p);
		__m128i a = _mm_or_si128(equal(v, '\n'), equal(v, '"'));
		__m128i b = _mm_or_si128(equal(v, '\''), equal(v, '/'));
		__m128i c = _mm_or_si128(equal(v, '\0'), equal(v, '\\'));
		unsigned bits = mask(_mm_or_si128(_mm_or_si128(a, b), c));

		if (bits != 0)
			return p + first(bits);
	}
}

const char *
bytescan_newline(const char *p)
{
	for (;; p += STEP) {
		__m128i v = load(p);
		unsigned bits = mask(_mm_or_si128(equal(v, '\n'), equal(v, '\0')));

		if (bits != 0)
			return p + first(bits);
	}
}

const char *
bytescan_pair(const char *p, char a, char b)
{
	for (;; p += STEP) {
		__m128i v = load(p);
		__m128i both = _mm_and_si128(equal(v, a), equal(load(p + 1), b));
		unsigned bits = mask(_mm_or_si128(both, equal(v, '\0')));

		if (bits != 0)
			return p + first(bits);
	}
}

size_t
bytescan_count_newlines(const char *p, const char *end)
{
	size_t count = 0;

	for (; end - p >= STEP; p += STEP)
		count += (size_t)__builtin_popcount(mask(equal(load(p), '\n')));
	if (p < end)
		count += (size_t)__builtin_popcount(mask(equal(load(p), '\n')) & ((1u << (end - p)) - 1));
	return count;
}

static __m128i
pair(__m128i v, __m128i next, char a, char b)
{
	return _mm_and_si128(equal(v, a), equal(next, b));
}

/* Adds the bit to each byte of flags where m is set. */
static __m128i
note(__m128i flags, __m128i m, int bit)
{
	return _mm_or_si128(flags, _mm_and_si128(m, _mm_set1_epi8((char)bit)));
}

/* Any byte's bits. */
static unsigned
gather(__m128i flags)
{
	unsigned char bytes[STEP];
	unsigned all = 0;

	_mm_storeu_si128((__m128i *)(void *)bytes, flags);
	for (int i = 0; i < STEP; i++)
		all |= bytes[i];
	return all;
}

unsigned
bytescan_survey(const char *p, const char *end)
{
	__m128i low = _mm_setzero_si128(), high = low;

	for (; p < end; p += STEP) {
		__m128i v = load(p), n = load(p + 1);

		low = note(low, equal(v, '\\'), BYTESCAN_BACKSLASH);
		low = note(low, equal(v, '\r'), BYTESCAN_RETURN);
		low = note(low, pair(v, n, 'R', '"'), BYTESCAN_RAW_STRING);
		low = note(low, pair(v, n, '?', '?'), BYTESCAN_TRIGRAPH);
		low = note(low, pair(v, n, '%', ':'), BYTESCAN_DIGRAPH);
		low = note(low, pair(v, n, '_', 'P'), BYTESCAN_PRAGMA);
		low = note(low, pair(v, n, '.', 'i'), BYTESCAN_ASSEMBLER);
		low = note(low, pair(v, n, 'P', 'U'), BYTESCAN_PUSH_POP);
		low = note(low, pair(v, n, 'P', 'O'), BYTESCAN_PUSH_POP);
		high = note(high, pair(v, n, '_', 'm'), BYTESCAN_MACRO >> 8);
		high = note(high, pair(v, n, 'C', 'C'), BYTESCAN_GCC >> 8);
		high = note(high, pair(v, n, 'm', 'p'), BYTESCAN_IMPORT >> 8);
	}
	return gather(low) | gather(high) << 8;
}

#else

const char *
bytescan_special(const char *p, char other)
{
	while (*p != '\0' && *p != '#' && *p != '"' && *p != '\'' && *p != '/' && *p != other)
		p++;
	return p;
}

const char *
bytescan_line(const char *p)
{
	while (*p != '\0' && *p != '\n' && *p != '"' && *p != '\'' && *p != '/' && *p != '\\')
		p++;
	return p;
}

const char *
bytescan_newline(const char *p)
{
	while (*p != '\0' && *p != '\n')
		p++;
	return p;
}

const char *
bytescan_pair(const char *p, char a, char b)
{
	while (*p != '\0' && (p[0] != a || p[1] != b))
		p++;
	return p;
}

size_t
bytescan_count_newlines(const char *p, const char *end)
{
	size_t count = 0;

	for (; p < end; p++)
		count += *p == '\n';
	return count;
}

unsigned
bytescan_survey(const char *p, const char *end)
{
	static const struct {
		char a, b; /* b is NUL: any */
		unsigned bit;
	} rows[] = {
		{'\\', '\0', BYTESCAN_BACKSLASH}, {'\r', '\0', BYTESCAN_RETURN}, {'R', '"', BYTESCAN_RAW_STRING},
		{'?', '?', BYTESCAN_TRIGRAPH},    {'%', ':', BYTESCAN_DIGRAPH},  {'_', 'P', BYTESCAN_PRAGMA},
		{'.', 'i', BYTESCAN_ASSEMBLER},   {'P', 'U', BYTESCAN_PUSH_POP}, {'P', 'O', BYTESCAN_PUSH_POP},
		{'_', 'm', BYTESCAN_MACRO},       {'C', 'C', BYTESCAN_GCC},      {'m', 'p', BYTESCAN_IMPORT},
	};
	unsigned all = 0;

	for (; p < end; p++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			if (p[0] == rows[i].a && (rows[i].b == '\0' || p[1] == rows[i].b))
				all |= rows[i].bit;
		}
	}
	return all;
}

#endif
