/* The extension module samplew_gbm._native: one function an entry of the core, called by samplew_gbm/native only.
 * Every function: parse, check the views, release the GIL, call the core, turn the status into an exception. */
#include "entries.h"
#include "views.h"

#include "swg/als.h"
#include "swg/covisit.h"
#include "swg/dense.h"
#include "swg/parallel.h"
#include "swg/sparse.h"
#include "swg/topk.h"

static int check_regularization(double value)
{
    return refuse_scalar(value >= 0.0 && value < 1e300, "regularization: must be a finite number of at least 0");
}

static int check_factors(int64_t d)
{
    return refuse_scalar(d >= 1 && d <= SWG_ALS_MAX_FACTORS, "n_factors: must be from 1 to 512");
}

static int get_control(struct view *view, PyObject *object)
{
    return view_get_optional(view, object, "control", VIEW_INT64, 2, 0, 1);
}

enum { NOT_NEGATIVE = SWG_CHECK_FINITE | SWG_CHECK_NOT_NEGATIVE };

static PyObject *native_als_fit(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[9], *result = NULL;
    struct csr_views users = {0}, items = {0};
    struct view views[3] = {0};
    struct swg_als_options options = {0};
    long long n_epochs;
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "OOOOOOOOdLKiO", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &o[6], &o[7],
                          &options.regularization, &n_epochs, &seed, &options.n_threads, &o[8]))
        return NULL;
    if (check_threads(options.n_threads) || check_regularization(options.regularization) ||
        refuse_scalar(n_epochs >= 0, "n_epochs: must be at least 0"))
        return NULL;
    if (view_get(&views[0], o[6], "user_factors", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 1) ||
        check_factors(views[0].columns) ||
        view_get(&views[1], o[7], "item_factors", VIEW_FLOAT32, VIEW_ANY, views[0].columns, 1) ||
        get_control(&views[2], o[8]))
        goto done;
    if (csr_get(&users, o[0], o[1], o[2], "", views[1].rows, NOT_NEGATIVE) ||
        csr_get(&items, o[3], o[4], o[5], "t_", views[0].rows, NOT_NEGATIVE))
        goto done;
    if (refuse_scalar(users.matrix.n_rows == views[0].rows, "indptr: its rows must be those of user_factors") ||
        refuse_scalar(items.matrix.n_rows == views[1].rows, "t_indptr: its rows must be those of item_factors") ||
        refuse_scalar(users.matrix.n_stored == items.matrix.n_stored,
                      "t_indices: must hold as many values as indices, of which it is the transpose"))
        goto done;
    options.n_factors = views[0].columns;
    options.n_epochs = n_epochs;
    options.seed = seed;
    options.control = view_data(&views[2]);
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_als_fit(&users.matrix, &items.matrix, &options, view_data(&views[0]), view_data(&views[1]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, "als_fit") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&users);
    csr_release(&items);
    views_release(views, 3);
    return result;
}

static PyObject *native_als_gram(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[2], *result = NULL;
    struct view views[2] = {0};
    int n_threads;
    if (!PyArg_ParseTuple(args, "OOi", &o[0], &o[1], &n_threads) || check_threads(n_threads))
        return NULL;
    if (view_get(&views[0], o[0], "item_factors", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 0) ||
        check_factors(views[0].columns) ||
        view_get(&views[1], o[1], "gram", VIEW_FLOAT64, views[0].columns, views[0].columns, 1))
        goto done;
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_gram(view_data(&views[0]), views[0].columns, views[0].rows, views[0].columns, view_data(&views[1]),
                      n_threads);
    Py_END_ALLOW_THREADS
    if (raise_status(status, "item_factors") == 0)
        result = Py_NewRef(Py_None);
done:
    views_release(views, 2);
    return result;
}

