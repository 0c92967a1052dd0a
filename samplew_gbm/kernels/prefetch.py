"""Ask the memory system for a row before it is needed.

Rows that are gathered in random order are one cache miss each, and an out-of-order core sees only a
few of them ahead. Numba has no word for LLVM's prefetch, so it is added here.
"""

from typing import Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

from samplew_gbm.kernels import jit

FLOATS_PER_LINE = 16


def _prefetch_codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    table_type, row_type, column_type = signature.args
    table = context.make_array(table_type)(context, builder, args[0])
    index = [
        context.cast(builder, args[1], row_type, types.intp),
        context.cast(builder, args[2], column_type, types.intp),
    ]
    element = cgutils.get_item_pointer(context, builder, table_type, table, index, wraparound=False)
    pointer = builder.bitcast(element, ir.IntType(8).as_pointer())
    int32 = ir.IntType(32)
    arguments = ir.FunctionType(ir.VoidType(), [pointer.type, int32, int32, int32])
    function = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], arguments)
    builder.call(function, [pointer, int32(0), int32(3), int32(1)])  # to read, keep in all caches, data
    return context.get_dummy_value()


if numba.config.DISABLE_JIT:

    def _prefetch(table: Any, row: Any, column: Any) -> None:
        """Nothing to do for an interpreter."""

else:

    @intrinsic  # type: ignore[misc,untyped-decorator,unused-ignore]
    def _prefetch(typing_context: Any, table: Any, row: Any, column: Any) -> Any:
        return types.void(table, row, column), _prefetch_codegen


@jit(inline=True)
def prefetch_row(table: Any, row: Any) -> None:
    """Start to load every cache line of ``table[row]`` (float32, C-contiguous); no effect on results."""
    for column in range(0, table.shape[1], FLOATS_PER_LINE):
        _prefetch(table, row, column)
