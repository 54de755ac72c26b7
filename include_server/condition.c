/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Precedence climbing over the stream of expanded tokens. An operand that is not evaluated (0 && ...) is parsed all the same.
 * gcc and clang agree wherever no message is due; where they would differ (shifts by too much) it is not followed.
 */
#include <string.h>

#include "condition.h"
#include "mode.h"
#include "number.h"

#define NESTING_MAX 400u

struct evaluator {
	struct expansion *x;
	struct token t;        /* the next one */
	bool char_is_unsigned;
	unsigned nesting;
};

static struct number
parse_conditional(struct evaluator *e);

static void
fail(struct evaluator *e, const char *what)
{
	expansion_fail(e->x, UNMODELLED_SYNTAX, what);
}

/* An operator of C++ that is spelled as a word. */
static enum token_kind
word_operator(enum special special)
{
	switch ((int)special) {
	case SPECIAL_AND:
		return TOKEN_AND_AND;
	case SPECIAL_BITAND:
		return TOKEN_AND;
	case SPECIAL_BITOR:
		return TOKEN_OR;
	case SPECIAL_COMPL:
		return TOKEN_COMPL;
	case SPECIAL_NOT:
		return TOKEN_NOT;
	case SPECIAL_NOT_EQ:
		return TOKEN_NOT_EQ;
	case SPECIAL_OR:
		return TOKEN_OR_OR;
	case SPECIAL_XOR:
		return TOKEN_XOR;
	case SPECIAL_AND_EQ:
	case SPECIAL_OR_EQ:
	case SPECIAL_XOR_EQ:
		return TOKEN_OTHER;
	default:
		return TOKEN_NAME;
	}
}

static void
advance(struct evaluator *e)
{
	expansion_next(e->x, &e->t);
	if (e->t.kind == TOKEN_NAME && e->t.symbol->special != SPECIAL_NONE && (e->x->mode & PROGRAM_CXX) != 0)
		e->t.kind = (uint8_t)word_operator((enum special)e->t.symbol->special);
}

bool
condition_read_defined(struct expansion *x)
{
	struct token t, close;

	expansion_next_raw(x, &t);
	bool has_parentheses = t.kind == TOKEN_OPEN;

	if (has_parentheses)
		expansion_next_raw(x, &t);
	if (t.kind != TOKEN_NAME) {
		expansion_fail(x, UNMODELLED_SYNTAX, "defined without a name");
		return false;
	}
	if (has_parentheses) {
		expansion_next_raw(x, &close);
		if (close.kind != TOKEN_CLOSE)
			expansion_fail(x, UNMODELLED_SYNTAX, "defined without ')'");
	}
	struct macro *m = expansion_find(x, t.symbol);

	if (m == &x->builtins[SPECIAL_NONE])
		expansion_fail(x, UNMODELLED_POISON, t.symbol->name);
	return m != NULL;
}

/* true and false are names in C until C23, which compilers know since different releases. */
static struct number
name_value(struct evaluator *e)
{
	bool is_true = e->t.symbol->special == SPECIAL_TRUE;

	if (is_true || e->t.symbol->special == SPECIAL_FALSE) {
		struct macro *version = expansion_find(e->x, symbols_intern(e->x->symbols, "__STDC_VERSION__", 16));

		if ((e->x->mode & PROGRAM_CXX) != 0)
			return (struct number){.bits = is_true};
		if (is_true && version != NULL && !expansion_is_builtin(e->x, version) &&
		    strcmp(version->text, " 201710L") > 0)
			expansion_fail(e->x, UNMODELLED_EXTENSION, "true in a condition");
	}
	return (struct number){0};
}

