#include "swg/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct worker {
    pthread_t thread;
    swg_task task;
    void *context;
    int part, n_parts;
    enum swg_status status;
    bool started;
};

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    worker->status = worker->task(worker->context, worker->part, worker->n_parts);
    return NULL;
}

static void start_workers(struct worker *workers, int n)
{
    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &previous);
    for (int i = 1; i < n; i++)
        workers[i].started = pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) == 0;
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
}

enum swg_status swg_parallel(int n_threads, swg_task task, void *context)
{
    if (n_threads <= 1)
        return task(context, 0, 1);
    int n = n_threads < SWG_MAX_THREADS ? n_threads : SWG_MAX_THREADS;
    struct worker *workers = calloc((size_t)n, sizeof(*workers));
    if (!workers)
        return SWG_ERR_MEMORY;
    for (int i = 0; i < n; i++)
        workers[i] = (struct worker){.task = task, .context = context, .part = i, .n_parts = n};
    start_workers(workers, n);
    enum swg_status status = SWG_OK;
    for (int i = 0; i < n; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        else
            run_worker(&workers[i]);
        if (status == SWG_OK)
            status = workers[i].status;
    }
    free(workers);
    return status;
}

int64_t swg_split(int64_t n, int part, int n_parts)
{
    return n / n_parts * part + n % n_parts * part / n_parts;
}

int64_t swg_split_rows(const int64_t *indptr, int64_t n_rows, int64_t row_cost, int part, int n_parts)
{
    if (part >= n_parts)
        return n_rows;
    int64_t target = swg_split(indptr[n_rows] + n_rows * row_cost, part, n_parts);
    int64_t low = 0, high = n_rows;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (indptr[middle] + middle * row_cost < target)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int swg_threads_for(int64_t work, int64_t grain, int n_threads)
{
    int64_t worth = work / grain;
    if (worth < 1)
        worth = 1;
    return worth < n_threads ? (int)worth : n_threads;
}
