/* SPDX-License-Identifier: Apache-2.0 */
/* paging: one answer out of many pages, as the model's pagers say. Pure functions on JSON: who asks
 * for the next page, and when, is the client's business. */
#ifndef DRD_PAGING_H
#define DRD_PAGING_H

#include "aws/model.h"
#include "daemon/base/base.h"

enum paging {
    PAGING_DONE,        /* this was the last page */
    PAGING_MORE,        /* args now ask for the next one */
    PAGING_NO_PROGRESS, /* AWS says that there is more, and points to where we are */
};

/* Looks into the newest page and, when there is more, points args to the page after it. */
enum paging paging_advance(const struct pager *pager, const json_t *page, json_t *args);
/* Adds a page to what came before: lists are appended, counters summed, and the place to go on
 * from is the page's. Elements are shared with page. */
void paging_join(const struct pager *pager, json_t *whole, const json_t *page);
/* Takes the marks of continuation out of a whole answer. */
void paging_finish(const struct pager *pager, json_t *whole);

#endif