static struct number
parse_primary(struct evaluator *e)
{
	struct number n = {0};

	switch ((int)e->t.kind) {
	case TOKEN_NUMBER:
		if (!number_parse(e->t.text, e->t.length, &n))
			fail(e, "a number that is no integer");
		break;
	case TOKEN_CHARACTER:
		if (!number_parse_character(e->t.text, e->t.length, e->char_is_unsigned, &n))
			expansion_fail(e->x, UNMODELLED_CHARACTER, NULL);
		break;
	case TOKEN_NAME:
		if (e->t.symbol->special == SPECIAL_DEFINED)
			n.bits = condition_read_defined(e->x);
		else
			n = name_value(e);
		break;
	case TOKEN_OPEN:
		advance(e);
		n = parse_conditional(e);
		/* A comma is no operator of conditional expressions, but stands in parentheses. */
		while (e->t.kind == TOKEN_COMMA) {
			advance(e);
			n = parse_conditional(e);
		}
		if (e->t.kind != TOKEN_CLOSE)
			fail(e, "')' is missing");
		break;
	case TOKEN_HASH:
		expansion_fail(e->x, UNMODELLED_ASSERT, NULL);
		break;
	default:
		fail(e, "an operand is missing");
		break;
	}
	advance(e);
	return n;
}

static struct number
parse_unary(struct evaluator *e)
{
	enum token_kind kind = (enum token_kind)e->t.kind;
	struct number n;

	if (kind != TOKEN_NOT && kind != TOKEN_MINUS && kind != TOKEN_PLUS && kind != TOKEN_COMPL) {
		if (++e->nesting > NESTING_MAX)
			expansion_fail(e->x, UNMODELLED_LIMIT, "nested parentheses");
		n = parse_primary(e);
		e->nesting--;
		return n;
	}
	if (++e->nesting > NESTING_MAX)
		expansion_fail(e->x, UNMODELLED_LIMIT, "nested operators");
	advance(e);
	n = parse_unary(e);
	e->nesting--;
	if (kind == TOKEN_NOT)
		return (struct number){.bits = n.bits == 0};
	if (kind == TOKEN_MINUS)
		n.bits = 0 - n.bits;
	else if (kind == TOKEN_COMPL)
		n.bits = ~n.bits;
	return n;
}

static unsigned
precedence(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_TIMES:
	case TOKEN_DIVIDE:
	case TOKEN_REMAINDER:
		return 10;
	case TOKEN_PLUS:
	case TOKEN_MINUS:
		return 9;
	case TOKEN_SHIFT_LEFT:
	case TOKEN_SHIFT_RIGHT:
		return 8;
	case TOKEN_LESS:
	case TOKEN_GREATER:
	case TOKEN_LESS_EQ:
	case TOKEN_GREATER_EQ:
		return 7;
	case TOKEN_EQ_EQ:
	case TOKEN_NOT_EQ:
		return 6;
	case TOKEN_AND:
		return 5;
	case TOKEN_XOR:
		return 4;
	case TOKEN_OR:
		return 3;
	case TOKEN_AND_AND:
		return 2;
	case TOKEN_OR_OR:
		return 1;
	default:
		return 0;
	}
}

static bool
is_negative(struct number n)
{
	return !n.is_unsigned && (n.bits >> 63) != 0;
}

static struct number
divide(struct evaluator *e, enum token_kind kind, struct number a, struct number b)
{
	bool is_unsigned = a.is_unsigned || b.is_unsigned;
	struct number n = {.is_unsigned = is_unsigned};

	if (e->x->unused > 0)
		return n;
	if (b.bits == 0 || (!is_unsigned && a.bits == (uint64_t)1 << 63 && b.bits == UINT64_MAX)) {
		fail(e, "a division without result");
		return n;
	}
	if (is_unsigned)
		n.bits = kind == TOKEN_DIVIDE ? a.bits / b.bits : a.bits % b.bits;
	else
		n.bits = (uint64_t)(kind == TOKEN_DIVIDE ? (int64_t)a.bits / (int64_t)b.bits
		                                         : (int64_t)a.bits % (int64_t)b.bits);
	return n;
}

static struct number
shift(struct evaluator *e, enum token_kind kind, struct number a, struct number b)
{
	struct number n = {.is_unsigned = a.is_unsigned};
	bool is_left = (kind == TOKEN_SHIFT_LEFT) != is_negative(b);
	uint64_t by = is_negative(b) ? 0 - b.bits : b.bits;

	/* gcc: a negative shift goes the other way, and nothing is left of what goes too far. */
	if (b.bits > 63 && (e->x->mode & PROGRAM_CLANG) != 0 && e->x->unused == 0)
		expansion_fail(e->x, UNMODELLED_EXTENSION, "a shift by too much");
	if (is_left)
		n.bits = by > 63 ? 0 : a.bits << by;
	else
		n.bits = (by > 63 ? 0 : a.bits >> by) | (is_negative(a) && by > 0 ? ~(uint64_t)0 << (by > 63 ? 0 : 64 - by) : 0);
	return n;
}

