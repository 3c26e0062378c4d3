/* Extended attributes of files, directories, links and pipes. */
#include "check.h"
#include <sys/xattr.h>

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path)
{
    char text[1000], *names[20];
    int count = 0, size = llistxattr(path, text, sizeof text);
    for (char *name = text; name < text + size; name += strlen(name) + 1)
        if (strncmp(name, "user.", 5) == 0)
            names[count++] = name;
    qsort(names, count, sizeof *names, by_name);
    printf("%s:", path);
    for (int i = 0; i < count; i++) {
        char value[100] = {0};
        int found = lgetxattr(path, names[i], value, sizeof value);
        printf(" %s=%.*s(%d)", names[i], found, value, found);
    }
    printf("\n");
}

int main(void)
{
    char text[100], name[300];
    static char large[70000];
    int f = open("f", O_RDWR | O_CREAT, 0666), ends[2];
    mkdir("d", 0777);
    symlink("f", "link");
    mkfifo("fifo", 0666);
    pipe(ends);
    SHOW(listxattr("f", text, 0) >= 0);
    SHOW(getxattr("f", "user.one", text, sizeof text));
    SHOW(setxattr("f", "user.one", "1", 1, 0));
    SHOW(setxattr("f", "user.one", "11", 2, XATTR_CREATE));
    SHOW(setxattr("f", "user.two", "22", 2, XATTR_REPLACE));
    SHOW(setxattr("f", "user.two", "22", 2, XATTR_CREATE | XATTR_REPLACE));
    SHOW(setxattr("f", "user.one", "22", 2, XATTR_CREATE | XATTR_REPLACE));
    SHOW(setxattr("f", "user.two", "22", 2, XATTR_CREATE));
    SHOW(setxattr("f", "user.one", "333", 3, XATTR_REPLACE));
    SHOW(setxattr("f", "user.none", "", 0, 0));
    SHOW(setxattr("f", "user.x", "", 0, 8));
    list("f");
    SHOW(getxattr("f", "user.one", text, 0));
    SHOW(getxattr("f", "user.one", text, 2));
    SHOW(getxattr("f", "user.one", text, 3));
    SHOW(getxattr("f", "user.one", (void *)8, 3));
    SHOW(getxattr("f", "user.none", text, 9));
    SHOW(listxattr("f", text, 2));
    SHOW(setxattr("f", "user.big", large, 65537, 0));
    SHOW(setxattr("f", "user.", "x", 1, 0));
    SHOW(setxattr("f", "", "x", 1, 0));
    SHOW(setxattr("f", "odd.name", "x", 1, 0));
    SHOW(getxattr("f", "odd.name", text, 9));
    memset(name, 'n', sizeof name);
    memcpy(name, "user.", 5);
    name[255] = 0;
    SHOW(setxattr("f", name, "x", 1, 0));
    SHOW(removexattr("f", name));
    name[255] = 'n';
    name[256] = 0;
    SHOW(setxattr("f", name, "x", 1, 0));
    SHOW(setxattr("f", (char *)8, "x", 1, 0));
    SHOW(setxattr("f", "user.x", (char *)8, 1, 0));
    SHOW(setxattr("none", "user.x", "x", 1, 0));
    SHOW(getxattr("f/x", "user.x", text, 1));
    SHOW(setxattr("d", "user.folder", "d", 1, 0));
    SHOW(setxattr("link", "user.through", "l", 1, 0));
    SHOW(lsetxattr("link", "user.link", "l", 1, 0));
    SHOW(lgetxattr("link", "user.link", text, 9));
    SHOW(lremovexattr("link", "user.link"));
    SHOW(setxattr("fifo", "user.fifo", "l", 1, 0));
    SHOW(getxattr("fifo", "user.fifo", text, 9));
    SHOW(fsetxattr(f, "user.open", "o", 1, 0));
    SHOW(fgetxattr(f, "user.open", text, 9));
    SHOW(fremovexattr(f, "user.open"));
    SHOW(fremovexattr(f, "user.open"));
    SHOW(fgetxattr(f, "user.open", text, 9));
    SHOW(fsetxattr(99, "user.open", "o", 1, 0));
    SHOW(fsetxattr(ends[0], "user.open", "o", 1, 0));
    SHOW(fgetxattr(ends[0], "user.open", text, 9));
    SHOW(removexattr("f", "user.missing"));
    list("f");
    list("d");
    list("link");
    SHOW(rename("f", "g"));
    SHOW(link("g", "h"));
    SHOW(removexattr("h", "user.two"));
    list("g");
    SHOW(fsetxattr(f, "user.last", "o", 1, 0));
    unlink("g");
    unlink("h");
    SHOW(fgetxattr(f, "user.last", text, 9));
    return 0;
}
