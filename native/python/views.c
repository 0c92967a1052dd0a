#include "views.h"

#include <stdio.h>
#include <string.h>

#include "swg/parallel.h"

static const char *const type_names[] = {"int32", "int64", "float32", "float64"};
static const int type_sizes[] = {4, 8, 4, 8};

static int has_type(const Py_buffer *buffer, enum view_type type)
{
    const char *format = buffer->format ? buffer->format : "B";
    const char *codes = type == VIEW_FLOAT32 ? "f" : type == VIEW_FLOAT64 ? "d" : "ilq";
    if (*format == '@' || *format == '=')
        format++;
    return strlen(format) == 1 && strchr(codes, *format) && buffer->itemsize == type_sizes[type];
}

static void write_size(char *text, size_t room, int64_t size)
{
    if (size == VIEW_ANY)
        snprintf(text, room, "*");
    else
        snprintf(text, room, "%lld", (long long)size);
}

static void refuse_shape(const Py_buffer *buffer, const char *name, enum view_type type, int64_t rows,
                         int64_t columns)
{
    char expected[64] = "", received[128] = "", row_text[24], column_text[24];
    write_size(row_text, sizeof(row_text), rows);
    write_size(column_text, sizeof(column_text), columns);
    snprintf(expected, sizeof(expected), columns ? "%s, %s" : "%s", row_text, column_text);
    size_t used = 0;
    for (int i = 0; i < buffer->ndim && used < sizeof(received) - 24; i++)
        used += (size_t)snprintf(received + used, sizeof(received) - used, i ? ", %lld" : "%lld",
                                 (long long)buffer->shape[i]);
    PyErr_Format(PyExc_ValueError, "%s: expected an array %s[%s], got shape [%s]", name, type_names[type], expected,
                 received);
}

static int check_buffer(struct view *view, enum view_type type, int64_t rows, int64_t columns)
{
    const Py_buffer *buffer = &view->buffer;
    if (!has_type(buffer, type)) {
        PyErr_Format(PyExc_TypeError, "%s: expected an array of %s, got buffer format '%s' of %zd bytes a value",
                     view->name, type_names[type], buffer->format ? buffer->format : "B", buffer->itemsize);
        return -1;
    }
    int dimensions = columns ? 2 : 1;
    if (buffer->ndim != dimensions || (rows != VIEW_ANY && buffer->shape[0] != rows) ||
        (columns && columns != VIEW_ANY && buffer->shape[1] != columns)) {
        refuse_shape(buffer, view->name, type, rows, columns);
        return -1;
    }
    if (!PyBuffer_IsContiguous(buffer, 'C')) {
        PyErr_Format(PyExc_ValueError, "%s: expected a C-contiguous array, got a strided one; use "
                     "numpy.ascontiguousarray", view->name);
        return -1;
    }
    view->rows = buffer->shape[0];
    view->columns = columns ? buffer->shape[1] : 1;
    return 0;
}

int view_get(struct view *view, PyObject *object, const char *name, enum view_type type, int64_t rows,
             int64_t columns, int writable)
{
    memset(view, 0, sizeof(*view));
    if (!PyObject_CheckBuffer(object)) {
        PyObject *kind = PyType_GetName(Py_TYPE(object));
        PyErr_Format(PyExc_TypeError, "%s: expected an array of %s, got %S", name, type_names[type],
                     kind ? kind : Py_None);
        Py_XDECREF(kind);
        return -1;
    }
    if (PyObject_GetBuffer(object, &view->buffer, PyBUF_RECORDS_RO) != 0)
        return -1;
    view->name = name;
    int status = check_buffer(view, type, rows, columns);
    if (status == 0 && writable && view->buffer.readonly) {
        PyErr_Format(PyExc_ValueError, "%s: expected a writable array, got a read-only one", name);
        status = -1;
    }
    if (status != 0)
        view_release(view);
    return status;
}

int view_get_optional(struct view *view, PyObject *object, const char *name, enum view_type type, int64_t rows,
                      int64_t columns, int writable)
{
    memset(view, 0, sizeof(*view));
    if (object == Py_None)
        return 0;
    return view_get(view, object, name, type, rows, columns, writable);
}

