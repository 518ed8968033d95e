/* SPDX-License-Identifier: Apache-2.0 */
/* TransactWriteItems: up to 100 writes and checks, all of them or none. Atomic in this region only:
 * the other members of a global table get each item by itself, when it gets there.
 * Sources: API reference of TransactWriteItems and TransactionCanceledException; developer guide,
 * "Managing complex workflows with DynamoDB transactions" and, for global tables, "How DynamoDB
 * global tables work". What AWS words how is as it answers, but for strong tables and the size:
 * there only the refusal is documented. */
#include "tests/sandbox/dynamodb_items.h"

enum {
    ACTIONS_MAX = 100, /* the model checks it */
    SIZE_MAX_BYTES = 4 * 1024 * 1024,
    TOKEN_LASTS = 10 * 60 * 1000,
};

struct transaction {
    struct request *r;
    size_t n;
    struct request requests[ACTIONS_MAX]; /* the call's, each with the arguments of one action */
    struct write writes[ACTIONS_MAX];
};

static const struct {
    const char *member;
    enum write_kind kind;
} kinds[] = {
    { "Put", WRITE_PUT },
    { "Update", WRITE_UPDATE },
    { "Delete", WRITE_DELETE },
    { "ConditionCheck", WRITE_CHECK },
};

static bool fail(const struct transaction *t, const char *problem, struct answer *reterr)
{
    *reterr = dynamodb_invalid(t->r, "%s", problem);
    return false;
}

/* ---- the same call again ---- */

static void forget_tokens(json_t *tokens, struct now now)
{
    const char *token;
    json_t *record;
    void *next;
    json_object_foreach_safe(tokens, next, token, record)
    {
        if (now.boot >= member_int(record, "until"))
            json_object_del(tokens, token);
    }
}

static void remember_token(struct request *r, const json_t *read_units)
{
    const char *token = member_str(r->args, "ClientRequestToken");
    if (token == NULL)
        return;
    json_t *record = json_pack("{s:I, s:o, s:O}", "until", r->now.boot + TOKEN_LASTS, "args",
                               member_copy(r->args), "read_units", read_units);
    assert(record != NULL);
    json_object_set_new(member_object(r->state, "tokens"), token, record);
}

static json_t *body_with(const struct request *r, const json_t *capacity)
{
    const char *asked = member_str(r->args, "ReturnConsumedCapacity");
    json_t *body = json_object();
    if (asked != NULL && strcmp(asked, "NONE") != 0)
        json_object_set_new(body, "ConsumedCapacity", member_copy(capacity));
    return body;
}

/* True when this call has been carried out before, or has a token of a different one: *ret is the
 * answer. */
static bool answered_before(struct request *r, struct answer *ret)
{
    json_t *tokens = member_object(r->state, "tokens");
    const char *token = member_str(r->args, "ClientRequestToken");
    forget_tokens(tokens, r->now);
    const json_t *record = token != NULL ? json_object_get(tokens, token) : NULL;
    if (record == NULL)
        return false;
    if (json_equal(json_object_get(record, "args"), r->args))
        *ret = answer_ok(body_with(r, json_object_get(record, "read_units")));
    else
        *ret = service_error(r, "IdempotentParameterMismatchException",
                             "DynamoDB rejected the request because you retried a request with a "
                             "different payload but with an idempotent token that was already "
                             "used.");
    return true;
}

/* ---- reading ---- */

static bool read_action(struct transaction *t, const json_t *item, struct answer *reterr)
{
    struct write *w = &t->writes[t->n];
    struct request *r = &t->requests[t->n];
    size_t found = ARRAY_SIZE(kinds);
    for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
        if (json_object_get(item, kinds[k].member) != NULL)
            found = k;
    if (found == ARRAY_SIZE(kinds) || json_object_size(item) != 1)
        return fail(t, "TransactItems can only contain one of Check, Put, Update or Delete",
                    reterr);
    *r = *t->r;
    r->args = json_object_get(item, kinds[found].member);
    t->n++; /* from here on there is something to clear */
    if (!write_read(w, kinds[found].kind, r, reterr))
        return false;
    if (table_strong(w->table))
        return fail(t,
                    "Transactional operations are not supported on tables with multi-Region strong "
                    "consistency",
                    reterr);
    return true;
}

static bool read_actions(struct transaction *t, struct answer *reterr)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(t->r->args, "TransactItems"), i, item)
    {
        if (!read_action(t, item, reterr))
            return false;
    }
    return true;
}

/* ---- checking ---- */

/* Turns the refusal of one action, which is taken, into its reason; a code without the suffix that
 * says it is an exception. */
