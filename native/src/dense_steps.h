/* The part of the template dense_simd.h, which includes it, that takes stochastic gradient steps. */
typedef int32_t SWG_NAME(vi) __attribute__((vector_size(16)));

/* 1 / (1 + exp(-x)) to 3e-7 of its value for |x| <= 80, beyond which x is clipped: exp by 2^n times a polynomial. */
INLINE VQ SWG_NAME(sigmoid)(VQ x)
{
    const VQ shift = (VQ){0} + 12582912.0f; /* 1.5 * 2^23: adding it rounds to integers */
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        x[i] = x[i] > 80.0f ? 80.0f : x[i] < -80.0f ? -80.0f : x[i];
    VQ scaled = x * -1.44269504f, whole = scaled + shift;
    SWG_NAME(vi) power = ((SWG_NAME(vi))whole - (SWG_NAME(vi))shift + 127) << 23;
    VQ f = (scaled - (whole - shift)) * 0.69314718f;
    VQ series = 1.0f + f * (1.0f + f * (0.5f + f * (1.0f / 6 + f * (1.0f / 24 + f * (1.0f / 120 + f / 720)))));
    return 1.0f / (1.0f + series * (VQ)power);
}

INLINE void SWG_NAME(rank_fixed)(float *user, float *items, float *bias, const int64_t width, const int32_t *better,
                                 const int32_t *worse, int64_t n, float rate, float keep)
{
    for (int64_t s = 0; s < n; s++) {
        float *up = items + better[s] * width, *down = items + worse[s] * width;
        VF sum = {0};
#pragma GCC unroll 8
        for (int64_t t = 0; t < width; t += SWG_WIDTH)
            sum += SWG_NAME(load)(user + t) * (SWG_NAME(load)(down + t) - SWG_NAME(load)(up + t));
        float against = SWG_NAME(sum1)(sum) + bias[worse[s]] - bias[better[s]];
        float step = rate * SWG_NAME(sigmoid)((VQ){0} + against)[0];
        bias[better[s]] = keep * bias[better[s]] + step;
        bias[worse[s]] = keep * bias[worse[s]] - step;
#pragma GCC unroll 8
        for (int64_t t = 0; t < width; t += SWG_WIDTH) {
            VF x = SWG_NAME(load)(user + t), y = SWG_NAME(load)(up + t), z = SWG_NAME(load)(down + t);
            SWG_NAME(store)(user + t, keep * x + step * (y - z));
            SWG_NAME(store)(up + t, keep * y + step * x);
            SWG_NAME(store)(down + t, keep * z - step * x);
        }
    }
}

FN void SWG_NAME(rank_pairs)(float *user, float *items, float *bias, int64_t width, const int32_t *better,
                             const int32_t *worse, int64_t n, float rate, float keep)
{
    if (width == 64)
        SWG_NAME(rank_fixed)(user, items, bias, 64, better, worse, n, rate, keep);
    else
        SWG_NAME(rank_fixed)(user, items, bias, width, better, worse, n, rate, keep);
}

/* Scores of four rows at a time; the last four may repeat the last row. */
INLINE void SWG_NAME(output_scores)(float *scores, const float *input, const float *outputs, const int64_t width,
                                    const int32_t *rows, int64_t n)
{
    for (int64_t s = 0; s < n; s += 4) {
        const float *row[4];
        VF sum[4];
#pragma GCC unroll 4
        for (int r = 0; r < 4; r++) {
            row[r] = outputs + rows[s + r < n ? s + r : n - 1] * width;
            sum[r] = (VF){0};
        }
#pragma GCC unroll 8
        for (int64_t t = 0; t < width; t += SWG_WIDTH) {
            VF x = SWG_NAME(load)(input + t);
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++)
                sum[r] += x * SWG_NAME(load)(row[r] + t);
        }
        *(VQ *)(scores + s) = SWG_NAME(sum4)(sum);
    }
}

INLINE void SWG_NAME(sample_fixed)(float *input, float *outputs, const int64_t width, const int32_t *rows, int64_t n,
                                   float rate)
{
    float steps[SWG_MAX_OUTPUTS];
    SWG_NAME(output_scores)(steps, input, outputs, width, rows, n);
    for (int64_t s = 0; s < n; s += 4)
        *(VQ *)(steps + s) = (VQ){s ? 0.0f : rate} - rate * SWG_NAME(sigmoid)(*(VQ *)(steps + s));
#pragma GCC unroll 8
    for (int64_t t = 0; t < width; t += SWG_WIDTH) {
        VF x = SWG_NAME(load)(input + t), sum = x;
        for (int64_t s = 0; s < n; s++) {
            float *place = outputs + rows[s] * width + t;
            VF row = SWG_NAME(load)(place);
            sum += steps[s] * row;
            SWG_NAME(store)(place, row + steps[s] * x);
        }
        SWG_NAME(store)(input + t, sum);
    }
}

FN void SWG_NAME(sample_step)(float *input, float *outputs, int64_t width, const int32_t *rows, int64_t n, float rate)
{
    if (width == 64)
        SWG_NAME(sample_fixed)(input, outputs, 64, rows, n, rate);
    else
        SWG_NAME(sample_fixed)(input, outputs, width, rows, n, rate);
}
