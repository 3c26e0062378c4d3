/* Attempts to reach what the network policy does not allow; argv has an allowed and a forbidden port of the host's loopback.
   Prints what was gained; a contained program prints nothing but "held". */
#include "check.h"
#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define GAINED(...) (printf("GAINED " __VA_ARGS__), printf("\n"), fflush(stdout), exit(1))
#define MUST_FAIL(call)                                                    \
    do {                                                                   \
        errno = 0;                                                         \
        if ((long)(call) != -1)                                            \
            GAINED("%s, line %d", #call, __LINE__);                        \
    } while (0)
#define MUST(call)                                                         \
    do {                                                                   \
        if ((long)(call) == -1)                                            \
            GAINED("nothing: %s fails: %s", #call, strerror(errno));       \
    } while (0)

enum { ROUNDS = 1000 };
static int allowed, forbidden;

static struct sockaddr_in at(const char *text, int port)
{
    struct sockaddr_in a = {AF_INET, htons(port)};
    inet_pton(AF_INET, text, &a.sin_addr);
    return a;
}

static int go(int s, const char *text, int port)
{
    struct sockaddr_in a = at(text, port);
    return connect(s, (struct sockaddr *)&a, sizeof a);
}

static int go6(int s, const char *text, int port)
{
    struct sockaddr_in6 a = {AF_INET6, htons(port)};
    inet_pton(AF_INET6, text, &a.sin6_addr);
    return connect(s, (struct sockaddr *)&a, sizeof a);
}

static int tcp(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

/* A socket of the host: one that is connected to what is allowed. */
static int foreign(void)
{
    int s = tcp();
    MUST(go(s, "127.0.0.1", allowed));
    return s;
}

enum { OWN = 2 }; /* those of the program itself, which can always be connected to with datagrams */
static const char *const ADDRESSES[] = {
    "127.0.0.2", "0.0.0.0", "169.254.169.254", "10.0.0.1", "192.168.0.1", "192.0.2.1", "8.8.8.8", "224.0.0.1",
    "255.255.255.255", "127.255.255.255", "0.0.0.1",
};
static const char *const ADDRESSES6[] = {
    "::", "::1", "::ffff:127.0.0.2", "::ffff:0.0.0.0", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::127.0.0.1",
    "2002:7f00:1::", "fe80::1", "ff02::1", "2001:db8::1", "::ffff:169.254.169.254",
};

static void addresses(void)
{
    for (size_t i = 0; i < sizeof ADDRESSES / sizeof *ADDRESSES; i++)
        MUST_FAIL(go(tcp(), ADDRESSES[i], allowed));
    for (size_t i = OWN; i < sizeof ADDRESSES / sizeof *ADDRESSES; i++)
        MUST_FAIL(go(socket(AF_INET, SOCK_DGRAM, 0), ADDRESSES[i], allowed));
    for (size_t i = 0; i < sizeof ADDRESSES6 / sizeof *ADDRESSES6; i++)
        MUST_FAIL(go6(socket(AF_INET6, SOCK_STREAM, 0), ADDRESSES6[i], allowed));
    MUST_FAIL(go(tcp(), "127.0.0.1", forbidden));
    MUST_FAIL(go6(socket(AF_INET6, SOCK_STREAM, 0), "::ffff:127.0.0.1", forbidden));
    int u = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in a = at("8.8.8.8", 53);
    MUST_FAIL(connect(u, (struct sockaddr *)&a, sizeof a));
    MUST_FAIL(sendto(u, "x", 1, 0, (struct sockaddr *)&a, sizeof a));
}

static void again(void)
{
    int s = foreign();
    MUST_FAIL(go(s, "127.0.0.1", forbidden));
    struct sockaddr none = {AF_UNSPEC};
    MUST(connect(s, &none, sizeof none));
    MUST_FAIL(go(s, "8.8.8.8", allowed));
    MUST_FAIL(go(s, "169.254.169.254", allowed));
    struct sockaddr_in a = at("127.0.0.1", forbidden), any = {AF_INET};
    MUST_FAIL(bind(s, (struct sockaddr *)&any, sizeof any));
    MUST_FAIL(listen(s, 1));
    MUST_FAIL(sendto(s, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&a, sizeof a));
    MUST_FAIL(sendto(s, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof a));
    struct iovec part = {"x", 1};
    struct mmsghdr message = {{&a, sizeof a, &part, 1}};
    MUST_FAIL(sendmsg(s, &message.msg_hdr, MSG_FASTOPEN));
    MUST_FAIL(sendmsg(s, &message.msg_hdr, MSG_NOSIGNAL));
    MUST_FAIL(sendmmsg(s, &message, 1, MSG_FASTOPEN));
    MUST_FAIL(sendmmsg(s, &message, 1, MSG_NOSIGNAL));
    MUST_FAIL(go(s, "127.0.0.1", forbidden)); /* from here on it is one of the program's own */
    MUST_FAIL(go(s, "127.0.0.2", forbidden));
    MUST_FAIL(go(s, "0.0.0.0", forbidden));
    MUST_FAIL(sendto(s, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&a, sizeof a));
    MUST(go(s, "127.0.0.1", allowed));
}

static struct sockaddr_in changing;
static volatile int stop, target;

static void *change(void *unused)
{
    while (!stop) {
        changing.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        changing.sin_port = htons(allowed);
        changing.sin_port = htons(forbidden);
        changing.sin_addr.s_addr = htonl(0x08080808);
    }
    return 0;
}

/* Datagrams to whoever is not allowed, with the socket that was used for one who is. */
static void datagrams(void)
{
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in a = at("127.0.0.1", allowed), b = at("127.0.0.1", forbidden), c = at("8.8.8.8", allowed);
    struct sockaddr none = {AF_UNSPEC};
    struct iovec part = {"x", 1};
    struct mmsghdr messages[] = {{{&a, sizeof a, &part, 1}}, {{&b, sizeof b, &part, 1}}, {{&c, sizeof c, &part, 1}}};
    pthread_t thread;
    sendto(s, "x", 1, 0, (struct sockaddr *)&a, sizeof a);
    for (int connected = 0; connected < 2; connected++) {
        sendto(s, "x", 1, MSG_CONFIRM, (struct sockaddr *)&b, sizeof b);
        sendmsg(s, &messages[1].msg_hdr, 0);
        sendmmsg(s, messages, 2, 0);
        MUST_FAIL(sendto(s, "x", 1, 0, (struct sockaddr *)&c, sizeof c));
        MUST_FAIL(sendmsg(s, &messages[2].msg_hdr, 0));
        MUST_FAIL(connect(s, (struct sockaddr *)&c, sizeof c));
        connect(s, (struct sockaddr *)&b, sizeof b);
        send(s, "x", 1, 0);
        MUST(connect(s, &none, sizeof none));
        connect(s, (struct sockaddr *)&a, sizeof a);
    }
    connect(s, &none, sizeof none);
    changing = a;
    pthread_create(&thread, 0, change, 0);
    messages[0].msg_hdr.msg_name = &changing;
    for (int i = 0; i < ROUNDS; i++) {
        sendto(s, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&changing, sizeof changing);
        sendmsg(s, &messages[0].msg_hdr, MSG_DONTWAIT);
        sendmmsg(s, messages, 1, MSG_DONTWAIT);
    }
    stop = 1;
    pthread_join(thread, 0);
    stop = 0;
}

static void options(void)
{
    static const struct { int level, name; } REFUSED[] = {
        {SOL_SOCKET, SO_BINDTODEVICE}, {SOL_SOCKET, SO_MARK}, {SOL_SOCKET, SO_ATTACH_FILTER}, {SOL_SOCKET, SO_DONTROUTE},
        {SOL_SOCKET, 62 /* SO_BINDTOIFINDEX */}, {IPPROTO_IP, IP_OPTIONS}, {IPPROTO_IP, IP_TRANSPARENT},
        {IPPROTO_IP, IP_FREEBIND}, {IPPROTO_IP, IP_ADD_MEMBERSHIP}, {IPPROTO_IP, IP_MULTICAST_IF}, {IPPROTO_IP, IP_UNICAST_IF},
        {IPPROTO_IP, IP_HDRINCL}, {IPPROTO_IPV6, IPV6_RTHDR}, {IPPROTO_IPV6, IPV6_2292PKTOPTIONS}, {IPPROTO_IPV6, IPV6_PKTINFO},
        {IPPROTO_IPV6, IPV6_JOIN_GROUP}, {IPPROTO_IPV6, IPV6_ADDRFORM}, {IPPROTO_TCP, TCP_REPAIR}, {IPPROTO_TCP, TCP_ULP},
        {IPPROTO_TCP, TCP_FASTOPEN}, {IPPROTO_TCP, TCP_FASTOPEN_CONNECT}, {IPPROTO_TCP, TCP_MD5SIG}, {IPPROTO_RAW, 1},
        {285, 1},
    };
    unsigned char way[12] = {0x83, 11, 4, 127, 0, 0, 2, 127, 0, 0, 1, 1}; /* a loose source route */
    int sockets[] = {tcp(), foreign(), socket(AF_INET6, SOCK_STREAM, 0), socket(AF_INET, SOCK_DGRAM, 0)};
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        for (size_t j = 0; j < sizeof REFUSED / sizeof *REFUSED; j++)
            MUST_FAIL(setsockopt(sockets[i], REFUSED[j].level, REFUSED[j].name, way, sizeof way));
}

static void families(void)
{
    static const int TYPES[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, 10 /* SOCK_PACKET */};
    for (int family = 0; family < 48; family++)
        for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
            if (family != AF_UNIX && !((family == AF_INET || family == AF_INET6) && i < 2))
                MUST_FAIL(socket(family, TYPES[i], 0));
    MUST_FAIL(socket(AF_INET, SOCK_STREAM, 262)); /* MPTCP */
    MUST_FAIL(socket(AF_INET, SOCK_STREAM, 132)); /* SCTP */
    MUST_FAIL(syscall(SYS_io_uring_setup, 8, (char[256]){0}));
    struct sockaddr_un abstract = {AF_UNIX};
    int size = 3 + sprintf(abstract.sun_path + 1, "pvm-host-%d", forbidden);
    MUST_FAIL(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&abstract, size));
}

/* Whoever else has a socket of the host is bound by the policy as well. */
static void passed(void)
{
    int pair[2], s = foreign();
    struct sockaddr none = {AF_UNSPEC};
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    char byte = 'd', room[CMSG_SPACE(sizeof s)];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    if (fork() == 0) {
        int got;
        MUST(recvmsg(pair[1], &message, 0));
        memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof got);
        MUST_FAIL(go(got, "127.0.0.1", forbidden));
        MUST(connect(got, &none, sizeof none));
        MUST_FAIL(listen(got, 1));
        MUST_FAIL(go(got, "8.8.8.8", allowed));
        MUST_FAIL(go(got, "127.0.0.1", forbidden));
        exit(0);
    }
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){CMSG_LEN(sizeof s), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &s, sizeof s);
    MUST(sendmsg(pair[0], &message, 0));
    int status;
    wait(&status);
    if (status)
        GAINED("by a child");
}

