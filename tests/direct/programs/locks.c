/* Locks on a file that may only be open for reading; its path is the argument. */
#include "check.h"
#include <pthread.h>
#include <sys/file.h>

static const char *path;
static int opened(void) { return open(path, O_RDONLY); }

static int posix_lock(int fd, int command, int type, int whence, long start, long length)
{
    struct flock lock = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = length};
    int result = fcntl(fd, command, &lock);
    if (result == 0 && (command == F_GETLK || command == F_OFD_GETLK)) {
        printf("type %d from %ld, %ld bytes, ", lock.l_type, (long)lock.l_start, (long)lock.l_len);
        printf("%s\n", lock.l_pid == getppid() ? "parent" : lock.l_pid == -1 ? "description" : lock.l_pid ? "other" : "none");
    }
    return result;
}

#define CHILD(...)                                          \
    do {                                                    \
        fflush(stdout);                                     \
        pid_t child_ = fork();                              \
        if (child_ == 0) {                                  \
            __VA_ARGS__;                                    \
            fflush(stdout);                                 \
            _exit(0);                                       \
        }                                                   \
        waitpid(child_, 0, 0);                              \
    } while (0)

static void caught(int number) {}

static void *late_unlock(void *argument)
{
    usleep(30000);
    flock(*(int *)argument, LOCK_UN);
    return 0;
}

static void descriptions(void)
{
    int one = opened(), two = opened(), copy = dup(one);
    SHOW(flock(one, LOCK_EX));
    SHOW(flock(two, LOCK_SH | LOCK_NB));
    SHOW(flock(copy, LOCK_SH));
    SHOW(flock(two, LOCK_SH | LOCK_NB));
    SHOW(flock(two, LOCK_EX | LOCK_NB));
    SHOW(flock(one, 77));
    close(one);
    SHOW(flock(two, LOCK_EX | LOCK_NB));
    close(copy);
    SHOW(flock(two, LOCK_EX | LOCK_NB));
    CHILD(int own = opened(); SHOW(flock(own, LOCK_SH | LOCK_NB)); SHOW(flock(two, LOCK_SH)));
    int three = opened();
    SHOW(flock(three, LOCK_SH | LOCK_NB));
    SHOW(flock(two, LOCK_UN));
    CHILD(flock(three, LOCK_EX));               /* the lock stays with the description, whoever took it */
    SHOW(flock(two, LOCK_SH | LOCK_NB));
    close(three);
    SHOW(flock(two, LOCK_SH | LOCK_NB));
    close(two);
    int ends[2];
    pipe(ends);
    int held = opened();
    flock(held, LOCK_EX);
    pid_t child = fork();                       /* a child keeps it, though the parent closes it */
    if (child == 0) {
        char c;
        close(ends[1]);
        read(ends[0], &c, 1);
        _exit(0);
    }
    close(held);
    int four = opened();
    SHOW(flock(four, LOCK_EX | LOCK_NB));
    close(ends[1]);
    waitpid(child, 0, 0);
    SHOW(flock(four, LOCK_EX | LOCK_NB));
    pthread_t thread;
    int five = opened();
    pthread_create(&thread, 0, late_unlock, &four);
    SHOW(flock(five, LOCK_EX));
    pthread_join(thread, 0);
    struct sigaction action = {.sa_handler = caught};
    sigaction(SIGALRM, &action, 0);
    ualarm(30000, 0);
    SHOW(flock(four, LOCK_EX));
    SHOW(flock(99, LOCK_EX));
    SHOW(flock(ends[0], LOCK_EX) == 0);
    close(four);
    close(five);
}

static void ranges(void)
{
    int one = opened(), two = opened();
    SHOW(posix_lock(one, F_SETLK, F_RDLCK, SEEK_SET, 0, 10));
    SHOW(posix_lock(one, F_SETLK, F_WRLCK, SEEK_SET, 0, 10));
    SHOW(posix_lock(one, F_SETLK, 9, SEEK_SET, 0, 10));
    SHOW(posix_lock(one, F_SETLK, F_RDLCK, 9, 0, 10));
    SHOW(posix_lock(one, F_SETLK, F_RDLCK, SEEK_SET, -5, 10));
    lseek(one, 3, SEEK_SET);
    SHOW(posix_lock(one, F_SETLK, F_RDLCK, SEEK_CUR, 10, 2));
    SHOW(posix_lock(one, F_SETLK, F_RDLCK, SEEK_END, -1, 0));
    SHOW(posix_lock(one, F_GETLK, F_WRLCK, SEEK_SET, 0, 0));
    CHILD(SHOW(posix_lock(one, F_GETLK, F_WRLCK, SEEK_SET, 5, 1)); SHOW(posix_lock(one, F_GETLK, F_RDLCK, SEEK_SET, 5, 1));
          SHOW(posix_lock(one, F_GETLK, F_WRLCK, SEEK_SET, 11, 1)); SHOW(posix_lock(two, F_SETLKW, F_RDLCK, SEEK_SET, 5, 1)));
    close(two);                                 /* one that is closed gives up all locks of the process */
    CHILD(SHOW(posix_lock(one, F_GETLK, F_WRLCK, SEEK_SET, 5, 1)));
    two = opened();
    SHOW(posix_lock(one, F_OFD_SETLK, F_RDLCK, SEEK_SET, 0, 5));
    SHOW(posix_lock(one, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 5));
    SHOW(posix_lock(two, F_OFD_GETLK, F_WRLCK, SEEK_SET, 0, 1));
    SHOW(posix_lock(one, F_OFD_GETLK, F_WRLCK, SEEK_SET, 0, 1));
    SHOW(posix_lock(two, F_GETLK, F_WRLCK, SEEK_SET, 0, 1));
    SHOW(posix_lock(one, F_OFD_SETLKW, F_UNLCK, SEEK_SET, 0, 0));
    SHOW(posix_lock(two, F_OFD_GETLK, F_WRLCK, SEEK_SET, 0, 1));
    struct flock owned = {.l_type = F_RDLCK, .l_pid = 1};
    SHOW(fcntl(one, F_OFD_SETLK, &owned));
    SHOW(fcntl(one, F_SETLK, (void *)8));
    SHOW(posix_lock(99, F_SETLK, F_RDLCK, SEEK_SET, 0, 1));
    close(two);
    SHOW(posix_lock(one, F_SETLK, F_RDLCK, SEEK_SET, 0, 5));
    close(one);
    one = opened();                             /* at the same number */
    CHILD(SHOW(posix_lock(one, F_GETLK, F_WRLCK, SEEK_SET, 0, 5)));
    close(one);
}

int main(int count, char **arguments)
{
    path = arguments[1];
    descriptions();
    ranges();
    path = "/";
    int one = opened(), two = opened();
    SHOW(flock(one, LOCK_EX | LOCK_NB));
    SHOW(flock(two, LOCK_EX | LOCK_NB));
    SHOW(flock(one, LOCK_UN));
    return 0;
}
