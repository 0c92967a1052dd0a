/* Which instruction set the kernels use. */
#ifndef SWG_CPU_H
#define SWG_CPU_H

#include <stdbool.h>

enum swg_isa { SWG_ISA_PORTABLE = 0, SWG_ISA_AVX2, SWG_ISA_AVX512, SWG_ISA_COUNT };

/* Lower-case name: "portable", "avx2", "avx512". */
const char *swg_isa_name(enum swg_isa isa);

/* True when this machine can run it and SWG_CPU_DISABLE (a comma list of names) does not name it. */
bool swg_isa_available(enum swg_isa isa);

/* The widest available one. Reads the environment at each call: callers keep what they chose. */
enum swg_isa swg_isa_best(void);

#endif
