/* Attempts to get out, one for each argument.  Prints what was gained; a contained program prints nothing but "held". */
#include "check.h"
#include <linux/limits.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define GAINED(...) (printf("GAINED " __VA_ARGS__), printf("\n"), fflush(stdout), exit(1))
#define MUST_FAIL(call)                                  \
    do {                                                 \
        errno = 0;                                       \
        if ((long)(call) != -1)                          \
            GAINED("%s", #call);                         \
    } while (0)

static const char *const SECRETS[] = {
    "/host-secret", "/etc/shadow", "/proc/1/root/etc/shadow", "/proc/self/root/../etc/shadow", "/proc/1/environ",
    "/../../../../etc/shadow", "/tmp/../../etc/shadow", "/proc/self/cwd/../../etc/shadow", "/dev/mem", "/dev/sda",
    "/proc/kcore", "/proc/sys/kernel/core_pattern", "/sys/kernel", "/proc/self/mem", "/proc/2/mem", "/.stub",
};

static void paths(void)
{
    for (size_t i = 0; i < sizeof SECRETS / sizeof *SECRETS; i++)
        if (open(SECRETS[i], O_RDONLY) >= 0)
            GAINED("%s", SECRETS[i]);
    symlink("/etc/shadow", "/tmp/link");
    MUST_FAIL(open("/tmp/link", O_RDONLY));
    symlink("../../../../../../etc/shadow", "/tmp/up");
    MUST_FAIL(open("/tmp/up", O_RDONLY));
    int root = open("/", O_RDONLY);
    MUST_FAIL(openat(root, "../../etc/shadow", O_RDONLY));
    MUST_FAIL(syscall(SYS_openat2, root, "../../etc/shadow", &(struct { uint64_t a, b, c; }){0}, 24));
    MUST_FAIL(chroot("/tmp"));
    MUST_FAIL(mknod("/tmp/disk", S_IFBLK | 0600, 0x800));
    MUST_FAIL(mknod("/tmp/mem", S_IFCHR | 0600, 0x101));
}

static void descriptors(void)
{
    char path[64], target[PATH_MAX];
    for (int fd = 3; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            GAINED("descriptor %d", fd);
    int folder = open("/tmp", O_RDONLY); /* a directory of the private store: it must lead nowhere */
    for (int fd = 0; fd <= folder; fd++) {
        sprintf(path, "/proc/self/fd/%d/../../../../etc/shadow", fd);
        MUST_FAIL(open(path, O_RDONLY));
    }
    int f = open("/read-only/file", O_RDONLY);
    if (f < 0)
        GAINED("no file to try: %s", strerror(errno));
    sprintf(path, "/proc/self/fd/%d", f);
    MUST_FAIL(open(path, O_RDWR));
    MUST_FAIL(write(f, "x", 1));
    MUST_FAIL(ftruncate(f, 0));
    MUST_FAIL((long)mmap(0, 4096, PROT_WRITE, MAP_SHARED, f, 0));
    MUST_FAIL(open("/read-only/new", O_CREAT | O_WRONLY, 0600));
    MUST_FAIL(fchmod(f, 0777));
    MUST_FAIL(fcntl(f, F_SETLEASE, F_WRLCK));
    MUST_FAIL(syscall(SYS_name_to_handle_at, f, "", target, path, AT_EMPTY_PATH));
    MUST_FAIL(syscall(SYS_open_by_handle_at, f, target, O_RDONLY));
    MUST_FAIL(ioctl(f, 0x40086602, path)); /* FS_IOC_SETFLAGS */
}

static void processes(void)
{
    pid_t child = fork();
    if (!child) {
        pause();
        _exit(0);
    }
    MUST_FAIL(ptrace(PTRACE_ATTACH, child, 0, 0));
    MUST_FAIL(ptrace(PTRACE_SEIZE, 1, 0, 0));
    MUST_FAIL(ptrace(PTRACE_TRACEME, 0, 0, 0));
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    MUST_FAIL(process_vm_readv(child, &here, 1, &there, 1, 0));
    MUST_FAIL(process_vm_writev(1, &here, 1, &there, 1, 0));
    kill(1, SIGKILL); /* the reaper does not die of it */
    if (getsid(0) != getpid() || getpgrp() != getpid())
        GAINED("the process group or session of the host: %d %d", getpgrp(), getsid(0));
    signal(SIGUSR1, SIG_IGN);
    kill(0, SIGUSR1); /* else this would end the process that runs the tests */
    kill(-1, SIGUSR1);
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    MUST_FAIL(syscall(SYS_kcmp, getpid(), 1, 0, 0, 0));
    MUST_FAIL(syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, 1, 0), 3, 0));
    if (getuid() == 0 && setuid(1000) == 0)
        GAINED("another user");
    MUST_FAIL(setgroups(0, 0));
    MUST_FAIL(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0));
    MUST_FAIL(prctl(PR_SET_MM, PR_SET_MM_START_BRK, 0, 0, 0));
}