static long network_of(int s)
{
    long cookie = 0;
    socklen_t size = sizeof cookie;
    getsockopt(s, SOL_SOCKET, 71 /* SO_NETNS_COOKIE */, &cookie, &size);
    return cookie;
}

/* Ports of one's own are not the host's. */
static void ports(void)
{
    int l = tcp();
    struct sockaddr_in any = {AF_INET, htons(forbidden)};
    MUST(bind(l, (struct sockaddr *)&any, sizeof any)); /* the host has that one in use */
    MUST(listen(l, 1));
    MUST(go(tcp(), "127.0.0.1", forbidden));
    struct pollfd p = {l, POLLIN};
    if (poll(&p, 1, 10000) != 1)
        GAINED("the connection went elsewhere");
}

static int sockets[2];

static void *swap(void *unused)
{
    while (!stop) {
        dup2(sockets[0], target);
        dup2(sockets[1], target);
    }
    return 0;
}

/* Another thread changes the address, and what the descriptor is, while a call is decided. */
static void races(void)
{
    pthread_t thread;
    changing = at("127.0.0.1", forbidden);
    pthread_create(&thread, 0, change, 0);
    for (int i = 0; i < ROUNDS; i++) {
        int s = socket(AF_INET, SOCK_STREAM | (i % 2 ? SOCK_NONBLOCK : 0), 0);
        connect(s, (struct sockaddr *)&changing, sizeof changing);
        close(s);
    }
    stop = 1;
    pthread_join(thread, 0);
    stop = 0;
    struct sockaddr none = {AF_UNSPEC};
    target = dup(0);
    sockets[0] = dup(0);
    struct sockaddr_in a = at("127.0.0.1", forbidden), any = {AF_INET};
    pthread_create(&thread, 0, swap, 0);
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 10 == 0) { /* until it is replaced by one of the program's own */
            int s = foreign();
            MUST(connect(s, &none, sizeof none));
            dup2(s, sockets[0]);
            close(s);
        }
        sockets[1] = tcp();
        connect(target, (struct sockaddr *)&a, sizeof a);
        sendto(target, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof a);
        bind(target, (struct sockaddr *)&any, sizeof any);
        if (listen(sockets[0], 1) == 0 && network_of(sockets[0]) != network_of(sockets[1]))
            GAINED("a socket of the host that listens");
        close(sockets[1]);
    }
    stop = 1;
    pthread_join(thread, 0);
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*attempt)(void);
    } attempts[] = {
        {"addresses", addresses}, {"again", again}, {"options", options}, {"families", families},
        {"passed", passed}, {"ports", ports}, {"races", races}, {"datagrams", datagrams},
    };
    allowed = atoi(arguments[2]);
    forbidden = atoi(arguments[3]);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        if (strcmp(arguments[1], attempts[i].name) == 0)
            attempts[i].attempt();
    printf("held\n");
    return 0;
}
