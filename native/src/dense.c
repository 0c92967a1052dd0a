#include "swg/dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swg/parallel.h"
#include "swg/types.h"

#define SWG_NAME(x) x##_portable
#define SWG_TARGET
#define SWG_WIDTH 4
#define SWG_VECTORS 1
#define SWG_ISA SWG_ISA_PORTABLE
#include "dense_simd.h"

#if defined(__x86_64__)
#define SWG_NAME(x) x##_avx2
#define SWG_TARGET __attribute__((target("avx2,fma")))
#define SWG_WIDTH 8
#define SWG_VECTORS 1
#define SWG_ISA SWG_ISA_AVX2
#include "dense_simd.h"

#define SWG_NAME(x) x##_avx512
#define SWG_TARGET __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")))
#define SWG_WIDTH 16
#define SWG_VECTORS 2
#define SWG_ISA SWG_ISA_AVX512
#include "dense_simd.h"
#endif

static const struct swg_kernels *const sets[SWG_ISA_COUNT] = {
    [SWG_ISA_PORTABLE] = &kernels_portable,
#if defined(__x86_64__)
    [SWG_ISA_AVX2] = &kernels_avx2,
    [SWG_ISA_AVX512] = &kernels_avx512,
#endif
};

const struct swg_kernels *swg_kernels_of(enum swg_isa isa) { return swg_isa_available(isa) ? sets[isa] : NULL; }

const struct swg_kernels *swg_kernels(void)
{
    static const struct swg_kernels *chosen;
    const struct swg_kernels *kernels = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
    if (!kernels) {
        kernels = sets[swg_isa_best()];
        __atomic_store_n(&chosen, kernels, __ATOMIC_RELEASE);
    }
    return kernels;
}

/* The rows are cut into at most GRAM_BLOCKS blocks, whose sums are added in order at the end. */
enum { GRAM_BLOCKS = 16, GRAM_ROWS = 256 };

struct gram_job {
    const float *y;
    int64_t ldy, m, n, width, n_blocks;
    double *sums; /* [n_blocks, n, n] */
};

static void gram_block(const struct gram_job *job, int64_t start, int64_t stop, float *rows, float *sum,
                       double *total)
{
    const struct swg_kernels *kernels = swg_kernels();
    int64_t n = job->n, width = job->width;
    for (int64_t at = start; at < stop; at += GRAM_ROWS) {
        int64_t count = swg_min(GRAM_ROWS, stop - at);
        const float *block = job->y + at * job->ldy;
        int64_t ld = job->ldy;
        if (n != width) {
            for (int64_t i = 0; i < count; i++)
                memcpy(rows + i * width, block + i * ld, sizeof(float) * (size_t)n);
            block = rows;
            ld = width;
        }
        memset(sum, 0, sizeof(float) * (size_t)(width * width));
        kernels->add_outer(sum, width, block, ld, width, count);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = i; j < n; j++)
                total[i * n + j] += (double)sum[i * width + j];
    }
}

static enum swg_status gram_part(void *context, int part, int n_parts)
{
    const struct gram_job *job = context;
    int64_t width = job->width, square = job->n * job->n;
    float *rows = swg_allocate(GRAM_ROWS * width, sizeof(float));
    float *sum = swg_allocate(width * width, sizeof(float));
    if (rows && sum) {
        memset(rows, 0, sizeof(float) * (size_t)(GRAM_ROWS * width));
        int64_t last = swg_split(job->n_blocks, part + 1, n_parts);
        for (int64_t block = swg_split(job->n_blocks, part, n_parts); block < last; block++)
            gram_block(job, swg_split(job->m, (int)block, (int)job->n_blocks),
                       swg_split(job->m, (int)block + 1, (int)job->n_blocks), rows, sum,
                       job->sums + block * square);
    }
    enum swg_status status = rows && sum ? SWG_OK : SWG_ERR_MEMORY;
    free(rows);
    free(sum);
    return status;
}

static enum swg_status add_blocks(const struct gram_job *job, double *gram)
{
    int64_t n = job->n;
    bool finite = true;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i; j < n; j++) {
            double total = 0.0;
            for (int64_t block = 0; block < job->n_blocks; block++)
                total += job->sums[(block * n + i) * n + j];
            finite = finite && isfinite(total);
            gram[i * n + j] = gram[j * n + i] = total;
        }
    return finite ? SWG_OK : SWG_ERR_VALUE;
}

enum swg_status swg_gram(const float *y, int64_t ldy, int64_t m, int64_t n, double *gram, int n_threads)
{
    int64_t n_blocks = swg_max(1, swg_min(GRAM_BLOCKS, m / GRAM_ROWS));
    struct gram_job job = {.y = y, .ldy = ldy, .m = m, .n = n, .width = swg_padded(n), .n_blocks = n_blocks};
    job.sums = calloc((size_t)(n_blocks * n * n), sizeof(double));
    if (!job.sums)
        return SWG_ERR_MEMORY;
    int threads = (int)swg_min(n_blocks, swg_threads_for(m * n * n, 1 << 22, n_threads));
    enum swg_status status = swg_parallel(threads, gram_part, &job);
    if (status == SWG_OK)
        status = add_blocks(&job, gram);
    free(job.sums);
    return status;
}
