/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ctl/request.h"

#include <curl/curl.h>

static size_t take(char *bytes, size_t size, size_t n, void *to)
{
    struct buffer *b = to;
    if (b->used + size * n > ANSWER_MAX)
        return 0;
    buffer_add(b, bytes, size * n);
    return size * n;
}

static const char *why(CURLcode code)
{
    switch ((int)code) {
    case CURLE_COULDNT_CONNECT:
        return "no daemon answers there";
    case CURLE_OPERATION_TIMEDOUT:
        return "the daemon did not answer in time";
    default:
        return curl_easy_strerror(code);
    }
}

char *ctl_escape(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, (int)strlen(text));
    if (escaped == NULL)
        abort();
    char *copy = xstrdup(escaped);
    curl_free(escaped);
    return copy;
}

int ctl_request(const char *socket, const char *method, const char *path, const json_t *body,
                json_t **ret_body, const char **ret_error)
{
    *ret_body = NULL;
    *ret_error = NULL;
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        abort();
    struct buffer answer = { 0 };
    autofree char *url = xasprintf("http://drd%s", path);
    autofree char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)REQUEST_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    if (str_eq(method, "POST")) {
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text == NULL ? "{}" : text);
    }
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    else
        *ret_error = why(code);
    if (answer.used > 0)
        *ret_body = json_loadb(answer.text, answer.used, JSON_DECODE_ANY, NULL);
    buffer_clear(&answer);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return (int)status;
}
