#include "swg/lambdarank.h"

#include "entries.h"
#include "views.h"

/* Views the arrays that both entries take: indptr, label, then a plan of the size that indptr asks for. */
static int get_lambdarank(struct view *views, PyObject *const *o, int plan_writable,
                          struct swg_lambdarank_input *input)
{
    if (refuse_scalar(input->truncation >= 1, "truncation: must be at least 1") ||
        view_get(&views[0], o[0], "indptr", VIEW_INT64, VIEW_ANY, 0, 0) ||
        refuse_scalar(views[0].rows >= 1, "indptr: expected at least 1 value, got none") ||
        view_get(&views[1], o[1], "label", VIEW_INT32, VIEW_ANY, 0, 0))
        return -1;
    input->n_queries = views[0].rows - 1;
    input->n_rows = views[1].rows;
    input->indptr = view_data(&views[0]);
    input->label = view_data(&views[1]);
    return raise_status(swg_check_indptr(input->indptr, input->n_queries, input->n_rows), "indptr") ||
           view_get(&views[2], o[2], "plan", VIEW_FLOAT64, swg_lambdarank_plan_size(input), 0, plan_writable);
}

static int raise_lambdarank(enum swg_status status)
{
    return raise_status(status, status == SWG_ERR_INDEX      ? "label (from 0 to 31)"
                                : status == SWG_ERR_NEGATIVE ? "weight"
                                : status == SWG_ERR_VALUE    ? "scores, weight"
                                                             : "lambdarank");
}

PyObject *native_lambdarank_plan(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[3], *result = NULL;
    struct view views[3] = {0};
    struct swg_lambdarank_input input = {0};
    long long truncation;
    if (!PyArg_ParseTuple(args, "OOOL", &o[0], &o[1], &o[2], &truncation))
        return NULL;
    input.truncation = truncation;
    if (get_lambdarank(views, o, 1, &input))
        goto done;
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_lambdarank_plan(&input, view_data(&views[2]), views[2].rows);
    Py_END_ALLOW_THREADS
    if (raise_lambdarank(status) == 0)
        result = Py_NewRef(Py_None);
done:
    views_release(views, 3);
    return result;
}

PyObject *native_lambdarank(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[7], *result = NULL;
    struct view views[7] = {0};
    struct swg_lambdarank_input input = {0};
    long long truncation;
    int factor, n_threads;
    if (!PyArg_ParseTuple(args, "OOOOOLipiOO", &o[0], &o[1], &o[2], &o[3], &o[4], &truncation, &factor, &input.norm,
                          &n_threads, &o[5], &o[6]) ||
        check_threads(n_threads) ||
        refuse_scalar(factor >= SWG_PAIR_PRODUCT && factor <= SWG_PAIR_MEAN, "factor: must be from 0 to 2"))
        return NULL;
    input.truncation = truncation;
    input.factor = (enum swg_pair_factor)factor;
    if (get_lambdarank(views, o, 0, &input) ||
        view_get(&views[3], o[3], "scores", VIEW_FLOAT64, input.n_rows, 0, 0) ||
        view_get_optional(&views[4], o[4], "weight", VIEW_FLOAT32, input.n_rows, 0, 0) ||
        view_get(&views[5], o[5], "gradients", VIEW_FLOAT32, input.n_rows, 0, 1) ||
        view_get(&views[6], o[6], "hessians", VIEW_FLOAT32, input.n_rows, 0, 1))
        goto done;
    input.weight = view_data(&views[4]);
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_lambdarank(&input, view_data(&views[2]), views[2].rows, view_data(&views[3]), n_threads,
                            view_data(&views[5]), view_data(&views[6]));
    Py_END_ALLOW_THREADS
    if (raise_lambdarank(status) == 0)
        result = Py_NewRef(Py_None);
done:
    views_release(views, 7);
    return result;
}
