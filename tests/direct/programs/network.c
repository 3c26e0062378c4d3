/* Connections to servers of the host, on its loopback: argv has the ports of an echo, of nobody, and of one who is full. */
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>

static int echo, nobody, full;

static struct sockaddr_in at(int port)
{
    return (struct sockaddr_in){AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}};
}

static int go(int s, int port)
{
    struct sockaddr_in a = at(port);
    return connect(s, (struct sockaddr *)&a, sizeof a);
}

/* Begin without waiting: both ways to say that it goes on are the same here. */
static int begin(int s, int port)
{
    int found = go(s, port);
    return found < 0 && errno == EINPROGRESS ? 0 : found;
}

static int option(int s, int level, int name)
{
    int value = -2;
    socklen_t size = sizeof value;
    getsockopt(s, level, name, &value, &size);
    return value;
}

static void say(int out, int in)
{
    char text[8] = {0};
    SHOW(write(out, "hello", 5));
    SHOW(read(in, text, 5));
    printf("<%s>\n", text);
}

static void wait_for(int s)
{
    struct pollfd p = {s, POLLOUT};
    SHOW(poll(&p, 1, 20000));
    SHOW(option(s, SOL_SOCKET, SO_ERROR));
}

static void blocking(void)
{
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, size = 20000;
    struct timeval patience = {7, 500000};
    SHOW(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    SHOW(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one));
    SHOW(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
    SHOW(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    int d = dup(s);
    SHOW(go(s, echo));
    SHOW(option(s, IPPROTO_TCP, TCP_NODELAY));
    SHOW(option(s, SOL_SOCKET, SO_KEEPALIVE));
    SHOW(option(d, SOL_SOCKET, SO_RCVBUF));
    SHOW(option(d, SOL_SOCKET, SO_RCVTIMEO));
    SHOW(fcntl(s, F_GETFD));
    SHOW(fcntl(d, F_GETFD));
    SHOW(fcntl(d, F_GETFL) & O_NONBLOCK);
    say(d, s);
    struct sockaddr_in a;
    socklen_t length = sizeof a;
    SHOW(getpeername(d, (struct sockaddr *)&a, &length));
    printf("%s %d\n", inet_ntoa(a.sin_addr), ntohs(a.sin_port) == echo);
    SHOW(go(s, echo));
    if (fork() == 0) {
        say(s, d);
        exit(0);
    }
    wait(0);
    SHOW(shutdown(s, SHUT_WR));
    SHOW(read(d, &one, 1));
}

static void without_waiting(void)
{
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(begin(s, echo));
    wait_for(s);
    SHOW(fcntl(s, F_GETFL) & O_NONBLOCK);
    SHOW(fcntl(s, F_SETFL, 0));
    say(s, s);
    s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    begin(s, nobody);
    wait_for(s);
    SHOW(begin(s, echo));
    wait_for(s);
    SHOW(fcntl(s, F_SETFL, 0));
    say(s, s);
    s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(go(s, full));
    SHOW(go(s, full));
}

static void registered_before(void)
{
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), p = epoll_create1(0), q = epoll_create1(0), d = dup(s);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u64 = 0x123456789abcdefull};
    SHOW(epoll_ctl(p, EPOLL_CTL_ADD, s, &event));
    event = (struct epoll_event){.events = EPOLLIN, .data.u32 = 9};
    SHOW(epoll_ctl(q, EPOLL_CTL_ADD, d, &event));
    SHOW(epoll_ctl(q, EPOLL_CTL_ADD, 1, &event) == 0 || errno == EPERM);
    SHOW(begin(s, echo));
    do {
        event = (struct epoll_event){0};
        if (epoll_wait(p, &event, 1, 20000) != 1)
            break;
    } while (!(event.events & EPOLLOUT));
    printf("%x %llx\n", event.events, (unsigned long long)event.data.u64);
    SHOW(write(s, "x", 1));
    SHOW(epoll_wait(q, &event, 1, 20000));
    printf("%x %u\n", event.events, event.data.u32);
    event.events = EPOLLOUT;
    SHOW(epoll_ctl(p, EPOLL_CTL_ADD, s, &event));
    SHOW(epoll_ctl(p, EPOLL_CTL_MOD, s, &event));
    SHOW(epoll_ctl(p, EPOLL_CTL_DEL, s, &event));
    SHOW(epoll_ctl(p, EPOLL_CTL_DEL, s, &event));
    SHOW(close(s));
    SHOW(epoll_wait(p, &event, 1, 0));
}