static PyObject *native_als_fold_in(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[7], *result = NULL;
    struct csr_views rows = {0};
    struct view views[4] = {0};
    struct swg_als_options options = {0};
    if (!PyArg_ParseTuple(args, "OOOOOOdiO", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &options.regularization,
                          &options.n_threads, &o[6]))
        return NULL;
    if (check_threads(options.n_threads) || check_regularization(options.regularization))
        return NULL;
    if (view_get(&views[0], o[0], "item_factors", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 0) ||
        check_factors(views[0].columns) ||
        view_get(&views[1], o[1], "gram", VIEW_FLOAT64, views[0].columns, views[0].columns, 0) ||
        csr_get(&rows, o[2], o[3], o[4], "", views[0].rows, NOT_NEGATIVE) ||
        view_get(&views[2], o[5], "out", VIEW_FLOAT32, rows.matrix.n_rows, views[0].columns, 1) ||
        get_control(&views[3], o[6]))
        goto done;
    options.n_factors = views[0].columns;
    options.control = view_data(&views[3]);
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_als_fold_in(&rows.matrix, view_data(&views[0]), view_data(&views[1]), &options,
                             view_data(&views[2]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, status == SWG_ERR_VALUE ? "gram" : "als_fold_in") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&rows);
    views_release(views, 4);
    return result;
}

static PyObject *native_als_loss(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[5], *result = NULL;
    struct csr_views users = {0};
    struct view views[2] = {0};
    double regularization, loss = 0.0;
    int n_threads;
    if (!PyArg_ParseTuple(args, "OOOOOdi", &o[0], &o[1], &o[2], &o[3], &o[4], &regularization, &n_threads) ||
        check_threads(n_threads) || check_regularization(regularization))
        return NULL;
    if (view_get(&views[0], o[0], "user_factors", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 0) ||
        check_factors(views[0].columns) ||
        view_get(&views[1], o[1], "item_factors", VIEW_FLOAT32, VIEW_ANY, views[0].columns, 0) ||
        csr_get(&users, o[2], o[3], o[4], "", views[1].rows, SWG_CHECK_FINITE) ||
        refuse_scalar(users.matrix.n_rows == views[0].rows, "indptr: its rows must be those of user_factors"))
        goto done;
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_als_loss(&users.matrix, view_data(&views[0]), view_data(&views[1]), views[0].columns, regularization,
                          n_threads, &loss);
    Py_END_ALLOW_THREADS
    if (raise_status(status, "user_factors, item_factors") == 0)
        result = PyFloat_FromDouble(loss);
done:
    csr_release(&users);
    views_release(views, 2);
    return result;
}

static PyObject *native_csr_transpose(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[6], *result = NULL;
    struct csr_views rows = {0};
    struct view views[3] = {0};
    if (!PyArg_ParseTuple(args, "OOOOOO", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5]))
        return NULL;
    if (view_get(&views[0], o[3], "t_indptr", VIEW_INT64, VIEW_ANY, 0, 1) ||
        refuse_scalar(views[0].rows >= 1, "n_columns: must be at least 0") ||
        csr_get(&rows, o[0], o[1], o[2], "", views[0].rows - 1, 0) ||
        view_get(&views[1], o[4], "t_indices", VIEW_INT32, rows.matrix.n_stored, 0, 1) ||
        view_get(&views[2], o[5], "t_data", VIEW_FLOAT32, rows.matrix.n_stored, 0, 1))
        goto done;
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_csr_transpose(&rows.matrix, view_data(&views[0]), view_data(&views[1]), view_data(&views[2]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, "csr_transpose") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&rows);
    views_release(views, 3);
    return result;
}

static PyObject *native_top_k(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[8], *result = NULL;
    struct csr_views exclude = {0};
    struct view views[6] = {0};
    int n_threads;
    if (!PyArg_ParseTuple(args, "OOOOOOOiO", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &o[6], &n_threads, &o[7]) ||
        check_threads(n_threads))
        return NULL;
    if (view_get(&views[0], o[0], "queries", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 0) ||
        refuse_scalar(views[0].columns >= 1, "queries: must have at least one column") ||
        view_get(&views[1], o[1], "items", VIEW_FLOAT32, VIEW_ANY, views[0].columns, 0) ||
        view_get_optional(&views[2], o[4], "item_bias", VIEW_FLOAT32, views[1].rows, 0, 0) ||
        view_get(&views[3], o[5], "indices", VIEW_INT32, views[0].rows, VIEW_ANY, 1) ||
        refuse_scalar(views[3].columns >= 1, "k: must be at least 1") ||
        view_get(&views[4], o[6], "scores", VIEW_FLOAT32, views[0].rows, views[3].columns, 1) ||
        get_control(&views[5], o[7]))
        goto done;
    if (o[2] != Py_None &&
        (csr_get(&exclude, o[2], o[3], NULL, "exclude_", views[1].rows, 0) ||
         refuse_scalar(exclude.matrix.n_rows == views[0].rows, "exclude_indptr: its rows must be those of queries")))
        goto done;
    struct swg_topk_input input = {view_data(&views[0]), view_data(&views[1]), views[0].rows, views[1].rows,
                                   views[0].columns, o[2] != Py_None ? &exclude.matrix : NULL, view_data(&views[2])};
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_topk(&input, views[3].columns, n_threads, view_data(&views[5]), view_data(&views[3]),
                      view_data(&views[4]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, "top_k") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&exclude);
    views_release(views, 6);
    return result;
}

