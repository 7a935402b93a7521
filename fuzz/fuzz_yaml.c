/* YAML documents, Lists included. */
#include "round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    round_trip(bytes, len, DOC_YAML);
    return 0;
}
