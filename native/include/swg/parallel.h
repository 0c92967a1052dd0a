/* A parallel loop over a static partition.
 *
 * Threads are spawned at each call and joined before it returns: nothing survives to be lost by fork(), nothing
 * spins. Tasks write disjoint outputs, so results do not depend on the number of threads. Workers block all
 * signals: they are delivered to the threads of the host. Not promised: that parts run at the same time.
 */
#ifndef SWG_PARALLEL_H
#define SWG_PARALLEL_H

#include <stdint.h>

#include "swg/status.h"

enum { SWG_MAX_THREADS = 1024 };

typedef enum swg_status (*swg_task)(void *context, int part, int n_parts);

/* Runs task(context, part, n_threads) for every part. Returns the status of the first part that failed, in part
 * order. A thread that cannot be created has its part run by the caller. n_threads is clipped to
 * 1 .. SWG_MAX_THREADS. */
enum swg_status swg_parallel(int n_threads, swg_task task, void *context);

/* First element of part `part` when n elements are split evenly; part n_parts gives n. */
int64_t swg_split(int64_t n, int part, int n_parts);

/* The same over rows whose cost is their number of entries plus row_cost: first row of the part. */
int64_t swg_split_rows(const int64_t *indptr, int64_t n_rows, int64_t row_cost, int part, int n_parts);

/* Threads worth starting for `work` elementary operations: one for each `grain`, at most n_threads, at least 1. */
int swg_threads_for(int64_t work, int64_t grain, int n_threads);

#endif
