/* openat2: walks that may not lead everywhere. */
#include "check.h"
#include <linux/openat2.h>

static int from;

static long opened(const char *path, unsigned long long flags, unsigned long long resolve)
{
    struct open_how how = {.flags = flags, .resolve = resolve};
    long fd = syscall(SYS_openat2, from, path, &how, sizeof how);
    if (fd < 0)
        return fd;
    char text[20] = {0};
    long size = flags & (O_PATH | O_DIRECTORY) ? 0 : read(fd, text, 10);
    close(fd);
    printf("[%s] ", text);
    return size;
}

static void file(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0666);
    write(fd, text, strlen(text));
    close(fd);
}

int main(void)
{
    mkdir("top", 0777);
    mkdir("top/a", 0777);
    mkdir("top/a/b", 0777);
    file("outside", "outside");
    file("top/inside", "inside");
    file("top/a/deep", "deep");
    symlink("inside", "top/link");
    symlink("../outside", "top/up");
    symlink("/inside", "top/absolute");
    symlink("../inside", "top/a/back");
    symlink("a", "top/folder");
    symlink("../..", "top/a/out");
    symlink("self", "top/self");
    from = open("top", O_RDONLY | O_DIRECTORY);
    const char *paths[] = {"inside", "link", "up", "absolute", "a/back", "folder/deep", "../outside", "a/../inside", "a/b/../../inside",
        "a/out/outside", "a/../../top/inside", "/inside", "..", ".", "a/..", "none", "inside/x", "self", "link/", "a/b/"};
    unsigned long long rules[] = {0, RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS,
        RESOLVE_NO_XDEV, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, RESOLVE_IN_ROOT | RESOLVE_NO_XDEV};
    for (int r = 0; r < sizeof rules / sizeof *rules; r++)
        for (int p = 0; p < sizeof paths / sizeof *paths; p++) {
            printf("%d %s ", (int)rules[r], paths[p]);
            SHOW(opened(paths[p], O_RDONLY, rules[r]));
        }
    SHOW(opened("link", O_RDONLY | O_NOFOLLOW, RESOLVE_NO_SYMLINKS));
    SHOW(opened("link", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS));
    SHOW(opened("a/new", O_RDWR | O_CREAT | O_EXCL, RESOLVE_BENEATH));
    SHOW(opened("../new", O_RDWR | O_CREAT | O_EXCL, RESOLVE_BENEATH));
    SHOW(opened("/rooted", O_RDWR | O_CREAT | O_EXCL, RESOLVE_IN_ROOT));
    SHOW(access("top/rooted", F_OK));
    SHOW(opened("inside", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
    SHOW(opened("inside", O_RDONLY, 0x40));
    SHOW(opened("inside", O_RDONLY | (1ull << 40), 0));
    char path[40];
    sprintf(path, "/proc/self/fd/%d", open("outside", O_RDONLY));
    SHOW(opened(path, O_RDONLY, 0));
    SHOW(opened(path, O_RDONLY, RESOLVE_NO_MAGICLINKS));
    SHOW(opened(path, O_RDONLY, RESOLVE_NO_SYMLINKS));
    SHOW(opened(path, O_RDONLY, RESOLVE_BENEATH));
    from = open("/", O_RDONLY | O_DIRECTORY);
    SHOW(opened("proc/self/fd", O_RDONLY | O_DIRECTORY, RESOLVE_NO_XDEV));
    SHOW(opened("proc", O_PATH, RESOLVE_NO_XDEV));
    SHOW(opened("proc/../proc", O_PATH, RESOLVE_NO_XDEV));
    SHOW(opened(path + 1, O_RDONLY, RESOLVE_BENEATH));
    SHOW(opened(path, O_RDONLY, RESOLVE_IN_ROOT));
    SHOW(opened("/dev/null", O_RDONLY, RESOLVE_IN_ROOT) >= 0);
    from = AT_FDCWD;
    SHOW(opened("top/inside", O_RDONLY, RESOLVE_BENEATH));
    SHOW(opened("../etc", O_RDONLY, RESOLVE_BENEATH));
    from = open("outside", O_RDONLY);
    SHOW(opened("x", O_RDONLY, RESOLVE_BENEATH));
    return 0;
}
