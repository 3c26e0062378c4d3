/* Files by path and by descriptor. */
#include "check.h"

static void show_stat(const char *path)
{
    struct stat s;
    int result = lstat(path, &s);
    if (result)
        printf("lstat %s: %s\n", path, strerrorname_np(errno));
    else if (S_ISDIR(s.st_mode))
        printf("lstat %s: directory %o\n", path, s.st_mode & 07777);
    else
        printf("lstat %s: mode %o links %d size %d\n", path, s.st_mode, (int)s.st_nlink, (int)s.st_size);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path)
{
    char *names[100];
    int count = 0;
    DIR *folder = opendir(path);
    struct dirent *entry;
    if (!folder) {
        printf("opendir %s: %s\n", path, strerrorname_np(errno));
        return;
    }
    while ((entry = readdir(folder)))
        names[count++] = strdup(entry->d_name);
    rewinddir(folder);
    int again = 0;
    while (readdir(folder))
        again++;
    closedir(folder);
    qsort(names, count, sizeof *names, by_name);
    printf("%s:", path);
    for (int i = 0; i < count; i++)
        printf(" %s", names[i]);
    printf(" (%s)\n", again == count ? "the same again" : "another count");
}

int main(void)
{
    char text[100] = {0};
    umask(027);
    SHOW(mkdir("d", 0777));
    SHOW(mkdir("d", 0777));
    SHOW(mkdir("missing/d", 0777));
    show_stat("d");
    SHOW(chdir("d"));
    int f = open("f", O_RDWR | O_CREAT | O_EXCL, 0666);
    printf("open: %d\n", f > 2);
    SHOW(open("f", O_RDWR | O_CREAT | O_EXCL, 0666));
    SHOW(open("none", O_RDONLY));
    SHOW(open("f/x", O_RDONLY));
    SHOW(open("f/", O_RDONLY));
    SHOW(open(".", O_WRONLY));
    SHOW(open("", O_RDONLY));
    SHOW(open((char *)8, O_RDONLY));
    SHOW(write(f, "hello world", 11));
    SHOW(lseek(f, 0, SEEK_CUR));
    SHOW(pread(f, text, 5, 6));
    printf("%s\n", text);
    SHOW(pwrite(f, "W", 1, 6));
    SHOW(lseek(f, -5, SEEK_END));
    SHOW(read(f, text, 99));
    printf("%s\n", text);
    SHOW(ftruncate(f, 20));
    show_stat("f");
    int g = open("f", O_RDONLY);
    SHOW(lseek(g, 0, SEEK_CUR));
    SHOW(write(g, "x", 1));
    int h = dup(f);
    SHOW(lseek(h, 3, SEEK_SET));
    SHOW(lseek(f, 0, SEEK_CUR));
    int a = open("f", O_WRONLY | O_APPEND);
    SHOW(write(a, "end", 3));
    SHOW(lseek(a, 0, SEEK_CUR));
    SHOW(open("f", O_WRONLY | O_TRUNC) > 0);
    show_stat("f");
    SHOW(chmod("f", 0640));
    SHOW(fchmod(f, 0755));
    show_stat("f");
    SHOW(access("f", R_OK | W_OK | X_OK));
    SHOW(access("none", F_OK));
    SHOW(symlink("f", "s"));
    SHOW(symlink("s", "s"));
    SHOW(symlink("round", "round"));
    SHOW(open("round", O_RDONLY));
    SHOW(open("s", O_RDONLY | O_NOFOLLOW));
    memset(text, 0, sizeof text);
    SHOW(readlink("s", text, 99));
    printf("%s\n", text);
    SHOW(readlink("f", text, 99));
    SHOW(link("f", "hard"));
    show_stat("hard");
    SHOW(link("f", "hard"));
    SHOW(rename("hard", "moved"));
    SHOW(rename("none", "moved"));
    SHOW(rename("f", "."));
    SHOW(unlink("none"));
    SHOW(unlink("."));
    SHOW(mkdir("e", 0700));
    SHOW(mkdir("e/e", 0700));
    SHOW(rmdir("e"));
    SHOW(rename("e", "e/e/e"));
    SHOW(unlink("e"));
    list(".");
    list("f");
    list("none");
    int d = open("e", O_RDONLY | O_DIRECTORY);
    SHOW(open("f", O_RDONLY | O_DIRECTORY));
    int i = openat(d, "inner", O_CREAT | O_WRONLY, 0600);
    SHOW(write(i, "abc", 3));
    SHOW(faccessat(d, "inner", R_OK, 0));
    SHOW(mkdirat(d, "deep", 0755));
    SHOW(renameat(d, "inner", d, "deep/inner"));
    SHOW(unlinkat(d, "deep", AT_REMOVEDIR));
    SHOW(unlinkat(d, "deep/inner", 0));
    SHOW(unlinkat(d, "deep", AT_REMOVEDIR));
    SHOW(read(d, text, 9));
    SHOW(fchdir(d));
    SHOW(openat(f, "x", O_RDONLY));
    SHOW(openat(99, "x", O_RDONLY));
    SHOW(fchdir(99));
    SHOW(chdir(".."));
    struct timespec times[2] = {{1000, 5}, {2000, 7}};
    SHOW(utimensat(AT_FDCWD, "f", times, 0));
    struct stat s;
    SHOW(fstat(f, &s));
    printf("%ld.%ld %ld.%ld\n", s.st_atim.tv_sec, s.st_atim.tv_nsec, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    struct stat t;
    SHOW(stat("moved", &t));
    printf("one file: %d\n", s.st_ino == t.st_ino && s.st_dev == t.st_dev);
    struct statx x;
    SHOW(statx(f, "", AT_EMPTY_PATH, STATX_ALL, &x));
    printf("%o %d %lld\n", x.stx_mode, x.stx_nlink, (long long)x.stx_mtime.tv_sec);
    SHOW(unlink("f"));
    SHOW(write(f, "still here", 10));
    SHOW(fstat(f, &s));
    printf("links %d size %d\n", (int)s.st_nlink, (int)s.st_size);
    SHOW(truncate("moved", 3));
    show_stat("moved");
    char name[300];
    memset(name, 'n', 299);
    name[299] = 0;
    SHOW(open(name, O_CREAT | O_WRONLY, 0600));
    SHOW(umask(0));
    SHOW(fcntl(f, F_GETFL) & (O_ACCMODE | O_APPEND));
    SHOW(fcntl(a, F_GETFL) & (O_ACCMODE | O_APPEND));
    SHOW(posix_fallocate(a, 0, 100));
    SHOW(fsync(a));
    return 0;
}
