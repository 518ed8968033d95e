/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/xml.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>

/* One open element per level: its text gathers in a buffer of its own, because children may come
 * between two pieces of it. */
struct reader {
    XML_Parser parser;
    struct xml_node *root;
    struct {
        struct xml_node *node, **tail;
        struct buffer text;
    } open[XML_DEPTH_MAX];
    unsigned depth, nodes;
    const char *error; /* why we stopped; NULL when expat knows better */
};

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon == NULL ? name : colon + 1;
}

static void stop(struct reader *r, const char *error)
{
    if (r->error == NULL)
        r->error = error;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

static char **copy_attributes(const XML_Char **attributes, unsigned *count)
{
    size_t n = 0, used = 0;
    while (attributes[n] != NULL)
        n++;
    *count = (unsigned)(n / 2);
    if (n == 0)
        return NULL;
    char **copy = (char **)xcalloc(n + 1, sizeof *copy);
    for (size_t i = 0; attributes[i] != NULL && attributes[i + 1] != NULL; i += 2) {
        if (str_prefix(attributes[i], "xmlns"))
            continue;
        copy[used++] = xstrdup(local_name(attributes[i]));
        copy[used++] = xstrdup(attributes[i + 1]);
    }
    return copy;
}

static void XMLCALL element_started(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *r = data;
    unsigned n_attributes;
    if (r->error != NULL)
        return;
    if (r->depth == XML_DEPTH_MAX) {
        stop(r, "too deep");
        return;
    }
    struct xml_node *node = xcalloc(1, sizeof *node);
    node->name = xstrdup(local_name(name));
    node->attributes = copy_attributes(attributes, &n_attributes);
    if (r->depth == 0) {
        r->root = node;
    } else {
        *r->open[r->depth - 1].tail = node;
        r->open[r->depth - 1].tail = &node->next;
    }
    r->open[r->depth].node = node;
    r->open[r->depth].tail = &node->child;
    r->depth++;
    r->nodes += 1 + n_attributes;
    if (r->nodes > XML_NODES_MAX)
        stop(r, "too many elements");
}

static void close_element(struct reader *r)
{
    r->depth--;
    r->open[r->depth].node->text = buffer_take(&r->open[r->depth].text);
}

static void XMLCALL element_ended(void *data, const XML_Char *name)
{
    struct reader *r = data;
    (void)name;
    if (r->error == NULL)
        close_element(r);
}

static void XMLCALL text_read(void *data, const XML_Char *text, int n)
{
    struct reader *r = data;
    if (r->error == NULL && r->depth > 0)
        buffer_add(&r->open[r->depth - 1].text, text, (size_t)n);
}

static void XMLCALL doctype_started(void *data, const XML_Char *name, const XML_Char *system_id,
                                    const XML_Char *public_id, int internal)
{
    (void)name, (void)system_id, (void)public_id, (void)internal;
    stop(data, "holds a document type declaration");
}

int xml_parse(const char *bytes, size_t n, struct xml_node **ret, const char **reterr,
              int *reterr_line)
{
    struct reader r = { .parser = XML_ParserCreate(NULL) };
    assert(r.parser != NULL); /* out of memory */
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, element_started, element_ended);
    XML_SetCharacterDataHandler(r.parser, text_read);
    XML_SetStartDoctypeDeclHandler(r.parser, doctype_started);

    bool good = n <= INT_MAX && XML_Parse(r.parser, bytes, (int)n, XML_TRUE) == XML_STATUS_OK;
    int line = (int)XML_GetCurrentLineNumber(r.parser);
    const char *error = r.error;
    if (n > INT_MAX)
        error = "too large";
    else if (error == NULL)
        error = XML_ErrorString(XML_GetErrorCode(r.parser));
    XML_ParserFree(r.parser);
    while (r.depth > 0)
        close_element(&r);
    if (good) {
        *ret = r.root;
        return 0;
    }
    xml_free(r.root);
    *reterr = error;
    *reterr_line = line;
    return -EINVAL;
}

void xml_free(struct xml_node *node)
{
    while (node != NULL) {
        struct xml_node *next = node->next;
        xml_free(node->child); /* as deep as XML_DEPTH_MAX */
        for (char **a = node->attributes; a != NULL && *a != NULL; a++)
            free(*a);
        free((void *)node->attributes);
        free(node->name);
        free(node->text);
        free(node);
        node = next;
    }
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = node == NULL ? NULL : node->child;
    while (child != NULL && strcmp(child->name, name) != 0)
        child = child->next;
    return child;
}

const char *xml_attribute(const struct xml_node *node, const char *name)
{
    char **a = node == NULL ? NULL : node->attributes;
    for (; a != NULL && *a != NULL; a += 2)
        if (strcmp(a[0], name) == 0)
            return a[1];
    return NULL;
}

void xml_escape(struct buffer *out, const char *text)
{
    static const struct {
        char plain;
        const char *escaped;
    } table[] = {
        { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&apos;" }
    };
    for (const char *p = text; *p != '\0'; p++) {
        const char *escaped = NULL;
        for (size_t i = 0; i < ARRAY_SIZE(table); i++)
            if (table[i].plain == *p)
                escaped = table[i].escaped;
        if (escaped != NULL)
            buffer_str(out, escaped);
        else if ((unsigned char)*p < 0x20)
            /* A reader would turn a bare line end or tab into something else. */
            buffer_printf(out, "&#x%X;", (unsigned)(unsigned char)*p);
        else
            buffer_add(out, p, 1);
    }
}
