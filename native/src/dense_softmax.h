/* The part of the template dense_simd.h, which includes it, that makes shares of scores. */
typedef int32_t SWG_NAME(vw) __attribute__((vector_size(SWG_WIDTH * 4)));

INLINE VF SWG_NAME(larger)(VF x, VF y)
{
    SWG_NAME(vw) first = x > y;
    return (VF)(((SWG_NAME(vw))x & first) | ((SWG_NAME(vw))y & ~first));
}

/* exp(x) for x <= 0, of -87 where x is below: 2^n times a polynomial, relative error 3e-7. */
INLINE VF SWG_NAME(exp)(VF x)
{
    const VF shift = (VF){0} + 12582912.0f; /* adding 1.5 * 2^23 rounds to integers */
    x = SWG_NAME(larger)(x, (VF){0} - 87.0f);
    VF scaled = x * 1.44269504f, whole = scaled + shift;
    SWG_NAME(vw) power = ((SWG_NAME(vw))whole - (SWG_NAME(vw))shift + 127) << 23;
    VF f = (scaled - (whole - shift)) * 0.69314718f;
    VF series = 1.0f + f * (1.0f + f * (0.5f + f * (1.0f / 6 + f * (1.0f / 24 + f * (1.0f / 120 + f / 720)))));
    return series * (VF)power;
}

FN void SWG_NAME(softmax)(float *row, const float *bias, int64_t n, float scale)
{
    VF most = SWG_NAME(load)(row) + SWG_NAME(load)(bias), sum = {0};
    for (int64_t t = 0; t < n; t += SWG_WIDTH) {
        VF x = SWG_NAME(load)(row + t) + SWG_NAME(load)(bias + t);
        SWG_NAME(store)(row + t, x);
        most = SWG_NAME(larger)(x, most);
    }
    float top = most[0];
    for (int i = 1; i < SWG_WIDTH; i++)
        top = most[i] > top ? most[i] : top;
    for (int64_t t = 0; t < n; t += SWG_WIDTH) {
        VF x = SWG_NAME(exp)(SWG_NAME(load)(row + t) - top);
        SWG_NAME(store)(row + t, x);
        sum += x;
    }
    float share = scale / SWG_NAME(sum1)(sum);
    for (int64_t t = 0; t < n; t += SWG_WIDTH)
        SWG_NAME(store)(row + t, SWG_NAME(load)(row + t) * share);
}