static json_t *reason_of(struct answer *refusal)
{
    bool condition = strcmp(refusal->code, "ConditionalCheckFailedException") == 0;
    json_t *reason = json_pack("{s:s, s:s, s:O*}", "Code",
                               condition ? "ConditionalCheckFailed" : "ValidationError", "Message",
                               refusal->message, "Item", json_object_get(refusal->body, "Item"));
    assert(reason != NULL);
    answer_clear(refusal);
    return reason;
}

/* The refusal of them all. A list of codes may be longer than an answer's message: the body has it
 * whole, and the class is that of the whole. */
static struct answer cancelled(const struct request *r, const char *codes, const json_t *reasons)
{
    autofree char *text = xasprintf("Transaction cancelled, please refer cancellation reasons for "
                                    "specific reasons [%s]",
                                    codes);
    struct answer answer = service_error(r, "TransactionCanceledException", "%s", text);
    answer.class = aws_classify(r->op, answer.code, answer.status, text);
    member_set_str(answer.body, "message", text);
    json_object_set_new(answer.body, "CancellationReasons", member_copy(reasons));
    return answer;
}

/* One step for every action; each that is refused leaves its reason, the others say "None". */
static bool all_pass(struct transaction *t, bool (*step)(struct write *w, struct answer *reterr),
                     struct answer *reterr)
{
    json_auto_t *reasons = json_array();
    struct buffer codes = { 0 };
    bool pass = true;
    for (size_t i = 0; i < t->n; i++) {
        struct answer refusal;
        bool passed = step(&t->writes[i], &refusal);
        json_t *reason = passed ? json_pack("{s:s}", "Code", "None") : reason_of(&refusal);
        buffer_printf(&codes, "%s%s", i > 0 ? ", " : "", member_str(reason, "Code"));
        json_array_append_new(reasons, reason);
        pass &= passed;
    }
    if (!pass)
        *reterr = cancelled(t->r, codes.text, reasons);
    buffer_clear(&codes);
    return pass;
}

static bool items_differ(const struct transaction *t, struct answer *reterr)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < i; k++)
            if (t->writes[i].table == t->writes[k].table &&
                strcmp(t->writes[i].key, t->writes[k].key) == 0)
                return fail(t, "Transaction request cannot include multiple operations on one item",
                            reterr);
    return true;
}

static size_t size_of(const struct write *w)
{
    return values_size(w->item != NULL ? w->item : w->old != NULL ? w->old : w->given);
}

static bool small_enough(const struct transaction *t, struct answer *reterr)
{
    size_t bytes = 0;
    for (size_t i = 0; i < t->n; i++)
        bytes += size_of(&t->writes[i]);
    return bytes <= SIZE_MAX_BYTES ||
           fail(t, "The aggregate size of the items in the transaction cannot exceed 4 MB", reterr);
}

/* ---- carrying out ---- */

/* [{"TableName", "CapacityUnits", kind: …}]: a transaction costs twice. New reference. */
static json_t *capacity_of(const struct transaction *t, const char *kind, size_t unit)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->n; i++) {
        const struct write *w = &t->writes[i];
        size_t units = (size_of(w) + unit - 1) / unit;
        json_t *entry = member_find(list, "TableName", w->name);
        if (entry == NULL) {
            entry = json_pack("{s:s}", "TableName", w->name);
            json_array_append_new(list, entry);
        }
        double sum = json_real_value(json_object_get(entry, kind)) +
                     2.0 * (double)(units > 0 ? units : 1);
        json_object_set_new(entry, "CapacityUnits", json_real(sum));
        json_object_set_new(entry, kind, json_real(sum));
    }
    return list;
}

static struct answer carry_out(struct transaction *t)
{
    json_auto_t *write_units = capacity_of(t, "WriteCapacityUnits", 1024);
    json_auto_t *read_units = capacity_of(t, "ReadCapacityUnits", 4096);
    for (size_t i = 0; i < t->n; i++) {
        struct answer error;
        bool done = write_carry_out(&t->writes[i], &error);
        assert(done); /* only strong tables refuse now */
        (void)done;
    }
    remember_token(t->r, read_units);
    return answer_ok(body_with(t->r, write_units));
}

struct answer transact_write_items(struct request *r)
{
    struct answer answer;
    if (answered_before(r, &answer))
        return answer;
    autofree struct transaction *t = xcalloc(1, sizeof(*t));
    t->r = r;
    if (read_actions(t, &answer) && all_pass(t, write_locate, &answer) &&
        items_differ(t, &answer) && all_pass(t, write_plan, &answer) && small_enough(t, &answer))
        answer = carry_out(t);
    for (size_t i = 0; i < t->n; i++)
        write_clear(&t->writes[i]);
    return answer;
}
