#include "swg/status.h"

const char *swg_status_text(enum swg_status status)
{
    switch (status) {
    case SWG_OK: return "success";
    case SWG_ERR_ARGUMENT: return "an argument is outside its range";
    case SWG_ERR_SIZE: return "the sizes are too large to multiply";
    case SWG_ERR_INDPTR: return "must start at 0, never fall and end at the number of stored values";
    case SWG_ERR_INDEX: return "holds an index outside its range";
    case SWG_ERR_VALUE: return "holds NaN or an infinite value";
    case SWG_ERR_NEGATIVE: return "holds a negative value";
    case SWG_ERR_MEMORY: return "out of memory";
    case SWG_ERR_NOT_SPD: return "the matrix is not positive definite; use a larger regularization";
    case SWG_ERR_CAPACITY: return "an output array is too small";
    case SWG_ERR_CANCELLED: return "cancelled";
    }
    return "unknown status";
}