void view_release(struct view *view)
{
    if (view->name)
        PyBuffer_Release(&view->buffer);
    memset(view, 0, sizeof(*view));
}

void views_release(struct view *views, int n)
{
    for (int i = 0; i < n; i++)
        view_release(&views[i]);
}

static int refuse_matrix(enum swg_status status, const char *prefix)
{
    char name[64];
    const char *part = status == SWG_ERR_INDPTR ? "indptr" : status == SWG_ERR_INDEX ? "indices" : "data";
    snprintf(name, sizeof(name), "%s%s", prefix, part);
    return raise_status(status, name);
}

/* Names live as long as the call: views keep the literal part only, so a prefix is put in while checking. */
static int get_part(struct view *view, PyObject *object, const char *prefix, const char *part, enum view_type type,
                    int64_t rows)
{
    char name[64];
    snprintf(name, sizeof(name), "%s%s", prefix, part);
    int status = view_get(view, object, name, type, rows, 0, 0);
    if (status == 0)
        view->name = part;
    return status;
}

int csr_get(struct csr_views *csr, PyObject *indptr, PyObject *indices, PyObject *data, const char *prefix,
            int64_t n_columns, unsigned flags)
{
    struct view *parts = csr->parts;
    if (get_part(&parts[0], indptr, prefix, "indptr", VIEW_INT64, VIEW_ANY) ||
        get_part(&parts[1], indices, prefix, "indices", VIEW_INT32, VIEW_ANY) ||
        (data && get_part(&parts[2], data, prefix, "data", VIEW_FLOAT32, parts[1].rows)))
        return -1;
    if (parts[0].rows < 1) {
        PyErr_Format(PyExc_ValueError, "%sindptr: expected at least 1 value, got none", prefix);
        return -1;
    }
    csr->matrix = (struct swg_csr){parts[0].rows - 1, n_columns, parts[1].rows, view_data(&parts[0]),
                                   view_data(&parts[1]), view_data(&parts[2])};
    return refuse_matrix(swg_csr_check(&csr->matrix, flags), prefix);
}

void csr_release(struct csr_views *csr) { views_release(csr->parts, 3); }

int refuse_scalar(int good, const char *message)
{
    if (!good)
        PyErr_SetString(PyExc_ValueError, message);
    return good ? 0 : -1;
}

int check_threads(int n_threads)
{
    return refuse_scalar(n_threads >= 1 && n_threads <= SWG_MAX_THREADS, "n_threads: must be from 1 to 1024");
}

int check_blocks(int n_blocks)
{
    return refuse_scalar(n_blocks >= 0 && n_blocks <= SWG_MAX_BLOCKS, "n_blocks: must be from 0 (chosen) to 64");
}

int check_rate(double learning_rate)
{
    return refuse_scalar(learning_rate > 0.0 && learning_rate <= 1e3, "learning_rate: must be above 0, at most 1000");
}

int check_negative_power(double power)
{
    return refuse_scalar(power >= 0.0 && power <= 1.0, "negative_power: must be from 0 to 1");
}

static void raise_native(const char *name, const char *text)
{
    PyObject *module = PyImport_ImportModule("samplew_gbm.errors");
    PyObject *type = module ? PyObject_GetAttrString(module, "NativeError") : NULL;
    if (type)
        PyErr_Format(type, "%s: %s", name, text);
    Py_XDECREF(type);
    Py_XDECREF(module);
}

int raise_status(enum swg_status status, const char *name)
{
    const char *text = swg_status_text(status);
    switch (status) {
    case SWG_OK:
        return 0;
    case SWG_ERR_MEMORY:
        PyErr_NoMemory();
        break;
    case SWG_ERR_NOT_SPD:
    case SWG_ERR_CANCELLED:
    case SWG_ERR_CAPACITY:
        raise_native(name, text);
        break;
    default:
        PyErr_Format(PyExc_ValueError, "%s: %s", name, text);
    }
    return -1;
}
