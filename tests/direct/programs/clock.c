/* Reading the virtual clock, by the vDSO and by calls. */
#include "check.h"
#include <sys/auxv.h>
#include <sys/time.h>

static void show(const char *name, struct timespec at)
{
    printf("%s %ld.%09ld\n", name, at.tv_sec, at.tv_nsec);
}

int main(void)
{
    struct timespec at;
    struct timeval day;
    time_t now;
    printf("vdso %d\n", getauxval(AT_SYSINFO_EHDR) != 0);
    clock_gettime(CLOCK_MONOTONIC, &at), show("monotonic", at);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &at), show("by a call", at);
    clock_gettime(CLOCK_BOOTTIME, &at), show("boot", at);
    clock_gettime(CLOCK_REALTIME, &at), show("real", at);
    gettimeofday(&day, NULL), printf("day %ld.%06ld\n", day.tv_sec, day.tv_usec);
    printf("time %ld\n", time(&now));
    nanosleep(&(struct timespec){2, 0}, NULL);
    clock_gettime(CLOCK_MONOTONIC, &at), show("slept", at);
    SHOW(clock_gettime(99, &at));
    for (int i = 0; i < 10000; i++)
        clock_gettime(CLOCK_MONOTONIC, &at);
    show("read often", at);
    return 0;
}
