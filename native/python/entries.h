/* Entries of the module that have a file of their own, for the method table. */
#ifndef SWG_ENTRIES_H
#define SWG_ENTRIES_H

#include "views.h"

PyObject *native_bpr_fit(PyObject *module, PyObject *args);
PyObject *native_forest_score(PyObject *module, PyObject *args);
PyObject *native_item2vec_fit(PyObject *module, PyObject *args);
PyObject *native_lambdarank_plan(PyObject *module, PyObject *args);
PyObject *native_lambdarank(PyObject *module, PyObject *args);
PyObject *native_next_fit(PyObject *module, PyObject *args);

#endif
