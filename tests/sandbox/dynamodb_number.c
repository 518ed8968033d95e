/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers as DynamoDB has them: 38 digits, 1E-130 to 9.99…E+125, exact sums. */
#include <stdio.h>

#include "tests/sandbox/dynamodb_value.h"

enum { SPAN_MAX = 2 * NUMBER_DIGITS + 2, EXPONENT_MAX = 126, EXPONENT_MIN = -130 };

/* 0.d1d2…dn × 10^exponent; zero has no digits. */
struct number {
    bool negative;
    int n, exponent;
    char digits[SPAN_MAX];
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_exponent(const char **text, int *ret)
{
    const char *p = *text;
    *ret = 0;
    if (*p != 'e' && *p != 'E')
        return true;
    bool negative = p[1] == '-';
    p += (p[1] == '-' || p[1] == '+') ? 2 : 1;
    if (!is_digit(*p))
        return false;
    int value = 0;
    for (; is_digit(*p); p++)
        value = value > 1000 ? value : value * 10 + (*p - '0');
    *ret = negative ? -value : value;
    *text = p;
    return true;
}

static void trim(struct number *x)
{
    int zeros = 0;
    while (zeros < x->n && x->digits[zeros] == 0)
        zeros++;
    memmove(x->digits, x->digits + zeros, (size_t)(x->n - zeros));
    x->n -= zeros;
    x->exponent -= zeros;
    while (x->n > 0 && x->digits[x->n - 1] == 0)
        x->n--;
    if (x->n == 0)
        x->negative = false, x->exponent = 0;
}

static bool in_range(const struct number *x)
{
    return x->n <= NUMBER_DIGITS &&
           (x->n == 0 || (x->exponent <= EXPONENT_MAX && x->exponent > EXPONENT_MIN));
}

static bool parse(const char *text, struct number *x)
{
    int any = 0, exponent;
    bool point = false;
    *x = (struct number){ .negative = *text == '-' };
    text += *text == '-' || *text == '+';
    for (; is_digit(*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        any++;
        x->exponent += !point;
        if (x->n == 0 && *text == '0') { /* leading zeros take no room */
            x->exponent -= 1;
            continue;
        }
        if (x->n < SPAN_MAX)
            x->digits[x->n++] = (char)(*text - '0');
        else if (*text != '0')
            return false;
    }
    if (any == 0 || !read_exponent(&text, &exponent) || *text != '\0')
        return false;
    x->exponent += exponent;
    trim(x);
    return in_range(x);
}

static void print(const struct number *x, char ret[NUMBER_TEXT])
{
    char *p = ret;
    if (x->n == 0) {
        memcpy(ret, "0", 2);
        return;
    }
    if (x->negative)
        *p++ = '-';
    if (x->exponent <= 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = x->exponent; i < 0; i++)
            *p++ = '0';
    }
    for (int i = 0; i < x->n || i < x->exponent; i++) {
        if (i == x->exponent && i > 0)
            *p++ = '.';
        *p++ = (char)('0' + (i < x->n ? x->digits[i] : 0));
    }
    *p = '\0';
}

bool number_canonical(const char *text, char ret[NUMBER_TEXT])
{
    struct number x;
    if (!parse(text, &x))
        return false;
    print(&x, ret);
    return true;
}

static int compare_size(const struct number *a, const struct number *b)
{
    if (a->n == 0 || b->n == 0)
        return (a->n > 0) - (b->n > 0);
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    for (int i = 0; i < a->n || i < b->n; i++) {
        int x = i < a->n ? a->digits[i] : 0, y = i < b->n ? b->digits[i] : 0;
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static int compare(const struct number *a, const struct number *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? -compare_size(a, b) : compare_size(a, b);
}

int number_compare(const char *a, const char *b)
{
    struct number x, y;
    bool valid = parse(a, &x) && parse(b, &y);
    assert(valid);
    (void)valid;
    return compare(&x, &y);
}

/* The digit at a power of ten. */
static int digit_at(const struct number *x, int power)
{
    int i = x->exponent - 1 - power;
    return i >= 0 && i < x->n ? x->digits[i] : 0;
}

/* |a| + |b| or |a| - |b| with |a| >= |b|, digit by digit from the right. */
static bool combine(const struct number *a, const struct number *b, bool subtract,
                    struct number *ret)
{
    int low_a = a->exponent - a->n, low_b = b->exponent - b->n;
    int low = low_a < low_b ? low_a : low_b;
    int high = (a->exponent > b->exponent ? a->exponent : b->exponent) + 1, carry = 0;
    if (high - low > SPAN_MAX)
        return false;
    *ret = (struct number){ .n = high - low, .exponent = high };
    for (int power = low; power < high; power++) {
        int digit = digit_at(a, power) + (subtract ? -digit_at(b, power) : digit_at(b, power));
        digit += carry;
        carry = digit < 0 ? -1 : digit > 9;
        ret->digits[high - 1 - power] = (char)(digit - 10 * carry);
    }
    trim(ret);
    return in_range(ret);
}

bool number_add(const char *a, const char *b, bool subtract, char ret[NUMBER_TEXT])
{
    struct number x, y, sum;
    if (!parse(a, &x) || !parse(b, &y))
        return false;
    if (subtract && y.n > 0)
        y.negative = !y.negative;
    if (x.n == 0 || y.n == 0) {
        print(x.n == 0 ? &y : &x, ret);
        return true;
    }
    bool swap = compare_size(&x, &y) < 0;
    const struct number *big = swap ? &y : &x, *small = swap ? &x : &y;
    if (!combine(big, small, x.negative != y.negative, &sum))
        return false;
    sum.negative = sum.n > 0 && big->negative;
    print(&sum, ret);
    return true;
}
