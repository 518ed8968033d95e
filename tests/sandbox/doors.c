/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/server.h"

static void answer_text(struct http_response *ret, int status, const char *type, char *text)
{
    ret->status = status;
    ret->body = text;
    ret->body_size = strlen(text);
    http_headers_add(&ret->headers, "Content-Type", "%s", type);
}

static void answer_json(struct http_response *ret, int status, json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(1));
    assert(text != NULL);
    json_decref(document);
    answer_text(ret, status, "application/json", text);
}

static void answer_problem(struct http_response *ret, int status, const char *pointer,
                           const char *text)
{
    answer_json(ret, status, json_pack("{s:s, s:s}", "pointer", pointer, "error", text));
}

static void requests(struct server *s, const struct http_request *request,
                     struct http_response *ret)
{
    json_t *log = server_log(s), *entry;
    size_t i;
    if (strcmp(request->method, "DELETE") == 0) {
        json_array_clear(log);
        answer_json(ret, 200, json_object());
        return;
    }
    struct buffer lines = { 0 };
    json_array_foreach(log, i, entry)
    {
        autofree char *line = json_dumps(entry, JSON_COMPACT);
        buffer_printf(&lines, "%s\n", line);
    }
    answer_text(ret, 200, "application/x-ndjson", buffer_take(&lines));
}

static void add_fault(struct server *s, const json_t *fault, struct http_response *ret)
{
    struct problem problem = { 0 };
    autofree char *id = NULL;
    if (net_add_fault(server_net(s), fault, server_now(s), &id, &problem) < 0)
        answer_problem(ret, 400, problem.pointer, problem.text);
    else
        answer_json(ret, 200, json_pack("{s:s}", "id", id));
}

/* DELETE takes all faults away, or with "?id=…" or "/sandbox/faults/ID" one. */
static void remove_faults(struct server *s, const struct http_request *request,
                          struct http_response *ret)
{
    const char *slash = request->path + strlen("/sandbox/faults");
    const char *id = *slash == '/'                       ? slash + 1
                     : str_prefix(request->query, "id=") ? request->query + 3
                                                         : NULL;
    if (id == NULL)
        net_clear_faults(server_net(s));
    else if (!net_remove_fault(server_net(s), id)) {
        answer_problem(ret, 404, "", "there is no such fault");
        return;
    }
    answer_json(ret, 200, json_object());
}

static void clock_door(struct server *s, const json_t *body, struct http_response *ret)
{
    const json_t *by = json_object_get(body, "advance_s");
    if (!json_is_number(by) || json_number_value(by) < 0) {
        answer_problem(ret, 400, "/advance_s", "a number of seconds, not negative, is needed");
        return;
    }
    server_advance(s, (msec_t)(json_number_value(by) * 1000));
    char date[32];
    wall_iso8601(server_now(s).wall, date);
    answer_json(ret, 200, json_pack("{s:s}", "now", date));
}

void doors_answer(struct server *s, const struct http_request *request, struct http_response *ret)
{
    bool get = strcmp(request->method, "GET") == 0, post = strcmp(request->method, "POST") == 0;
    bool delete = strcmp(request->method, "DELETE") == 0;
    json_auto_t *body = post ? json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES,
                                          NULL)
                             : NULL;
    if (post && body == NULL)
        answer_problem(ret, 400, "", "the body is not JSON");
    else if (strcmp(request->path, "/sandbox/requests") == 0 && (get || delete))
        requests(s, request, ret);
    else if (strcmp(request->path, "/sandbox/faults") == 0 && get)
        answer_json(ret, 200, net_faults(server_net(s), server_now(s)));
    else if (strcmp(request->path, "/sandbox/faults") == 0 && post)
        add_fault(s, body, ret);
    else if (str_prefix(request->path, "/sandbox/faults") && delete)
        remove_faults(s, request, ret);
    else if (strcmp(request->path, "/sandbox/clock") == 0 && post)
        clock_door(s, body, ret);
    else if (strcmp(request->path, "/sandbox/state") == 0 && get)
        answer_json(ret, 200, cloud_state(server_cloud(s), server_now(s)));
    else
        answer_problem(ret, 404, "",
                       "the doors are GET and DELETE /sandbox/requests; GET, POST and DELETE "
                       "/sandbox/faults; POST /sandbox/clock; GET /sandbox/state");
}
