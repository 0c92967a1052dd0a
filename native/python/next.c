#include "swg/next.h"

#include "entries.h"
#include "views.h"

static int check_options(const struct swg_next_options *options)
{
    return check_threads(options->n_threads) || check_rate(options->learning_rate) ||
           refuse_scalar(options->n_negatives >= 0 && options->n_negatives <= SWG_NEXT_MAX_BATCH,
                         "n_negatives: must be from 0 to 16384") ||
           refuse_scalar(options->batch >= 1 && options->batch <= SWG_NEXT_MAX_BATCH,
                         "batch: must be from 1 to 16384") ||
           refuse_scalar(options->n_epochs >= 0, "n_epochs: must be at least 0");
}

/* next_fit(indptr, indices, item_factors, next_factors, item_bias, lag_weights, learning_rate, n_negatives, batch, n_epochs, seed,
 * n_threads, control) */
PyObject *native_next_fit(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[7], *result = NULL;
    struct csr_views histories = {0};
    struct view views[5] = {0};
    struct swg_next_options options = {0};
    long long n_negatives, batch, n_epochs;
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "OOOOOOdLLLKiO", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5],
                          &options.learning_rate, &n_negatives, &batch, &n_epochs, &seed, &options.n_threads, &o[6]))
        return NULL;
    options.n_negatives = n_negatives;
    options.batch = batch;
    options.n_epochs = n_epochs;
    options.seed = seed;
    if (check_options(&options))
        return NULL;
    if (view_get(&views[0], o[2], "item_factors", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 1) ||
        refuse_scalar(views[0].columns >= 1 && views[0].columns <= SWG_NEXT_MAX_FACTORS,
                      "n_factors: must be from 1 to 512") ||
        view_get(&views[4], o[3], "next_factors", VIEW_FLOAT32, views[0].rows, views[0].columns, 1) ||
        view_get(&views[1], o[4], "item_bias", VIEW_FLOAT32, views[0].rows, 0, 1) ||
        view_get(&views[2], o[5], "lag_weights", VIEW_FLOAT32, VIEW_ANY, 0, 1) ||
        refuse_scalar(views[2].rows >= 1 && views[2].rows <= SWG_NEXT_MAX_LAGS, "n_lags: must be from 1 to 64") ||
        csr_get(&histories, o[0], o[1], NULL, "", views[0].rows, 0) ||
        view_get_optional(&views[3], o[6], "control", VIEW_INT64, 2, 0, 1))
        goto done;
    options.n_factors = views[0].columns;
    options.n_lags = views[2].rows;
    options.control = view_data(&views[3]);
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_next_fit(&histories.matrix, &options, view_data(&views[0]), view_data(&views[4]), view_data(&views[1]),
                          view_data(&views[2]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, status == SWG_ERR_VALUE ? "learning_rate (the steps diverged)" : "next_fit") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&histories);
    views_release(views, 5);
    return result;
}
