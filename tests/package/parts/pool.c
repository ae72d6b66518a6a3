/* pool.c -- a user's program: the numbers 1 ... 100, added by two threads. */
#include <srd/pool.h>
#include <stdio.h>

static void add(void *context, int32_t index, int32_t worker)
{
    ((int *)context)[worker] += index + 1;
}

int main(void)
{
    srd_pool *pool = NULL;
    int sums[2] = { 0, 0 };

    if (srd_pool_create(2, NULL, &pool, NULL) != SRD_OK) return 1;
    srd_pool_parallel_for(pool, add, sums, 100, 2);
    srd_pool_free(pool);
    printf("%d\n", sums[0] + sums[1]);
    return sums[0] + sums[1] == 5050 ? 0 : 1;
}
