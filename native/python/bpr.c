#include "swg/bpr.h"

#include "entries.h"
#include "views.h"

static int check_options(const struct swg_bpr_options *options)
{
    return check_threads(options->n_threads) || check_blocks(options->n_blocks) || check_rate(options->learning_rate) ||
           check_negative_power(options->negative_power) ||
           refuse_scalar(options->regularization >= 0.0 && options->learning_rate * options->regularization < 1.0,
                         "regularization: must be at least 0, and below 1 / learning_rate") ||
           refuse_scalar(options->n_epochs >= 0, "n_epochs: must be at least 0");
}

/* bpr_fit(indptr, indices, user_factors, item_factors, item_bias, learning_rate, regularization, negative_power,
 * n_epochs, seed, n_blocks, n_threads, control) */
PyObject *native_bpr_fit(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[6], *result = NULL;
    struct csr_views users = {0};
    struct view views[4] = {0};
    struct swg_bpr_options options = {0};
    long long n_epochs;
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "OOOOOdddLKiiO", &o[0], &o[1], &o[2], &o[3], &o[4], &options.learning_rate,
                          &options.regularization, &options.negative_power, &n_epochs, &seed, &options.n_blocks,
                          &options.n_threads, &o[5]))
        return NULL;
    options.n_epochs = n_epochs;
    options.seed = seed;
    if (check_options(&options))
        return NULL;
    if (view_get(&views[0], o[3], "item_factors", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 1) ||
        refuse_scalar(views[0].columns >= 1 && views[0].columns <= SWG_BPR_MAX_FACTORS,
                      "n_factors: must be from 1 to 512") ||
        csr_get(&users, o[0], o[1], NULL, "", views[0].rows, 0) ||
        view_get(&views[1], o[2], "user_factors", VIEW_FLOAT32, users.matrix.n_rows, views[0].columns, 1) ||
        view_get(&views[2], o[4], "item_bias", VIEW_FLOAT32, views[0].rows, 0, 1) ||
        view_get_optional(&views[3], o[5], "control", VIEW_INT64, 2, 0, 1))
        goto done;
    options.n_factors = views[0].columns;
    options.control = view_data(&views[3]);
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_bpr_fit(&users.matrix, &options, view_data(&views[1]), view_data(&views[0]), view_data(&views[2]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, status == SWG_ERR_VALUE ? "learning_rate (the steps diverged)" : "bpr_fit") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&users);
    views_release(views, 4);
    return result;
}
