/* SPDX-License-Identifier: Apache-2.0 */
/* xml: a bounded reader (expat) of XML into a small tree, and an escaping writer. Document type
 * declarations are refused, so there are no entities to expand. Not a general XML library: no
 * mixed content, processing instructions are skipped. */
#ifndef DRD_XML_H
#define DRD_XML_H

#include "daemon/base/base.h"

enum { XML_DEPTH_MAX = 64, XML_NODES_MAX = 1000000 };

struct xml_node {
    char *name;        /* local name, without prefix */
    char *text;        /* character data, NUL-terminated; "" when none */
    char **attributes; /* name, value, …, NULL; local names */
    struct xml_node *child, *next;
};

/* 0, or -EINVAL with *reterr static text ("too deep", "not well-formed", …) and *reterr_line. */
int xml_parse(const char *bytes, size_t n, struct xml_node **ret, const char **reterr,
              int *reterr_line) MUST_CHECK;
void xml_free(struct xml_node *node);
/* The first child of that name, or NULL; node may be NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
const char *xml_attribute(const struct xml_node *node, const char *name);
/* Appends text with the five characters escaped that XML needs escaped, and control characters as
 * numeric references. */
void xml_escape(struct buffer *out, const char *text);

#endif
