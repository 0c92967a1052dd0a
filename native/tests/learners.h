/* A log for tests of learners by gradient steps: three communities, items c, c + 3, c + 6 .. of each; users of 0, 1
 * or more entries. Large enough for two blocks and for two threads. */
#ifndef SWG_TEST_LEARNERS_H
#define SWG_TEST_LEARNERS_H

#include <stdbool.h>

#include "swg/types.h"

enum { USERS = 600, ITEMS = 270, STORED = 36 * USERS, MAX_D = 70 };

struct learner_log {
    int64_t indptr[USERS + 1];
    int32_t indices[STORED];
    struct swg_csr rows;
};

static void make_log(struct learner_log *log)
{
    int64_t at = 0;
    for (int u = 0; u < USERS; u++) {
        log->indptr[u] = at;
        for (int k = 0; k < (u < 2 ? u : 36); k++)
            log->indices[at++] = (int32_t)((u * 17 + k * 5) % (ITEMS / 3) * 3 + u % 3);
    }
    log->indptr[USERS] = at;
    log->rows = (struct swg_csr){USERS, ITEMS, at, log->indptr, log->indices, NULL};
}

static inline bool holds(const struct swg_csr *log, int64_t row, int64_t column)
{
    for (int64_t e = log->indptr[row]; e < log->indptr[row + 1]; e++)
        if (log->indices[e] == column)
            return true;
    return false;
}

#endif
