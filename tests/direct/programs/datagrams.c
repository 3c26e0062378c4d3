/* Datagrams to Unix sockets by path, with descriptors that go along. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return address;
}

static int opened(const char *path)
{
    int found = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un address = at(path);
    SHOW(bind(found, (void *)&address, sizeof address));
    return found;
}

static void receive(int from)
{
    char text[100] = {0}, control[100];
    struct iovec vector = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int size = recvmsg(from, &message, MSG_DONTWAIT);
    printf("%d <%s>\n", size, text);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (size >= 0 && head) {
        int passed;
        memcpy(&passed, CMSG_DATA(head), sizeof passed);
        printf("type %d, ", head->cmsg_type);
        SHOW(write(passed, "through", 7));
    }
}

int main(void)
{
    mkdir("d", 0777);
    int one = opened("d/one"), two = opened("two"), client = socket(AF_UNIX, SOCK_DGRAM, 0), ends[2];
    struct sockaddr_un to = at("d/one"), none = at("none"), file = at("file"), large = at("two");
    close(open("file", O_CREAT | O_WRONLY, 0666));
    symlink("d/one", "link");
    pipe(ends);
    SHOW(sendto(client, "first", 5, 0, (void *)&to, sizeof to));
    SHOW(sendto(client, "none", 4, 0, (void *)&none, sizeof none));
    SHOW(sendto(client, "file", 4, 0, (void *)&file, sizeof file));
    SHOW(sendto(client, (void *)8, 4, 0, (void *)&to, sizeof to));
    SHOW(sendto(client, "short", 5, 0, (void *)&to, 1));
    SHOW(sendto(99, "none", 4, 0, (void *)&to, sizeof to));
    SHOW(sendto(ends[0], "none", 4, 0, (void *)&to, sizeof to));
    to = at("link");
    SHOW(sendto(two, "through a link", 14, 0, (void *)&to, sizeof to));
    char control[CMSG_SPACE(sizeof(int))] = {0}, text[10];
    struct iovec vectors[] = {{"se", 2}, {"cond", 4}};
    struct msghdr message = {&to, sizeof to, vectors, 2, control, sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &ends[1], sizeof(int));
    SHOW(sendmsg(client, &message, 0));
    int wrong = 99;
    memcpy(CMSG_DATA(head), &wrong, sizeof(int));
    SHOW(sendmsg(client, &message, 0));
    message.msg_controllen = 0;
    message.msg_iovlen = 0;
    SHOW(sendmsg(client, &message, 0));
    struct mmsghdr several[] = {{{&to, sizeof to, vectors, 2}}};
    SHOW(sendmmsg(client, several, 1, 0));
    printf("%u\n", several[0].msg_len);
    for (int i = 0; i < 6; i++)
        receive(one);
    SHOW(read(ends[0], text, 7));
    SHOW(chdir("d"));
    to = at("one");
    SHOW(sendto(client, "relative", 8, 0, (void *)&to, sizeof to));
    receive(one);
    static char much[400000];
    SHOW(sendto(client, much, sizeof much, 0, (void *)&to, sizeof to));
    int sent = 0;
    while (sendto(client, much, 100, MSG_DONTWAIT, (void *)&to, sizeof to) == 100)
        sent++;
    printf("full %s %d\n", strerrorname_np(errno), sent > 0);
    fflush(stdout);
    if (fork() == 0) {
        usleep(30000);
        read(one, much, 100);
        _exit(0);
    }
    SHOW(sendto(client, much, 100, 0, (void *)&to, sizeof to));
    wait(0);
    SHOW(unlink("one"));
    SHOW(sendto(client, "gone", 4, 0, (void *)&to, sizeof to));
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    large = at("../two");
    SHOW(sendto(stream, "stream", 6, MSG_NOSIGNAL, (void *)&large, sizeof large));
    close(two);
    SHOW(sendto(client, "closed", 6, 0, (void *)&large, sizeof large));
    return 0;
}