static void namespaces(void)
{
    static const int flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWCGROUP};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        MUST_FAIL(unshare(flags[i]));
        MUST_FAIL(syscall(SYS_clone, flags[i] | SIGCHLD, 0, 0, 0, 0));
        MUST_FAIL(syscall(SYS_clone, 0xffffffff00000000 | flags[i] | SIGCHLD, 0, 0, 0, 0));
    }
    uint64_t arguments[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    MUST_FAIL(syscall(SYS_clone3, arguments, sizeof arguments));
    MUST_FAIL(setns(0, 0));
    MUST_FAIL(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0));
    MUST_FAIL(syscall(SYS_mount, "none", "/", 0, 0x1000 | 32, 0));
    MUST_FAIL(syscall(SYS_umount2, "/", 2));
    MUST_FAIL(syscall(SYS_pivot_root, ".", "."));
    MUST_FAIL(syscall(SYS_fsopen, "tmpfs", 0));
    MUST_FAIL(syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    MUST_FAIL(sethostname("x", 1));
}

static void interfaces(void)
{
    char room[256] = {0};
    MUST_FAIL(syscall(SYS_io_uring_setup, 8, room));
    MUST_FAIL(syscall(SYS_io_setup, 8, room));
    MUST_FAIL(syscall(SYS_userfaultfd, 0));
    MUST_FAIL(syscall(SYS_userfaultfd, 1));
    MUST_FAIL(syscall(SYS_bpf, 0, room, sizeof room));
    MUST_FAIL(syscall(SYS_perf_event_open, room, 0, -1, -1, 0));
    MUST_FAIL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, room));
    MUST_FAIL(syscall(SYS_keyctl, 0, -3, 0));
    MUST_FAIL(syscall(SYS_add_key, "user", "x", "y", 1, -3));
    MUST_FAIL(syscall(SYS_init_module, room, 1, ""));
    MUST_FAIL(syscall(SYS_kexec_load, 0, 0, 0, 0));
    MUST_FAIL(syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
    MUST_FAIL(syscall(SYS_iopl, 3));
    MUST_FAIL(syscall(SYS_modify_ldt, 0, room, 16));
    MUST_FAIL(syscall(SYS_execveat, 0, "", room, room, AT_EMPTY_PATH));
    MUST_FAIL(syscall(SYS_memfd_secret, 0));
    MUST_FAIL(syscall(SYS_shmget, 0, 1 << 20, 01600));
    MUST_FAIL(syscall(0x5000, 0x6ffff0010000, 0, 0)); /* what the stub asks with */
    MUST_FAIL(syscall(0x5001));
    MUST_FAIL(syscall(999));
    MUST_FAIL(ioctl(0, 0x5412, "x")); /* TIOCSTI */
    MUST_FAIL(ioctl(0, 0x100005412ull, "x"));
    MUST_FAIL(ioctl(0, 0x541c, room)); /* TIOCLINUX */
    MUST_FAIL(socket(16, SOCK_RAW, 0)); /* netlink */
    MUST_FAIL(socket(17, SOCK_RAW, 0)); /* packets */
    MUST_FAIL(socket(40, SOCK_STREAM, 0)); /* the hypervisor */
    MUST_FAIL(socket(AF_INET, SOCK_RAW, 1));
    struct sockaddr_un name = {AF_UNIX, "/host-socket"};
    MUST_FAIL(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name));
    struct sockaddr_un abstract = {AF_UNIX, "\0pvm-host-socket"};
    MUST_FAIL(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&abstract, 2 + 16));
    struct timespec now = {0};
    MUST_FAIL(clock_settime(CLOCK_REALTIME, &now));
}

static char raced[64];
static volatile int stop;

static void *flip(void *unused)
{
    while (!stop) {
        strcpy(raced, "/read-only/file");
        strcpy(raced, "/tmp/../etc/shadow");
        strcpy(raced, "/.stub");
    }
    return 0;
}

