/* Threads: creation, exclusion, conditions, local storage, execution of another program from a thread. */
#include "check.h"
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int count;
static __thread int own;

static void *work(void *argument)
{
    own = (int)(long)argument;
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&lock);
        count++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
        struct stat s;
        stat(".", &s);
    }
    return (void *)(long)(own * 2);
}

static void *execute(void *path)
{
    execl(path, "program", "again", (char *)0);
    return 0;
}

int main(int arguments, char **argv)
{
    if (arguments > 1) {
        printf("executed from a thread, one thread: %d\n", access("/proc/self/task", F_OK) || 1);
        return 6;
    }
    pthread_t threads[8];
    long sum = 0;
    for (long i = 0; i < 8; i++)
        pthread_create(&threads[i], 0, work, (void *)i);
    pthread_mutex_lock(&lock);
    while (count < 8000)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        sum += (long)result;
    }
    printf("count %d sum %ld own %d\n", count, sum, own);
    fflush(stdout);
    char self[4096] = {0};
    readlink("/proc/self/exe", self, sizeof self - 1);
    pthread_create(&threads[0], 0, execute, self);
    pause();
    return 1;
}
