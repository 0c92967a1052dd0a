#include "swg/solve.h"

#include <float.h>
#include <math.h>
#include <string.h>

static double smallest_pivot(const double *a, int64_t n)
{
    double largest = 0.0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, a[i * n + i]);
    return largest * (double)n * DBL_EPSILON;
}

/* Row oriented on the transpose (A = U' U), so that the inner loops run along rows and vectorise. */
static enum swg_status factor_upper(double *a, int64_t n)
{
    double limit = smallest_pivot(a, n);
    for (int64_t k = 0; k < n; k++) {
        double *pivot_row = a + k * n;
        if (!(pivot_row[k] > limit) || !isfinite(pivot_row[k]))
            return SWG_ERR_NOT_SPD;
        double scale = 1.0 / sqrt(pivot_row[k]);
        for (int64_t j = k; j < n; j++)
            pivot_row[j] *= scale;
        for (int64_t i = k + 1; i < n; i++) {
            double factor = pivot_row[i];
            for (int64_t j = i; j < n; j++)
                a[i * n + j] -= factor * pivot_row[j];
        }
    }
    return SWG_OK;
}

enum swg_status swg_cholesky(double *a, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            a[j * n + i] = a[i * n + j];
    enum swg_status status = factor_upper(a, n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++) {
            a[j * n + i] = a[i * n + j];
            a[i * n + j] = 0.0;
        }
    return status;
}

void swg_invert_lower(const double *l, int64_t n, double *inverse)
{
    memset(inverse, 0, sizeof(double) * (size_t)(n * n));
    for (int64_t i = 0; i < n; i++) {
        double *row = inverse + i * n;
        double scale = 1.0 / l[i * n + i];
        row[i] = 1.0;
        for (int64_t k = 0; k < i; k++) {
            double factor = l[i * n + k];
            for (int64_t j = 0; j <= k; j++)
                row[j] -= factor * inverse[k * n + j];
        }
        for (int64_t j = 0; j <= i; j++)
            row[j] *= scale;
    }
}
