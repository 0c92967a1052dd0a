#include "swg/lambdarank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swg/parallel.h"
#include "swg/types.h"

enum { RUN = 4, ROWS_PER_THREAD = 2048 };

static const double LARGEST_DIFFERENCE = 25.0, CELLS_PER_UNIT = SWG_LAMBDARANK_CELLS / 50.0;
static const double NEAREST = 0.01f; /* LightGBM's constant is a float */

static double gain_of(int32_t label) { return (double)(((int64_t)1 << label) - 1); }

static bool is_label(int32_t label) { return label >= 0 && label <= SWG_LAMBDARANK_MAX_LABEL; }

static int64_t longest_query(const struct swg_lambdarank_input *in)
{
    int64_t longest = 0;
    for (int64_t q = 0; q < in->n_queries; q++)
        longest = swg_max(longest, in->indptr[q + 1] - in->indptr[q]);
    return longest;
}

static enum swg_status check_shape(const struct swg_lambdarank_input *in)
{
    if (in->n_queries < 0 || in->n_rows < 0 || in->truncation < 1)
        return SWG_ERR_ARGUMENT;
    return swg_check_indptr(in->indptr, in->n_queries, in->n_rows);
}

/* The parts of a plan, in order. */
struct plan {
    const double *inverse_max_dcg; /* [n_queries] */
    const double *discount;        /* [longest query] */
    const double *rho;             /* [SWG_LAMBDARANK_CELLS] */
};

int64_t swg_lambdarank_plan_size(const struct swg_lambdarank_input *in)
{
    int64_t longest = check_shape(in) == SWG_OK ? longest_query(in) : INT64_MAX;
    return longest > INT32_MAX ? 0 : in->n_queries + longest + SWG_LAMBDARANK_CELLS;
}

/* DCG of the first `truncation` places when the labels fall; -1 for a label out of range. */
static double max_dcg(const int32_t *label, int64_t n, int64_t truncation, const double *discount)
{
    int64_t counts[SWG_LAMBDARANK_MAX_LABEL + 1] = {0}, place = 0;
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (!is_label(label[i]))
            return -1.0;
        counts[label[i]]++;
    }
    for (int32_t value = SWG_LAMBDARANK_MAX_LABEL; value > 0; value--)
        for (int64_t left = counts[value]; left > 0 && place < truncation; left--)
            sum += discount[place++] * gain_of(value);
    return sum;
}

enum swg_status swg_lambdarank_plan(const struct swg_lambdarank_input *in, double *plan, int64_t size)
{
    enum swg_status status = check_shape(in);
    if (status != SWG_OK)
        return status;
    if (size < 1 || size != swg_lambdarank_plan_size(in))
        return SWG_ERR_SIZE;
    double *discount = plan + in->n_queries, *rho = plan + size - SWG_LAMBDARANK_CELLS;
    for (int64_t place = 0; discount + place < rho; place++)
        discount[place] = 1.0 / log2(2.0 + (double)place);
    for (int64_t q = 0; q < in->n_queries; q++) {
        const int64_t *rows = in->indptr + q;
        double most = max_dcg(in->label + rows[0], rows[1] - rows[0], in->truncation, discount);
        if (most < 0.0)
            return SWG_ERR_INDEX;
        plan[q] = most > 0.0 ? 1.0 / most : 0.0;
    }
    for (int64_t cell = 0; cell < SWG_LAMBDARANK_CELLS; cell++)
        rho[cell] = 1.0 / (1.0 + exp((double)cell / CELLS_PER_UNIT - LARGEST_DIFFERENCE));
    return SWG_OK;
}

struct ranked {
    double score;
    int64_t row;
};

/* One query in order of score; the arrays are as long as the longest. */
struct scratch {
    struct ranked *ranked, *spare;
    double *score, *gain, *weight;
    float *gradient, *hessian;
    int32_t *others; /* places whose label differs from that of the place at work */
};

struct job {
    const struct swg_lambdarank_input *input;
    struct plan plan;
    int64_t longest;
    const double *scores;
    float *gradients, *hessians;
};

static void insertion_sort(struct ranked *rows, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        struct ranked moved = rows[i];
        int64_t place = i;
        for (; place > 0 && rows[place - 1].score < moved.score; place--)
            rows[place] = rows[place - 1];
        rows[place] = moved;
    }
}

