/* What every fallible function of the core returns. */
#ifndef SWG_STATUS_H
#define SWG_STATUS_H

enum swg_status {
    SWG_OK = 0,
    SWG_ERR_ARGUMENT,  /* a scalar argument is outside its range */
    SWG_ERR_SIZE,      /* a product of sizes does not fit into memory arithmetic */
    SWG_ERR_INDPTR,    /* indptr does not start at 0, falls, or does not end at the number of stored values */
    SWG_ERR_INDEX,     /* an index is negative or not below its bound */
    SWG_ERR_VALUE,     /* a value is NaN or infinite */
    SWG_ERR_NEGATIVE,  /* a value that must be at least 0 is negative */
    SWG_ERR_MEMORY,    /* an allocation failed */
    SWG_ERR_NOT_SPD,   /* a matrix is not positive definite */
    SWG_ERR_CAPACITY,  /* an output array is too small */
    SWG_ERR_CANCELLED  /* the caller set the cancel cell of the control array */
};

/* One line without a full stop, for messages. Never NULL. */
const char *swg_status_text(enum swg_status status);

#endif
