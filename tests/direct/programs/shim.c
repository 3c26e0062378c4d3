/* Every look at files, with all that comes of it: the supervisor and the shim must say the same. */
#include "check.h"

struct result {
    long value;
    int error;
    union {
        struct stat stat;
        struct statx statx;
        char text[256];
    } data;
};

enum { STAT, LSTAT, STATX, ACCESS, EXECUTABLE, READLINK, OPEN, OPEN_KEEP, LOOKS };

static void look(int kind, int dir, const char *path, struct result *result)
{
    memset(result, 0, sizeof *result);
    errno = 0;
    switch (kind) {
    case STAT: result->value = fstatat(dir, path, &result->data.stat, 0); break;
    case LSTAT: result->value = fstatat(dir, path, &result->data.stat, AT_SYMLINK_NOFOLLOW); break;
    case STATX: result->value = statx(dir, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &result->data.statx); break;
    case ACCESS: result->value = faccessat(dir, path, R_OK, 0); break;
    case EXECUTABLE: result->value = faccessat(dir, path, X_OK, 0); break;
    case READLINK: result->value = readlinkat(dir, path, result->data.text, sizeof result->data.text); break;
    case OPEN:
    case OPEN_KEEP:
        if (!strcmp(path, "fifo")) /* who opens it with O_NONBLOCK gets it from the shim, but not from the supervisor */
            break;
        result->value = openat(dir, path, O_RDONLY | O_NONBLOCK | (kind == OPEN_KEEP ? O_NOFOLLOW : 0));
        if (result->value >= 0) {
            fstat((int)result->value, &result->data.stat);
            close((int)result->value);
            result->value = 0;
        }
    }
    result->error = errno;
}

static int listing(const char *path, char *names)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;
    *names = 0;
    while ((entry = readdir(folder)) != NULL) {
        struct stat state;
        count++;
        if (*entry->d_name == '.')
            continue;
        if (fstatat(dirfd(folder), entry->d_name, &state, AT_SYMLINK_NOFOLLOW) || state.st_ino != entry->d_ino)
            printf("%s: another inode in the listing\n", entry->d_name);
        strcat(strcat(names, entry->d_name), " ");
    }
    closedir(folder);
    return count;
}

int main(int count, char **argv)
{
    static const char *const KINDS[] = {"stat", "lstat", "statx", "access", "executable", "readlink", "open", "keep"};
    char names[4096];
    int folder = open("/data", O_RDONLY | O_DIRECTORY);
    struct result result;
    for (int round = 0; round < 3 * LOOKS; round++) {
        int kind = round % LOOKS;
        if (round == LOOKS)
            printf("chdir %d\n", chdir("/data/folder/.."));
        if (round == 2 * LOOKS)
            printf("chdir %d\n", chdir("/"));
        for (int i = 1; i < count; i++) {
            int dir = round >= LOOKS || *argv[i] == '/' ? AT_FDCWD : folder;
            look(kind, dir, argv[i], &result);
            look(kind, dir, argv[i], &result);
            printf("%s %s: %ld (%s)", KINDS[kind], argv[i], result.value, result.error ? strerrorname_np(result.error) : "");
            for (size_t word = 0; word < sizeof result.data / 8; word++)
                printf(" %lx", ((long *)&result.data)[word]);
            printf("\n");
        }
    }
    chdir("/data");
    for (int i = 0; i < 2; i++) {
        int status;
        pid_t child = i ? vfork() : fork();
        if (child == 0)
            _exit(chdir("/usr") || access("bin", F_OK) || !access("file", F_OK));
        waitpid(child, &status, 0);
        printf("the child's directory: %d, ours: %d %d\n", status, access("file", F_OK), access("bin", F_OK));
    }
    int found = listing("/data", names);
    printf("%d entries, %zu bytes\n", found, strlen(names));
    errno = 0;
    printf("a bad path: %d %d\n", fstatat(AT_FDCWD, (char *)8, &result.data.stat, 0), errno);
    errno = 0;
    printf("a bad structure: %d %d\n", fstatat(AT_FDCWD, "/data/file", (struct stat *)8, 0), errno);
    printf("a working directory: %d %d\n", fchdir(folder), access("file", R_OK));
    return 0;
}