/* Two sorted runs that follow each other, left[0:middle] and left[middle:n], into one; the left goes first in ties. */
static void merge(const struct ranked *left, int64_t middle, int64_t n, struct ranked *out)
{
    const struct ranked *right = left + middle, *left_end = right, *right_end = left + n;
    while (left < left_end && right < right_end) {
        bool from_right = right->score > left->score;
        *out++ = *(from_right ? right : left);
        right += from_right;
        left += !from_right;
    }
    memcpy(out, left, sizeof(*out) * (size_t)(left_end - left));
    memcpy(out + (left_end - left), right, sizeof(*out) * (size_t)(right_end - right));
}

/* Sorts by falling score, stable; gives the array that holds the result, rows or spare. */
static const struct ranked *sort_rows(struct ranked *rows, struct ranked *spare, int64_t n)
{
    for (int64_t start = 0; start < n; start += RUN)
        insertion_sort(rows + start, swg_min(RUN, n - start));
    for (int64_t run = RUN; run < n; run *= 2) {
        for (int64_t start = 0; start < n; start += 2 * run)
            merge(rows + start, swg_min(run, n - start), swg_min(2 * run, n - start), spare + start);
        struct ranked *sorted = spare;
        spare = rows;
        rows = sorted;
    }
    return rows;
}

/* The query's rows in order of score. */
static enum swg_status rank_query(const struct job *job, struct scratch *s, int64_t start, int64_t n,
                                  const struct ranked **ranked)
{
    const struct swg_lambdarank_input *in = job->input;
    bool bad_value = false, bad_label = false, negative = false;
    for (int64_t i = 0; i < n; i++) {
        s->ranked[i] = (struct ranked){job->scores[start + i], start + i};
        bad_value |= !isfinite(job->scores[start + i]);
        bad_label |= !is_label(in->label[start + i]);
    }
    for (int64_t i = 0; in->weight && i < n; i++) {
        bad_value |= !isfinite(in->weight[start + i]);
        negative |= in->weight[start + i] < 0.0f;
    }
    if (bad_value || bad_label || negative)
        return bad_label ? SWG_ERR_INDEX : bad_value ? SWG_ERR_VALUE : SWG_ERR_NEGATIVE;
    const struct ranked *sorted = *ranked = sort_rows(s->ranked, s->spare, n);
    for (int64_t i = 0; i < n; i++) {
        s->score[i] = sorted[i].score;
        s->gain[i] = gain_of(in->label[sorted[i].row]);
        if (in->weight)
            s->weight[i] = in->weight[sorted[i].row];
        s->gradient[i] = s->hessian[i] = 0.0f;
    }
    return SWG_OK;
}

static double rho_of(const double *table, double difference)
{
    double inside = difference > LARGEST_DIFFERENCE ? LARGEST_DIFFERENCE : difference;
    inside = inside < -LARGEST_DIFFERENCE ? -LARGEST_DIFFERENCE : inside;
    int32_t cell = (int32_t)((inside + LARGEST_DIFFERENCE) * CELLS_PER_UNIT);
    return table[cell < SWG_LAMBDARANK_CELLS ? cell : SWG_LAMBDARANK_CELLS - 1];
}

static double pair_factor(enum swg_pair_factor factor, double high, double low)
{
    return factor == SWG_PAIR_PRODUCT ? high * low : factor == SWG_PAIR_WINNER ? high : (high + low) / 2.0;
}