static void races(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, flip, 0);
    char text[64];
    for (int i = 0; i < 300; i++) {
        int f = open(raced, O_RDWR);
        if (f >= 0)
            GAINED("a race: descriptor for writing");
        f = open(raced, O_RDONLY);
        if (f >= 0) {
            ssize_t size = read(f, text, sizeof text);
            if (size != 8 || memcmp(text, "granted\n", 8))
                GAINED("a race: another file");
            close(f);
        }
        if (i % 20 == 0) {
            pid_t pid = vfork();
            if (!pid) {
                execve(raced, (char *[]){"x", 0}, (char *[]){0});
                _exit(0);
            }
            waitpid(pid, 0, 0);
        }
    }
    stop = 1;
    pthread_join(thread, 0);
}

static void foreign(void) { asm volatile("int $0x80" ::"a"(20), "b"(0)); }

static void x32(void) { syscall(0x40000000 | SYS_getpid); }

/* The shim's own calls, made by hand: they reach what was granted, read-only, and the empty root of the jail. */
static long marked(long number, long a, const void *b, const void *c, long d, void *e)
{
    register long fourth __asm__("r10") = d;
    register void *fifth __asm__("r8") = e;
    register long mark __asm__("r9") = 0x70766D01;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(mark)
                     : "rcx", "r11", "memory");
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static long open_marked(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
    uint64_t how[3] = {flags, flags & O_CREAT ? 0600 : 0, resolve};
    return marked(SYS_openat2, dir, path, how, sizeof how, NULL);
}

static uint64_t inode_marked(int dir, const char *path)
{
    struct statx state = {0};
    return marked(SYS_statx, dir, path, 0, STATX_BASIC_STATS, &state) ? 0 : state.stx_ino;
}

static void shim(void)
{
    static const char *const OUTSIDE[] = {
        "../etc/shadow", "../../../../etc/shadow", "/etc/shadow", "/proc/self/mem", "/dev/mem", "/host-secret", "up/shadow",
    };
    int found = 0;
    for (int fd = 3; fd < 4096; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            continue;
        found++;
        if (inode_marked(fd, "..") != inode_marked(fd, "."))
            GAINED("the parent of %d", fd);
        for (size_t i = 0; i < sizeof OUTSIDE / sizeof *OUTSIDE; i++) {
            MUST_FAIL(open_marked(fd, OUTSIDE[i], O_RDONLY, 0));
            MUST_FAIL(open_marked(fd, OUTSIDE[i], O_RDONLY, 0x10)); /* RESOLVE_IN_ROOT */
            MUST_FAIL(marked(SYS_openat, fd, OUTSIDE[i], O_RDONLY, 0, NULL));
        }
        MUST_FAIL(open_marked(fd, "file", O_RDWR, 0));
        MUST_FAIL(open_marked(fd, "file", O_WRONLY | O_TRUNC, 0));
        MUST_FAIL(open_marked(fd, "made", O_CREAT | O_WRONLY, 0));
        MUST_FAIL(open_marked(fd, ".", O_TMPFILE | O_RDWR, 0));
        MUST_FAIL(marked(SYS_openat, fd, "made", (void *)(long)(O_CREAT | O_WRONLY), 0600, NULL));
        MUST_FAIL(open_marked(fd, "pipe", O_WRONLY | O_NONBLOCK, 0));
        MUST_FAIL(mkdirat(fd, "made", 0700));
        MUST_FAIL(unlinkat(fd, "file", 0));
        MUST_FAIL(renameat(fd, "file", fd, "other"));
        MUST_FAIL(syscall(SYS_execveat, fd, "program", NULL, NULL, 0));
        MUST_FAIL(syscall(SYS_open_tree, fd, "", 1 | AT_EMPTY_PATH));
        MUST_FAIL(dup2(fd, 1023 + 64));
    }
    if (found == 0)
        GAINED("nothing: there is no mount to try");
    MUST_FAIL(open_marked(AT_FDCWD, "/etc/shadow", O_RDONLY, 0));
    MUST_FAIL(open_marked(AT_FDCWD, "/made", O_CREAT | O_WRONLY, 0));
    MUST_FAIL(open_marked(AT_FDCWD, "/.stub", O_RDWR, 0));
    /* Directories that are stand-ins lie in the store, where nothing may be opened. */
    int memory = open("/tmp", O_RDONLY | O_DIRECTORY);
    MUST_FAIL(open_marked(memory, "..", O_RDONLY, 0));
    MUST_FAIL(open_marked(memory, "../made", O_CREAT | O_RDWR, 0));
    /* A table of one's own leads nowhere else, and is seen by nobody else. */
    char *table = (char *)0x6ffff0008000;
    if (mprotect(table, 4096, PROT_READ | PROT_WRITE) == 0) {
        memset(table + 64, 0xFF, 2048);
        strcpy(table + 96, "/etc");
        MUST_FAIL(open("/etc/shadow", O_RDONLY));
        MUST_FAIL(open("/etc/shadow", O_RDONLY));
    }
    int mount = open("/read-only", O_RDONLY | O_DIRECTORY);
    if (fchdir(mount) == 0)
        MUST_FAIL(execl("program", "program", NULL));
}

