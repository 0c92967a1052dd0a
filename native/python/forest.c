#include "swg/forest.h"

#include "entries.h"
#include "views.h"

enum { INDPTR, FEATURE, THRESHOLD, RULE, LEFT, RIGHT, VALUE, SET, SET_INDPTR, WORDS, FEATURES, SCORES, CONTROL, N_VIEWS };

/* Views the arrays of the forest; all have one value a split but for the leaves and the sets. */
static int get_forest(struct view *views, PyObject *const *o, struct swg_forest *forest)
{
    static const char *const names[] = {"indptr", "feature", "threshold",  "rule", "left",
                                        "right",  "value",   "set",        "set_indptr", "words"};
    if (view_get(&views[INDPTR], o[INDPTR], "indptr", VIEW_INT64, VIEW_ANY, 0, 0) ||
        refuse_scalar(views[INDPTR].rows >= 1, "indptr: expected at least 1 value, got none") ||
        view_get(&views[FEATURE], o[FEATURE], "feature", VIEW_INT32, VIEW_ANY, 0, 0) ||
        view_get(&views[SET_INDPTR], o[SET_INDPTR], "set_indptr", VIEW_INT64, VIEW_ANY, 0, 0) ||
        refuse_scalar(views[SET_INDPTR].rows >= 1, "set_indptr: expected at least 1 value, got none") ||
        view_get(&views[WORDS], o[WORDS], "words", VIEW_INT32, VIEW_ANY, 0, 0))
        return -1;
    int64_t n = views[FEATURE].rows, n_trees = views[INDPTR].rows - 1;
    for (int i = THRESHOLD; i <= SET; i++)
        if (view_get(&views[i], o[i], names[i],
                     i == THRESHOLD ? VIEW_FLOAT32 : i == VALUE ? VIEW_FLOAT64 : VIEW_INT32,
                     i == VALUE ? n + n_trees : n, 0, 0))
            return -1;
    *forest = (struct swg_forest){n_trees,
                                  n,
                                  0,
                                  view_data(&views[INDPTR]),
                                  view_data(&views[FEATURE]),
                                  view_data(&views[THRESHOLD]),
                                  view_data(&views[RULE]),
                                  view_data(&views[LEFT]),
                                  view_data(&views[RIGHT]),
                                  view_data(&views[VALUE]),
                                  view_data(&views[SET]),
                                  views[SET_INDPTR].rows - 1,
                                  views[WORDS].rows,
                                  view_data(&views[SET_INDPTR]),
                                  view_data(&views[WORDS])};
    return 0;
}

static int raise_forest(enum swg_status status, const struct swg_forest *forest)
{
    static const char *const faults[] = {
        [SWG_ERR_INDEX] = "tree %lld: a feature, rule or set is out of range",
        [SWG_ERR_VALUE] = "tree %lld: a threshold or leaf is not a number",
        [SWG_ERR_ARGUMENT] = "tree %lld: its children do not make one tree of all its splits and leaves",
        [SWG_ERR_SIZE] = "tree %lld: more than 1048576 splits",
        [SWG_ERR_CANCELLED] = NULL,
    };
    int64_t tree = -1;
    if (status != SWG_OK && status <= SWG_ERR_VALUE)
        (void)swg_forest_check(forest, &tree);
    if (tree < 0 || !faults[status])
        return raise_status(status, status == SWG_ERR_INDPTR ? "indptr, set_indptr" : "forest_score");
    PyErr_Format(PyExc_ValueError, faults[status], (long long)tree);
    return -1;
}

/* forest_score(indptr, feature, threshold, rule, left, right, value, set, set_indptr, words, features, scores, control,
 * n_threads) */
PyObject *native_forest_score(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *o[N_VIEWS], *result = NULL;
    struct view views[N_VIEWS] = {0};
    struct swg_forest forest;
    int n_threads;
    if (!PyArg_ParseTuple(args, "OOOOOOOOOOOOOi", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &o[6], &o[7], &o[8], &o[9],
                          &o[10], &o[11], &o[12], &n_threads) ||
        check_threads(n_threads))
        return NULL;
    if (get_forest(views, o, &forest) ||
        view_get(&views[FEATURES], o[FEATURES], "features", VIEW_FLOAT32, VIEW_ANY, VIEW_ANY, 0) ||
        view_get(&views[SCORES], o[SCORES], "scores", VIEW_FLOAT64, views[FEATURES].rows, 0, 1) ||
        view_get_optional(&views[CONTROL], o[CONTROL], "control", VIEW_INT64, 2, 0, 1))
        goto done;
    forest.n_features = views[FEATURES].columns;
    enum swg_status status;
    Py_BEGIN_ALLOW_THREADS
    status = swg_forest_score(&forest, view_data(&views[FEATURES]), views[FEATURES].rows, n_threads,
                              view_data(&views[CONTROL]), view_data(&views[SCORES]));
    Py_END_ALLOW_THREADS
    if (raise_forest(status, &forest) == 0)
        result = Py_NewRef(Py_None);
done:
    views_release(views, N_VIEWS);
    return result;
}
