/* Checked views of Python buffers. A failed call has set a Python exception that names the argument. */
#ifndef SWG_VIEWS_H
#define SWG_VIEWS_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "swg/status.h"
#include "swg/types.h"

enum view_type { VIEW_INT32, VIEW_INT64, VIEW_FLOAT32, VIEW_FLOAT64 };

enum { VIEW_ANY = -1 };

struct view {
    Py_buffer buffer;
    const char *name; /* NULL: nothing is held */
    int64_t rows, columns; /* columns is 1 for one dimension */
};

/* Views `object` as a C-contiguous array of one (columns == 0) or two dimensions. A size is VIEW_ANY or what it has
 * to be. 0, or -1 with TypeError (type) or ValueError (dimensions, shape, contiguity, read-only). */
int view_get(struct view *view, PyObject *object, const char *name, enum view_type type, int64_t rows,
             int64_t columns, int writable);

/* The same, where None gives an empty view whose data is NULL. */
int view_get_optional(struct view *view, PyObject *object, const char *name, enum view_type type, int64_t rows,
                      int64_t columns, int writable);

static inline void *view_data(const struct view *view) { return view->name ? view->buffer.buf : NULL; }

/* Harmless on a zeroed view. */
void view_release(struct view *view);
void views_release(struct view *views, int n);

/* Compressed rows from three arguments. */
struct csr_views {
    struct view parts[3];
    struct swg_csr matrix;
};

/* prefix goes before "indptr", "indices", "data" in messages; data may be NULL when values are not read. flags: see
 * swg_csr_check. n_columns bounds the indices. */
int csr_get(struct csr_views *csr, PyObject *indptr, PyObject *indices, PyObject *data, const char *prefix,
            int64_t n_columns, unsigned flags);
void csr_release(struct csr_views *csr);

/* Scalars are checked one by one so that the message can name them: 0, or -1 with ValueError. */
int refuse_scalar(int good, const char *message);
int check_threads(int n_threads);
int check_blocks(int n_blocks);
int check_rate(double learning_rate);
int check_negative_power(double power);

/* Sets the exception that belongs to a status; `name` starts the message. Gives -1, or 0 for SWG_OK. */
int raise_status(enum swg_status status, const char *name);

#endif
