/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a configuration: refused with a problem, or expanded, and never anything else. */
#include "config/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_accepted(struct topology *t)
{
    struct graph graph;
    struct problems problems = { 0 };
    json_auto_t *outputs = topology_outputs(t, "123456789012");
    json_auto_t *secrets = json_object(), *listed = topology_secrets(t);
    size_t i;
    json_t *secret;
    json_array_foreach(listed, i, secret) json_object_set_new(
        secrets, json_string_value(json_object_get(secret, "pointer")), json_string("${secret"));
    /* What a rehearsal accepted expands, but for an account that is pinned to another. */
    if (topology_expand(t, "123456789012", secrets, &graph, &problems) == 0)
        graph_clear(&graph);
    else
        assert(topology_settings(t)->account[0] != '\0');
    assert(json_is_object(outputs));
    problems_clear(&problems);
    topology_unref(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct topology *t = NULL;
    struct problems problems = { 0 };
    if (topology_load((const char *)bytes, n, "fuzz.json", &t, &problems) == 0)
        check_accepted(t);
    else
        assert(problems.n > 0 && problems.items[0].text[0] != '\0');
    problems_clear(&problems);
    return 0;
}
