/* Processes: fork, exec, wait, signals, what is inherited. */
#include "check.h"
#include <spawn.h>

static volatile int caught;

static void note(int number) { caught = number; }

static void child_says(const char *what)
{
    char cwd[200];
    mode_t mask = umask(0);
    printf("%s: %s umask %o\n", what, strrchr(getcwd(cwd, sizeof cwd), '/'), mask);
    fflush(stdout);
}

static int status_of(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void inheritance(void)
{
    int gate[2];
    char c;
    pipe(gate);
    mkdir("inherited", 0755);
    chdir("inherited");
    umask(077);
    pid_t pid = fork();
    if (!pid) {
        read(gate[0], &c, 1); /* the parent has moved on by now */
        child_says("child");
        _exit(0);
    }
    chdir("..");
    umask(022);
    write(gate[1], "x", 1);
    status_of(pid);
    child_says("parent");
    umask(022);
    chdir("inherited");
    pid = fork();
    if (!pid) {
        if (fork())
            _exit(0);
        read(gate[0], &c, 1); /* its parent has exited */
        child_says("orphan");
        write(gate[1], "y", 1);
        _exit(0);
    }
    status_of(pid);
    write(gate[1], "x", 1);
    usleep(1000);
    while (waitpid(-1, 0, 0) > 0)
        ;
    char done = 0;
    for (int i = 0; i < 1000 && done != 'y'; i++) {
        read(gate[0], &done, 1);
        if (done == 'x')
            write(gate[1], "x", 1), usleep(1000);
    }
    chdir("..");
}

static void script(const char *name, const char *text)
{
    int f = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0755);
    write(f, text, strlen(text));
    close(f);
}

static int run(const char *path, char *const argv[])
{
    pid_t pid = fork();
    if (!pid) {
        char *environment[] = {"NAME=value", "AGAIN=1", 0};
        execve(path, argv, environment);
        printf("execve %s: %s\n", path, strerrorname_np(errno));
        fflush(stdout);
        _exit(99);
    }
    return status_of(pid);
}

int main(int count, char **argv, char **environment)
{
    if (count > 1 && !strcmp(argv[1], "show")) {
        printf("%d arguments:", count);
        for (int i = 0; i < count; i++)
            printf(" [%s]", i ? argv[i] : strrchr(argv[0], '/') ? "path" : argv[0]);
        for (int i = 0; environment[i]; i++)
            printf(" {%s}", environment[i]);
        printf("\n");
        return 5;
    }
    char self[4096] = {0};
    readlink("/proc/self/exe", self, sizeof self - 1);
    printf("exit %d\n", status_of(fork() ?: (_exit(7), 0)));
    inheritance();
    char *show[] = {"name", "show", "two words", "", 0};
    printf("exec %d\n", run(self, show));
    printf("missing %d\n", run("missing", show));
    script("plain", "no program");
    chmod("plain", 0644);
    printf("not executable %d\n", run("./plain", show));
    chmod("plain", 0755);
    printf("no format %d\n", run("./plain", show));
    printf("directory %d\n", run(".", show));
    char line[4200];
    snprintf(line, sizeof line, "#!%s show\n", self);
    script("script", line);
    printf("script %d\n", run("./script", show));
    symlink(self, "linked");
    mkdir("below", 0755);
    chdir("below");
    printf("relative %d\n", run("../linked", show));
    printf("absolute %d\n", run("/proc/self/exe", show));
    chdir("..");
    pid_t pid = vfork();
    if (!pid) {
        execv("./linked", show);
        _exit(1);
    }
    printf("vfork %d\n", status_of(pid));
    posix_spawn(&pid, "./linked", 0, 0, show, environment);
    int spawned = status_of(pid);
    printf("spawn %d\n", spawned);
    pid = fork();
    if (!pid)
        raise(SIGTERM);
    printf("signal %d\n", status_of(pid));
    pid = fork();
    if (!pid)
        abort();
    printf("abort %d\n", status_of(pid));
    struct sigaction action = {.sa_handler = note};
    sigaction(SIGUSR1, &action, 0);
    pid_t me = getpid();
    pid = fork();
    if (!pid) {
        kill(me, SIGUSR1);
        _exit(0);
    }
    while (!caught)
        usleep(100);
    printf("caught %d\n", caught);
    status_of(pid);
    SHOW(waitpid(-1, 0, WNOHANG));
    SHOW(kill(999999, 0));
    pid = fork();
    if (!pid) {
        SHOW(setpgid(0, 0)); /* in a child, since the first process may lead a session */
        SHOW(getpgrp() == getpid());
        _exit(0);
    }
    status_of(pid);
    int pipes[2];
    pipe(pipes);
    signal(SIGPIPE, SIG_IGN);
    close(pipes[0]);
    SHOW(write(pipes[1], "x", 1));
    pid = fork();
    if (!pid) {
        pause();
        _exit(0);
    }
    SHOW(kill(pid, SIGSTOP));
    int status;
    waitpid(pid, &status, WUNTRACED);
    printf("stopped %d\n", WIFSTOPPED(status));
    kill(pid, SIGCONT);
    waitpid(pid, &status, WCONTINUED);
    printf("continued %d\n", WIFCONTINUED(status));
    kill(pid, SIGKILL);
    printf("killed %d\n", status_of(pid));
    for (int i = 0; i < 20; i++)
        if (status_of(fork() ?: (_exit(i), 0)) != i)
            printf("wrong status\n");
    return 42;
}
