/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: an SSM parameter in each region, with that region's value. */
#include "config/expand.h"

#include "config/place.h"
#include "config/reference.h"

/* Bytes that fit each tier (PutParameter). Advanced parameters are billed, so they are used only
 * where the value needs them. */
enum { STANDARD_MAX = 4096, ADVANCED_MAX = 8192 };

/* A value in one region: want's Value and whether it is secret. */
struct value {
    char *text; /* NULL with problems */
    bool secret;
};

/* "value" and "values", "secret" and "secrets": the plural has one for each side. */
static struct value value_in(struct expansion *x, const struct intent *intent, enum region region)
{
    const char *side = expand_side(x, region);
    const json_t *plain = json_object_get(intent->value, "value");
    const json_t *secret = json_object_get(intent->value, "secret");
    autofree char *values = place_key(intent->pointer, "values");
    autofree char *secrets = place_key(intent->pointer, "secrets");
    autofree char *pointer = plain != NULL    ? place_key(intent->pointer, "value")
                             : secret != NULL ? place_key(intent->pointer, "secret")
                             : json_object_get(intent->value, "values") != NULL
                                 ? place_key(values, side)
                                 : place_key(secrets, side);
    if (plain == NULL)
        plain = json_object_get(json_object_get(intent->value, "values"), side);
    if (secret == NULL)
        secret = json_object_get(json_object_get(intent->value, "secrets"), side);
    if (plain != NULL)
        return (struct value){ .text = expand_text(x, json_string_value(plain), region, pointer) };
    const char *known = expand_secret(x, secret, pointer);
    if (known != NULL && (known[0] == '\0' || strlen(known) > ADVANCED_MAX))
        problems_add(x->problems, pointer, "the secret has %zu bytes; SSM allows 1 to %d",
                     strlen(known), ADVANCED_MAX);
    return (struct value){ .text = known == NULL ? NULL : reference_quote(known), .secret = true };
}

static void add_parameter(struct expansion *x, const struct intent *intent, enum region region)
{
    struct naming n = expand_naming(x, region);
    struct value value = value_in(x, intent, region);
    if (value.text == NULL)
        return;
    autofree char *name = naming_name(&n, NAMED_PARAMETER, intent->name);
    autofree char *text = value.text;
    naming_check(&n, NAMED_PARAMETER, name, intent->pointer, x->problems);
    const char *tier = strlen(text) > STANDARD_MAX ? "Advanced" : "Standard";
    json_t *want = json_pack("{s:s, s:s, s:s, s:O, s:s}", "Name", name, "Type",
                             value.secret ? "SecureString" : "String", "Value", text, "Description",
                             json_object_get(intent->value, "description"), "Tier", tier);
    assert(want != NULL);
    expand_add(x, intent, "ssm_parameter", intent->name, region, want, "");
}

static void expand_parameter(struct expansion *x, const struct intent *intent)
{
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++)
        add_parameter(x, intent, x->regions[i]);
}

void expand_parameters(struct expansion *x)
{
    expand_each(x, "parameters", expand_parameter);
}