static int check_covisit(const struct swg_covisit_input *input)
{
    return refuse_scalar(input->window >= 0, "window: must be at least 0 (0 = no limit)") ||
           refuse_scalar(input->decay >= 0.0 && input->decay <= 1.0, "decay: must be from 0 to 1") ||
           refuse_scalar(input->forward >= 0.0 && input->forward < 1e300, "forward: must be finite, at least 0") ||
           refuse_scalar(input->backward >= 0.0 && input->backward < 1e300, "backward: must be finite, at least 0");
}

/* covisit(indptr, items, n_items, window, decay, forward, backward, n_threads, row_weight, control, sizes, out_indptr,
 * columns, counts): sizes, or None and the other three. */
static PyObject *native_covisit(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[8], *result = NULL;
    struct csr_views histories = {0};
    struct view views[6] = {0};
    struct swg_covisit_input input = {0};
    long long n_items, window;
    int n_threads;
    if (!PyArg_ParseTuple(args, "OOLLdddiOOOOOO", &o[0], &o[1], &n_items, &window, &input.decay, &input.forward,
                          &input.backward, &n_threads, &o[2], &o[3], &o[4], &o[5], &o[6], &o[7]))
        return NULL;
    input.window = window;
    input.histories = &histories.matrix;
    if (check_threads(n_threads) || check_covisit(&input) ||
        refuse_scalar(n_items >= 0 && n_items <= INT32_MAX, "n_items: must be from 0 to 2147483647"))
        return NULL;
    if (csr_get(&histories, o[0], o[1], NULL, "", n_items, 0) ||
        view_get_optional(&views[0], o[2], "row_weight", VIEW_FLOAT32, histories.matrix.n_rows, 0, 0) ||
        get_control(&views[1], o[3]) || view_get_optional(&views[2], o[4], "sizes", VIEW_INT64, n_items, 0, 1))
        goto done;
    input.row_weight = view_data(&views[0]);
    int only_sizes = o[4] != Py_None;
    if (!only_sizes && (view_get(&views[3], o[5], "out_indptr", VIEW_INT64, n_items + 1, 0, 0) ||
                        view_get(&views[4], o[6], "columns", VIEW_INT32, VIEW_ANY, 0, 1) ||
                        view_get(&views[5], o[7], "counts", VIEW_FLOAT32, views[4].rows, 0, 1) ||
                        raise_status(swg_check_indptr(view_data(&views[3]), n_items, views[4].rows), "out_indptr")))
        goto done;
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    if (only_sizes)
        status = swg_covisit_sizes(&input, n_threads, view_data(&views[1]), view_data(&views[2]));
    else
        status = swg_covisit_fill(&input, n_threads, view_data(&views[1]), view_data(&views[3]), view_data(&views[4]),
                                  view_data(&views[5]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, status == SWG_ERR_VALUE || status == SWG_ERR_NEGATIVE ? "row_weight" : "covisit") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&histories);
    views_release(views, 6);
    return result;
}