/* Links that are swapped while the shim walks, and a path that changes under it. */
static volatile int swapping = 1;
static char racing[64] = "/read-only/file";

static void *swap_path(void *unused)
{
    while (swapping) {
        strcpy(racing, "/read-only/../../etc/shadow");
        strcpy(racing, "/read-only/file");
        strcpy(racing, "/read-only/up/shadow");
    }
    return unused;
}

static void shim_races(void)
{
    pthread_t thread;
    char text[16];
    open(racing, O_RDONLY);
    pthread_create(&thread, NULL, swap_path, NULL);
    for (int i = 0; i < 5000; i++) {
        int fd = open(racing, O_RDONLY);
        if (fd < 0)
            continue;
        ssize_t size = read(fd, text, sizeof text);
        if (size > 0 && memcmp(text, "granted", 7))
            GAINED("another file");
        close(fd);
    }
    swapping = 0;
    pthread_join(thread, NULL);
}

/* What is swapped through a writable mount while it is opened through both: files, links out, folders that become links. */
static void *swap_files(void *unused)
{
    while (swapping) {
        rename("/writable/a", "/writable/x"), symlink("/etc", "/writable/a");
        unlink("/writable/a"), symlink("../../../../etc", "/writable/a");
        unlink("/writable/a"), rename("/writable/x", "/writable/a");
    }
    return unused;
}

static void swaps(void)
{
    static const char *const PATHS[] = {"/read-only/a/shadow", "/writable/a/shadow", "/read-only/a/../shadow"};
    pthread_t thread;
    char text[16] = "";
    for (size_t i = 0; i < 3; i++)
        open(PATHS[i], O_RDONLY);
    int folder = open("/read-only", O_RDONLY | O_DIRECTORY);
    pthread_create(&thread, NULL, swap_files, NULL);
    for (int i = 0; i < 2000; i++) {
        int fd = i % 4 == 3 ? openat(folder, "a/shadow", O_RDONLY) : open(PATHS[i % 4], O_RDONLY);
        struct stat state;
        if (stat(PATHS[i % 3], &state) == 0 && state.st_size != 8)
            GAINED("the state of another file");
        if (fd < 0)
            continue;
        if (read(fd, text, sizeof text) > 0 && memcmp(text, "granted", 7))
            GAINED("another file");
        close(fd);
    }
    swapping = 0;
    pthread_join(thread, NULL);
}

/* The clock that guests share with the kernel. */
static void clock_page(void)
{
    volatile int64_t *words = (int64_t *)0x6ffff000e000;
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    words[0] = words[1] = INT64_MIN + 5;
    stat("/", &(struct stat){0});
    nanosleep(&(struct timespec){.tv_nsec = 5}, NULL);
    words[0] = words[1] = INT64_MAX;
    nanosleep(&(struct timespec){.tv_nsec = 5}, NULL);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &after);
    if (after.tv_sec < before.tv_sec)
        GAINED("an earlier time");
}

int main(int count, char **argv)
{
    static const struct {
        const char *name;
        void (*attempt)(void);
    } attempts[] = {
        {"paths", paths}, {"descriptors", descriptors}, {"processes", processes}, {"namespaces", namespaces},
        {"interfaces", interfaces}, {"races", races}, {"foreign", foreign}, {"x32", x32},
        {"shim", shim}, {"shim-races", shim_races}, {"clock", clock_page}, {"swaps", swaps},
    };
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        if (count > 1 && !strcmp(argv[1], attempts[i].name)) {
            attempts[i].attempt();
            printf("held\n");
            return 0;
        }
    return 2;
}
