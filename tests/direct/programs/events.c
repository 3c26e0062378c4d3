/* Events: pipes, poll, epoll, eventfd, timers, signals by descriptor, sockets and descriptors sent over them. */
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

static void send_descriptor(int over, int fd)
{
    char byte = 'd', room[CMSG_SPACE(sizeof fd)];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    sendmsg(over, &message, 0);
}

static int receive_descriptor(int over)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    int fd;
    recvmsg(over, &message, 0);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

int main(void)
{
    char text[100] = {0};
    uint64_t number = 3;
    int e = eventfd(0, EFD_NONBLOCK);
    SHOW(read(e, &number, 8));
    SHOW(write(e, &number, 8));
    int p = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 17};
    SHOW(epoll_ctl(p, EPOLL_CTL_ADD, e, &event));
    event.data.u32 = 0;
    SHOW(epoll_wait(p, &event, 1, 1000));
    printf("%d\n", event.data.u32);
    int t = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec soon = {.it_value = {0, 1000000}};
    SHOW(timerfd_settime(t, 0, &soon, 0));
    SHOW(read(t, &number, 8));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, 0);
    int s = signalfd(-1, &set, 0);
    raise(SIGUSR2);
    struct signalfd_siginfo info;
    SHOW(read(s, &info, sizeof info) == sizeof info);
    printf("%d\n", info.ssi_signo);
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    SHOW(send(pair[0], "over", 4, 0));
    SHOW(recv(pair[1], text, 99, 0));
    int f = open("sent", O_RDWR | O_CREAT, 0600);
    write(f, "content", 7);
    send_descriptor(pair[0], f);
    int g = receive_descriptor(pair[1]);
    SHOW(pread(g, text, 7, 0));
    struct stat a, b;
    fstat(f, &a);
    fstat(g, &b);
    printf("%s, the same: %d\n", text, a.st_ino == b.st_ino && a.st_size == 7);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    SHOW(bind(listener, (struct sockaddr *)&address, sizeof address));
    SHOW(listen(listener, 1));
    socklen_t size = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &size);
    if (!fork()) {
        int c = socket(AF_INET, SOCK_STREAM, 0);
        connect(c, (struct sockaddr *)&address, sizeof address);
        sendfile(c, f, (off_t[]){0}, 7);
        _exit(0);
    }
    int c = accept(listener, 0, 0);
    SHOW(recv(c, text, 99, MSG_WAITALL));
    printf("%.7s\n", text);
    wait(0);
    struct pollfd waits[2] = {{e, POLLIN}, {c, POLLOUT}};
    SHOW(poll(waits, 2, 0));
    SHOW(flock(f, LOCK_EX | LOCK_NB));
    int again = open("sent", O_RDWR);
    SHOW(flock(again, LOCK_EX | LOCK_NB));
    int pipes[2];
    SHOW(pipe2(pipes, O_CLOEXEC));
    SHOW(splice(f, (loff_t[]){0}, pipes[1], 0, 7, 0));
    SHOW(read(pipes[0], text, 99));
    SHOW(isatty(pipes[0]));
    struct timespec before, after, nap = {0, 2000000};
    clock_gettime(CLOCK_MONOTONIC, &before);
    SHOW(nanosleep(&nap, 0));
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("slept %d\n", (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 2000000);
    return 0;
}