static bool
is_less(struct number a, struct number b)
{
	return a.is_unsigned || b.is_unsigned ? a.bits < b.bits : (int64_t)a.bits < (int64_t)b.bits;
}

static struct number
apply(struct evaluator *e, enum token_kind kind, struct number a, struct number b)
{
	bool is_unsigned = a.is_unsigned || b.is_unsigned;

	switch ((int)kind) {
	case TOKEN_TIMES:
		return (struct number){a.bits * b.bits, is_unsigned};
	case TOKEN_PLUS:
		return (struct number){a.bits + b.bits, is_unsigned};
	case TOKEN_MINUS:
		return (struct number){a.bits - b.bits, is_unsigned};
	case TOKEN_DIVIDE:
	case TOKEN_REMAINDER:
		return divide(e, kind, a, b);
	case TOKEN_SHIFT_LEFT:
	case TOKEN_SHIFT_RIGHT:
		return shift(e, kind, a, b);
	case TOKEN_LESS:
		return (struct number){.bits = is_less(a, b)};
	case TOKEN_GREATER:
		return (struct number){.bits = is_less(b, a)};
	case TOKEN_LESS_EQ:
		return (struct number){.bits = !is_less(b, a)};
	case TOKEN_GREATER_EQ:
		return (struct number){.bits = !is_less(a, b)};
	case TOKEN_EQ_EQ:
		return (struct number){.bits = a.bits == b.bits};
	case TOKEN_NOT_EQ:
		return (struct number){.bits = a.bits != b.bits};
	case TOKEN_AND:
		return (struct number){a.bits & b.bits, is_unsigned};
	case TOKEN_XOR:
		return (struct number){a.bits ^ b.bits, is_unsigned};
	case TOKEN_OR:
		return (struct number){a.bits | b.bits, is_unsigned};
	case TOKEN_AND_AND:
		return (struct number){.bits = a.bits != 0 && b.bits != 0};
	default:
		return (struct number){.bits = a.bits != 0 || b.bits != 0};
	}
}

static struct number
parse_binary(struct evaluator *e, unsigned least)
{
	struct number a = parse_unary(e);

	for (;;) {
		enum token_kind kind = (enum token_kind)e->t.kind;
		unsigned level = precedence(kind);

		if (level == 0 || level < least)
			return a;
		bool decides = (kind == TOKEN_AND_AND && a.bits == 0) || (kind == TOKEN_OR_OR && a.bits != 0);

		e->x->unused += decides;
		advance(e);
		struct number b = parse_binary(e, level + 1);

		e->x->unused -= decides;
		a = apply(e, kind, a, b);
	}
}

static struct number
parse_conditional(struct evaluator *e)
{
	struct number condition = parse_binary(e, 1), a, b;

	if (e->t.kind != TOKEN_QUESTION)
		return condition;
	bool is_true = condition.bits != 0;

	if (++e->nesting > NESTING_MAX)
		expansion_fail(e->x, UNMODELLED_LIMIT, "nested conditions");
	e->x->unused += !is_true;
	advance(e);
	a = parse_conditional(e);
	while (e->t.kind == TOKEN_COMMA) {
		advance(e);
		a = parse_conditional(e);
	}
	e->x->unused -= !is_true;
	if (e->t.kind != TOKEN_COLON)
		fail(e, "':' is missing");
	e->x->unused += is_true;
	advance(e);
	b = parse_conditional(e);
	e->x->unused -= is_true;
	e->nesting--;
	return (struct number){is_true ? a.bits : b.bits, a.is_unsigned || b.is_unsigned};
}

bool
condition_evaluate(struct expansion *x, bool char_is_unsigned)
{
	struct evaluator e = {.x = x, .char_is_unsigned = char_is_unsigned};

	advance(&e);
	struct number n = parse_conditional(&e);

	while (e.t.kind == TOKEN_COMMA) {
		advance(&e);
		n = parse_conditional(&e);
	}
	if (e.t.kind != TOKEN_END)
		fail(&e, "something stands behind the condition");
	return n.bits != 0;
}
