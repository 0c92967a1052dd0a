#include "harness.h"
#include "swg/cpu.h"
#include "swg/dense.h"

int main(void)
{
    CHECK(strcmp(swg_isa_name(SWG_ISA_AVX512), "avx512") == 0);
    CHECK(swg_isa_available(SWG_ISA_PORTABLE));
    CHECK(swg_isa_available(swg_isa_best()));
    CHECK(swg_kernels() == swg_kernels_of(swg_isa_best()));
    setenv("SWG_CPU_DISABLE", "avx512,avx2", 1);
    CHECK(swg_isa_best() == SWG_ISA_PORTABLE && swg_kernels_of(SWG_ISA_AVX2) == NULL);
    setenv("SWG_CPU_DISABLE", "avx51,,portable", 1); /* unknown names do nothing, portable stays */
    CHECK(swg_isa_available(SWG_ISA_PORTABLE));
    CHECK(swg_kernels()->isa != SWG_ISA_COUNT);
    REPORT();
}