static void again(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(go(s, nobody));
    SHOW(go(s, echo));
    say(s, s);
    struct sockaddr none = {AF_UNSPEC};
    SHOW(connect(s, &none, sizeof none));
    SHOW(write(s, "x", 1) < 0);
    SHOW(go(s, echo));
    say(s, s);
}

static void on_signal(int number)
{
    printf("signal %d\n", number);
    fflush(stdout);
}

static void waiting(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval wait = {0, 100000};
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    SHOW(go(s, full));
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval soon = {.it_value = {0, 50000}};
    sigaction(SIGALRM, &action, 0);
    s = socket(AF_INET, SOCK_STREAM, 0);
    setitimer(ITIMER_REAL, &soon, 0);
    SHOW(go(s, full));
    wait.tv_sec = 30;
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, 0);
    setitimer(ITIMER_REAL, &soon, 0);
    SHOW(go(s, full));
}

static void addresses(void)
{
    int s = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 mapped = {AF_INET6, htons(echo)};
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
    SHOW(connect(s, (struct sockaddr *)&mapped, 10));
    SHOW(connect(s, (struct sockaddr *)&mapped, -1));
    SHOW(connect(s, (struct sockaddr *)&mapped, 4000));
    SHOW(connect(s, (struct sockaddr *)8, sizeof mapped));
    SHOW(connect(s, (struct sockaddr *)&mapped, sizeof mapped));
    say(s, s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(connect(s, (struct sockaddr *)&mapped, sizeof mapped));
    struct sockaddr_un name = {AF_UNIX, "\0nobody"};
    SHOW(connect(s, (struct sockaddr *)&name, 9));
    SHOW(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, 9));
    SHOW(go(99, echo));
    SHOW(go(1, echo));
}

static void inside(void)
{
    int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = at(0), b;
    socklen_t size = sizeof a;
    SHOW(bind(l, (struct sockaddr *)&a, size));
    SHOW(listen(l, 5));
    getsockname(l, (struct sockaddr *)&a, &size);
    SHOW(go(c, ntohs(a.sin_port)));
    int s = accept4(l, (struct sockaddr *)&b, &size, SOCK_CLOEXEC);
    say(c, s);
    SHOW(bind(c, (struct sockaddr *)&a, size));
    SHOW(listen(c, 1));
    int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
    a = at(0);
    SHOW(bind(u, (struct sockaddr *)&a, size));
    getsockname(u, (struct sockaddr *)&a, &size);
    SHOW(sendto(v, "one", 3, 0, (struct sockaddr *)&a, size));
    SHOW(recv(u, &b, 9, 0));
    SHOW(connect(v, (struct sockaddr *)&a, size));
    say(v, u);
    struct sockaddr_un name = {AF_UNIX, "\0here"};
    l = socket(AF_UNIX, SOCK_STREAM, 0);
    c = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(bind(l, (struct sockaddr *)&name, 7));
    SHOW(listen(l, 1));
    SHOW(connect(c, (struct sockaddr *)&name, 7));
    s = accept(l, 0, 0);
    say(s, c);
}

/* One who waits, and whom a signal does not end, while another one's calls are answered. */
static void patient(int port)
{
    struct utsname name;
    if (fork() == 0) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        struct itimerval soon = {.it_value = {0, 50000}};
        int s = socket(AF_INET, SOCK_STREAM, 0);
        sigaction(SIGALRM, &action, 0);
        setitimer(ITIMER_REAL, &soon, 0);
        SHOW(go(s, port));
        SHOW(go(s, port));
        exit(0);
    }
    for (int i = 0; i < 1000; i++)
        uname(&name);
    wait(0);
}

int main(int count, char **arguments)
{
    echo = atoi(arguments[1]);
    if (count == 2) {
        patient(echo);
        return 0;
    }
    nobody = atoi(arguments[2]);
    full = atoi(arguments[3]);
    signal(SIGPIPE, SIG_IGN);
    blocking();
    without_waiting();
    registered_before();
    again();
    waiting();
    addresses();
    inside();
    return 0;
}