/* Adds the pairs of place i with the places behind it; gives half of their share of S. */
static double add_pairs(const struct job *job, struct scratch *s, int64_t i, int64_t n, double scale, bool nearness,
                        double sum)
{
    const double *discount = job->plan.discount;
    int64_t n_others = 0;
    for (int64_t j = i + 1; j < n; j++) {
        s->others[n_others] = (int32_t)j;
        n_others += s->gain[j] != s->gain[i];
    }
    float gradient = s->gradient[i], hessian = s->hessian[i];
    for (int64_t k = 0; k < n_others; k++) {
        int32_t j = s->others[k];
        bool i_wins = s->gain[i] > s->gain[j];
        double difference = s->score[i] - s->score[j];
        double delta = fabs(s->gain[i] - s->gain[j]) * (discount[i] - discount[j]) * scale;
        if (nearness)
            delta /= NEAREST + difference;
        double rho = rho_of(job->plan.rho, i_wins ? difference : -difference);
        double lambda = rho * delta, curvature = rho * (1.0 - rho) * delta;
        sum += lambda;
        if (job->input->weight) {
            double w = pair_factor(job->input->factor, s->weight[i_wins ? i : j], s->weight[i_wins ? j : i]);
            lambda *= w;
            curvature *= w;
        }
        float push = (float)(i_wins ? -lambda : lambda);
        gradient += push;
        s->gradient[j] -= push;
        hessian += (float)curvature;
        s->hessian[j] += (float)curvature;
    }
    s->gradient[i] = gradient;
    s->hessian[i] = hessian;
    return sum;
}

static enum swg_status one_query(const struct job *job, struct scratch *s, int64_t q)
{
    const struct swg_lambdarank_input *in = job->input;
    int64_t start = in->indptr[q], n = in->indptr[q + 1] - start;
    const struct ranked *ranked;
    enum swg_status status = rank_query(job, s, start, n, &ranked);
    if (status != SWG_OK || n == 0)
        return status;
    bool nearness = in->norm && s->score[0] != s->score[n - 1];
    double sum = 0.0;
    for (int64_t i = 0; i < swg_min(n - 1, in->truncation); i++)
        sum = add_pairs(job, s, i, n, job->plan.inverse_max_dcg[q], nearness, sum);
    sum *= 2.0; /* exact, hence the same as doubling each pair's */
    double norm = in->norm && sum > 0.0 ? log2(1.0 + sum) / sum : 1.0;
    for (int64_t i = 0; i < n; i++) {
        job->gradients[ranked[i].row] = (float)(s->gradient[i] * norm);
        job->hessians[ranked[i].row] = (float)(s->hessian[i] * norm);
    }
    return SWG_OK;
}

static enum swg_status run_part(void *context, int part, int n_parts)
{
    const struct job *job = context;
    const struct swg_lambdarank_input *in = job->input;
    int64_t n = job->longest;
    struct scratch s = {
        .ranked = swg_allocate(n, sizeof(struct ranked)),
        .spare = swg_allocate(n, sizeof(struct ranked)),
        .score = swg_allocate(n, sizeof(double)),
        .gain = swg_allocate(n, sizeof(double)),
        .weight = swg_allocate(n, sizeof(double)),
        .gradient = swg_allocate(n, sizeof(float)),
        .hessian = swg_allocate(n, sizeof(float)),
        .others = swg_allocate(n, sizeof(int32_t)),
    };
    bool complete = s.ranked && s.spare && s.score && s.gain && s.weight && s.gradient && s.hessian && s.others;
    enum swg_status status = complete ? SWG_OK : SWG_ERR_MEMORY;
    int64_t stop = swg_split_rows(in->indptr, in->n_queries, 1, part + 1, n_parts);
    for (int64_t q = swg_split_rows(in->indptr, in->n_queries, 1, part, n_parts); q < stop && status == SWG_OK; q++)
        status = one_query(job, &s, q);
    free(s.ranked);
    free(s.spare);
    free(s.score);
    free(s.gain);
    free(s.weight);
    free(s.gradient);
    free(s.hessian);
    free(s.others);
    return status;
}

enum swg_status swg_lambdarank(const struct swg_lambdarank_input *input, const double *plan, int64_t size,
                               const double *scores, int n_threads, float *gradients, float *hessians)
{
    enum swg_status status = check_shape(input);
    if (status != SWG_OK)
        return status;
    if (n_threads < 1 || input->factor < SWG_PAIR_PRODUCT || input->factor > SWG_PAIR_MEAN)
        return SWG_ERR_ARGUMENT;
    if (size < 1 || size != swg_lambdarank_plan_size(input))
        return SWG_ERR_SIZE;
    int64_t longest = longest_query(input);
    struct plan parts = {plan, plan + input->n_queries, plan + input->n_queries + longest};
    struct job job = {input, parts, longest, scores, gradients, hessians};
    return swg_parallel(swg_threads_for(input->n_rows, ROWS_PER_THREAD, n_threads), run_part, &job);
}
