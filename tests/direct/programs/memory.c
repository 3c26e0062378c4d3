/* Memory: mappings of files and of nothing, protection, growth. */
#include "check.h"
#include <setjmp.h>

static sigjmp_buf back;

static void fault(int number) { siglongjmp(back, number); }

static int deep(int levels)
{
    volatile char room[4096];
    room[0] = levels;
    return levels ? deep(levels - 1) + room[0] * 0 : 0;
}

int main(void)
{
    char text[8] = {0};
    int f = open("m", O_RDWR | O_CREAT, 0600);
    SHOW(ftruncate(f, 8192));
    char *shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
    char *private = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0);
    strcpy(shared, "shared");
    SHOW(pread(f, text, 6, 0));
    printf("%s %s\n", text, private);
    strcpy(private, "mine");
    printf("%s %s\n", shared, private);
    pid_t pid = fork();
    if (!pid) {
        strcpy(shared + 100, "from the child");
        _exit(0);
    }
    waitpid(pid, 0, 0);
    printf("%s\n", shared + 100);
    SHOW(msync(shared, 8192, MS_SYNC));
    SHOW(mprotect(shared, 4096, PROT_READ));
    signal(SIGSEGV, fault);
    int number = sigsetjmp(back, 1);
    if (!number)
        *(volatile char *)shared = 1;
    printf("fault %d\n", number);
    void *grown = mremap(private, 8192, 1 << 20, MREMAP_MAYMOVE);
    printf("mremap %d\n", grown != MAP_FAILED);
    SHOW(munmap(grown, 1 << 20));
    int r = open("m", O_RDONLY);
    SHOW((long)mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r, 0));
    char *code = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(code, "\xb8\x2a\0\0\0\xc3", 6); /* mov $42, %eax; ret */
    SHOW(mprotect(code, 4096, PROT_READ | PROT_EXEC));
    printf("%d\n", ((int (*)(void))code)());
    char *start = sbrk(0);
    SHOW(sbrk(1 << 20) == start);
    start[1 << 19] = 1;
    printf("stack %d\n", deep(1000));
    char *big = malloc(64 << 20);
    memset(big, 1, 64 << 20);
    printf("big %d\n", big[63 << 20]);
    return 0;
}