static PyObject *native_csr_top_n(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[6], *result = NULL;
    struct csr_views rows = {0};
    struct view views[3] = {0};
    long long n;
    int n_threads;
    if (!PyArg_ParseTuple(args, "OOOLiOOO", &o[0], &o[1], &o[2], &n, &n_threads, &o[3], &o[4], &o[5]) ||
        check_threads(n_threads) || refuse_scalar(n >= 1, "n: must be at least 1"))
        return NULL;
    if (csr_get(&rows, o[0], o[1], o[2], "", INT32_MAX, SWG_CHECK_FINITE) ||
        view_get(&views[0], o[3], "out_indptr", VIEW_INT64, rows.matrix.n_rows + 1, 0, 0) ||
        view_get(&views[1], o[4], "columns", VIEW_INT32, VIEW_ANY, 0, 1) ||
        view_get(&views[2], o[5], "values", VIEW_FLOAT32, views[1].rows, 0, 1) ||
        raise_status(swg_check_indptr(view_data(&views[0]), rows.matrix.n_rows, views[1].rows), "out_indptr"))
        goto done;
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_csr_top_n(&rows.matrix, n, n_threads, view_data(&views[0]), view_data(&views[1]),
                           view_data(&views[2]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, "csr_top_n") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&rows);
    views_release(views, 3);
    return result;
}

static PyObject *native_sparse_top_product(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[10], *result = NULL;
    struct csr_views a = {0}, b = {0};
    struct view views[4] = {0};
    long long n_columns;
    int exclude_diagonal, n_threads;
    if (!PyArg_ParseTuple(args, "OOOOOOLpiOOOO", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &n_columns,
                          &exclude_diagonal, &n_threads, &o[6], &o[7], &o[8], &o[9]) ||
        check_threads(n_threads) ||
        refuse_scalar(n_columns >= 0 && n_columns <= INT32_MAX, "n_columns: must be from 0 to 2147483647"))
        return NULL;
    if (csr_get(&b, o[3], o[4], o[5], "b_", n_columns, SWG_CHECK_FINITE) ||
        csr_get(&a, o[0], o[1], o[2], "a_", b.matrix.n_rows, SWG_CHECK_FINITE) || get_control(&views[0], o[6]) ||
        view_get(&views[1], o[7], "sizes", VIEW_INT64, a.matrix.n_rows, 0, 1) ||
        view_get(&views[2], o[8], "columns", VIEW_INT32, a.matrix.n_rows, VIEW_ANY, 1) ||
        refuse_scalar(views[2].columns >= 1, "n: must be at least 1") ||
        view_get(&views[3], o[9], "values", VIEW_FLOAT32, a.matrix.n_rows, views[2].columns, 1))
        goto done;
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_sparse_top_product(&a.matrix, &b.matrix, views[2].columns, exclude_diagonal, n_threads,
                                    view_data(&views[0]), view_data(&views[1]), view_data(&views[2]),
                                    view_data(&views[3]));
    Py_END_ALLOW_THREADS
    if (raise_status(status, "sparse_top_product") == 0)
        result = Py_NewRef(Py_None);
done:
    csr_release(&a);
    csr_release(&b);
    views_release(views, 4);
    return result;
}

static PyObject *native_instruction_set(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    return PyUnicode_FromString(swg_isa_name(swg_kernels()->isa));
}

static PyMethodDef methods[] = {
    {"als_fit", native_als_fit, METH_VARARGS, NULL},
    {"als_gram", native_als_gram, METH_VARARGS, NULL},
    {"als_fold_in", native_als_fold_in, METH_VARARGS, NULL},
    {"als_loss", native_als_loss, METH_VARARGS, NULL},
    {"bpr_fit", native_bpr_fit, METH_VARARGS, NULL},
    {"item2vec_fit", native_item2vec_fit, METH_VARARGS, NULL},
    {"csr_transpose", native_csr_transpose, METH_VARARGS, NULL},
    {"top_k", native_top_k, METH_VARARGS, NULL},
    {"covisit", native_covisit, METH_VARARGS, NULL},
    {"forest_score", native_forest_score, METH_VARARGS, NULL},
    {"lambdarank_plan", native_lambdarank_plan, METH_VARARGS, NULL},
    {"lambdarank", native_lambdarank, METH_VARARGS, NULL},
    {"next_fit", native_next_fit, METH_VARARGS, NULL},
    {"csr_top_n", native_csr_top_n, METH_VARARGS, NULL},
    {"sparse_top_product", native_sparse_top_product, METH_VARARGS, NULL},
    {"instruction_set", native_instruction_set, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_native", "The C core; use samplew_gbm.native.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
