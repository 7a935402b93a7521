/* Hashing for tables in memory: fast, good in all 64 bits, no defence against chosen keys. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t len);

/* Mixes one number into a hash. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t number)
{
    __uint128_t product = (__uint128_t)(hash ^ number ^ 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

#endif
