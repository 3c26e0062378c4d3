/* What the programs share: they print every result, and are run on the bare host and in PVM for comparison. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Print a call and its result, or its errno by name. */
#define SHOW(call)                                                          \
    do {                                                                    \
        errno = 0;                                                          \
        long long found_ = (long long)(call);                               \
        if (found_ == -1)                                                   \
            printf("%s: %s\n", #call, strerrorname_np(errno));              \
        else                                                                \
            printf("%s: %lld\n", #call, found_);                            \
        fflush(stdout);                                                     \
    } while (0)
