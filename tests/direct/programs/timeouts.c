/* Waiting with time-outs and timers, in virtual time: how much of it passes. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static long milliseconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* Print a call, its result, and the time that it took. */
#define TOOK(call)                                                        \
    do {                                                                  \
        long start_ = milliseconds();                                     \
        errno = 0;                                                        \
        long found_ = (long)(call);                                       \
        int error_ = errno;                                               \
        printf("%s: %s, %ld ms\n", #call,                                 \
               found_ == -1 ? strerrorname_np(error_) : found_ ? "1" : "0", milliseconds() - start_); \
    } while (0)

static struct timespec after(clockid_t clock, long seconds)
{
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_sec += seconds;
    return at;
}

static int count;
static void caught(int number) { count++; }
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;

static void *later(void *argument)
{
    nanosleep(&(struct timespec){3, 0}, 0);
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    nanosleep(&(struct timespec){2, 0}, 0);
    sem_post(&semaphore);
    return 0;
}

static int wait_condition(long seconds)
{
    struct timespec at = after(CLOCK_REALTIME, seconds);
    pthread_mutex_lock(&mutex);
    int result = pthread_cond_timedwait(&condition, &mutex, &at);
    pthread_mutex_unlock(&mutex);
    return result == ETIMEDOUT ? (errno = ETIMEDOUT, -1) : result;
}

static int wait_semaphore(long seconds)
{
    struct timespec at = after(CLOCK_MONOTONIC, seconds);
    return sem_clockwait(&semaphore, CLOCK_MONOTONIC, &at);
}

static void in_thread(union sigval value) { sem_post(value.sival_ptr); }

static void descriptors(void)
{
    int ends[2], wait = epoll_create1(0);
    pipe(ends);
    struct pollfd one = {ends[0], POLLIN};
    struct epoll_event event = {EPOLLIN};
    epoll_ctl(wait, EPOLL_CTL_ADD, ends[0], &event);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    struct timeval left = {1, 500000};
    TOOK(poll(0, 0, 1500));
    TOOK(poll(&one, 1, 2500));
    TOOK(poll(&one, 1, 0));
    TOOK(ppoll(&one, 1, &(struct timespec){1, 0}, 0));
    TOOK(select(ends[0] + 1, &set, 0, 0, &left));
    printf("%d %ld\n", FD_ISSET(ends[0], &set), left.tv_sec);
    TOOK(epoll_wait(wait, &event, 1, 700));
    TOOK(epoll_pwait(wait, &event, 1, 700, 0));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sleep(3);
        write(ends[1], "x", 1);
        sleep(4);
        write(ends[1], "y", 1);
        _exit(0);
    }
    char text[2];
    TOOK(poll(&one, 1, 5000));
    read(ends[0], text, 1);
    TOOK(epoll_wait(wait, &event, 1, 3000));
    FD_SET(ends[0], &set);
    TOOK(select(ends[0] + 1, &set, 0, 0, &(struct timeval){9, 0}));
    printf("%d\n", FD_ISSET(ends[0], &set));
    TOOK(poll(&one, 1, 9000));
    TOOK(wait4(child, 0, 0, 0) == child);
}

static void timers(void)
{
    struct sigaction action = {.sa_handler = caught};
    sigaction(SIGALRM, &action, 0);
    alarm(10);
    TOOK(pause());
    alarm(3);
    struct timespec left = {0};
    TOOK(nanosleep(&(struct timespec){10, 0}, &left));
    printf("left %ld\n", left.tv_sec + (left.tv_nsec > 0));
    alarm(2);
    TOOK(poll(0, 0, 7000));
    SHOW(alarm(9));
    SHOW(alarm(0));
    struct itimerval setting = {{0, 250000}, {1, 0}};
    setitimer(ITIMER_REAL, &setting, 0);
    count = 0;
    TOOK(({ while (count < 4) pause(); 0; }));
    getitimer(ITIMER_REAL, &setting);
    printf("every %ld us\n", setting.it_interval.tv_usec);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, 0);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
    SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec time = {{2, 0}, {1, 0}}, old;
    SHOW(timer_settime(timer, 0, &time, 0));
    siginfo_t info;
    TOOK(sigwaitinfo(&set, &info) == SIGUSR1);
    printf("code %d value %d\n", info.si_code == SI_TIMER, info.si_value.sival_int);
    TOOK(sigtimedwait(&set, &info, &(struct timespec){1, 0}));
    TOOK(sigtimedwait(&set, &info, &(struct timespec){5, 0}) == SIGUSR1);
    SHOW(timer_gettime(timer, &old));
    printf("left %ld every %ld\n", old.it_value.tv_sec + 1, old.it_interval.tv_sec);
    SHOW(timer_delete(timer));
    SHOW(syscall(SYS_timer_delete, 77));
    int watch = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    uint64_t times = 0;
    time = (struct itimerspec){{1, 0}, {1, 500000000}};
    SHOW(timerfd_settime(watch, 0, &time, 0));
    SHOW(read(watch, &times, 8));
    struct pollfd one = {watch, POLLIN};
    TOOK(poll(&one, 1, -1));
    TOOK(nanosleep(&(struct timespec){3, 200000000}, 0));
    SHOW(read(watch, &times, 8));
    printf("times %d\n", (int)times);
    time = (struct itimerspec){{0}, after(CLOCK_MONOTONIC, 5)};
    SHOW(timerfd_settime(watch, TFD_TIMER_ABSTIME, &time, 0));
    fcntl(watch, F_SETFL, 0);
    TOOK(read(watch, &times, 8) == 8);
    SHOW(timerfd_gettime(watch, &old));
    printf("left %ld\n", old.it_value.tv_sec);
    SHOW(timerfd_settime(1, 0, &time, 0));
}

int main(void)
{
    descriptors();
    timers();
    pthread_t thread;
    sem_init(&semaphore, 0, 0);
    TOOK(wait_condition(2));
    TOOK(wait_semaphore(2));
    pthread_create(&thread, 0, later, 0);
    TOOK(wait_condition(9));
    TOOK(wait_semaphore(9));
    pthread_join(thread, 0);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = in_thread};
    event.sigev_value.sival_ptr = &semaphore;
    SHOW(timer_create(CLOCK_REALTIME, &event, &timer));
    SHOW(timer_settime(timer, 0, &(struct itimerspec){{0}, {4, 0}}, 0));
    TOOK(sem_wait(&semaphore));
    return 0;
}
