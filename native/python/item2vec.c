#include "swg/item2vec.h"

#include "entries.h"
#include "views.h"

static int check_options(const struct swg_item2vec_options *options)
{
    return check_threads(options->n_threads) || check_blocks(options->n_blocks) || check_rate(options->learning_rate) ||
           check_negative_power(options->negative_power) ||
           refuse_scalar(options->window >= 1 && options->window <= SWG_ITEM2VEC_MAX_WINDOW,
                         "window: must be from 1 to 100") ||
           refuse_scalar(options->n_negatives >= 1 && options->n_negatives <= SWG_ITEM2VEC_MAX_NEGATIVES,
                         "n_negatives: must be from 1 to 31") ||
           refuse_scalar(options->n_epochs >= 0, "n_epochs: must be at least 0");
}

/* item2vec_fit(indptr, indices, item_factors, context_factors, learning_rate, negative_power, window, n_negatives,
 * shuffle, n_epochs, seed, n_blocks, n_threads, control) */
PyObject *native_item2vec_fit(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[5], *result = NULL;
    struct csr_views histories = {0};
    struct view views[3] = {0};
    struct swg_item2vec_options options = {0};
    long long n_epochs, window, n_negatives;
    unsigned long long seed;
    int shuffle;
    if (!PyArg_ParseTuple(args, "OOOOddLLpLKiiO", &o[0], &o[1], &o[2], &o[3], &options.learning_rate,
                          &options.negative_power, &window, &n_negatives, &shuffle, &n_epochs, &seed,
                          &options.n_blocks, &options.n_threads, &o[4]))
        return NULL;
    options.window = window;
    options.n_negatives = n_negatives;
    options.shuffle = shuffle != 0;
    options.n_epochs = n_epochs;
    options.seed = seed;
    if (check_options(&options))
        return NULL;
    if (view_get(&views[0], o[2], "item_factors", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 1) ||
        refuse_scalar(views[0].columns >= 1 && views[0].columns <= SWG_ITEM2VEC_MAX_FACTORS,
                      "n_factors: must be from 1 to 512") ||
        view_get(&views[1], o[3], "context_factors", VIEW_FLOAT32, views[0].rows, views[0].columns, 1) ||
        csr_get(&histories, o[0], o[1], NULL, "", views[0].rows, 0) ||
        view_get_optional(&views[2], o[4], "control", VIEW_INT64, 2, 0, 1))
        goto done;
    options.n_factors = views[0].columns;
    options.control = view_data(&views[2]);
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_item2vec_fit(&histories.matrix, &options, view_data(&views[0]), view_data(&views[1]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, status == SWG_ERR_VALUE ? "learning_rate (the steps diverged)" : "item2vec_fit") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&histories);
    views_release(views, 3);
    return result;
}
