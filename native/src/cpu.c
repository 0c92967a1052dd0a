#include "swg/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[SWG_ISA_COUNT] = {"portable", "avx2", "avx512"};

const char *swg_isa_name(enum swg_isa isa) { return names[isa]; }

static bool disabled(const char *name)
{
    const char *list = getenv("SWG_CPU_DISABLE");
    size_t length = strlen(name);
    while (list && *list) {
        size_t item = strcspn(list, ",");
        if (item == length && strncmp(list, name, length) == 0)
            return true;
        list += item + (list[item] == ',');
    }
    return false;
}

static bool supported(enum swg_isa isa)
{
#if defined(__x86_64__)
    if (isa == SWG_ISA_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (isa == SWG_ISA_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
#endif
    return isa == SWG_ISA_PORTABLE;
}

bool swg_isa_available(enum swg_isa isa)
{
    if (isa == SWG_ISA_PORTABLE)
        return true;
    return supported(isa) && !disabled(names[isa]);
}

enum swg_isa swg_isa_best(void)
{
    for (int isa = SWG_ISA_COUNT - 1; isa > 0; isa--)
        if (swg_isa_available((enum swg_isa)isa))
            return (enum swg_isa)isa;
    return SWG_ISA_PORTABLE;
}
