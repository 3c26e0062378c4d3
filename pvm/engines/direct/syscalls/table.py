"""The table of system calls, by number.  Filter, dispatcher, trace and ``docs/linux-syscalls.md`` come from it."""

from __future__ import annotations

import errno

from pvm.engines.direct import linux
from pvm.engines.direct.syscalls.row import (
    Asked,
    Aspect,
    Handling,
    OneOf,
    Pairs,
    Row,
    Without,
    denied,
    mediated,
    native,
)

NEW_NAMESPACE = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWCGROUP
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUSER
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWTIME
)
UNIX, INET, INET6 = 1, 2, 10
FAMILIES = frozenset({UNIX, INET, INET6})
PROTOCOLS = frozenset({0, 1, 6, 17, 58, 136})
# The default, ICMP, TCP, UDP, UDP-Lite, which no kernel has as a module; others could load modules of the host.
IOCTLS = frozenset(
    {
        *range(0x5401, 0x5408),  # TCGETS to TCSETAF: the mode of a terminal
        *range(0x5409, 0x540C),  # TCSBRK, TCXONC, TCFLSH
        0x540C,  # TIOCEXCL
        0x540D,  # TIOCNXCL
        0x540E,  # TIOCSCTTY, which takes no terminal that belongs to another session
        0x540F,  # TIOCGPGRP
        0x5410,  # TIOCSPGRP
        0x5411,  # TIOCOUTQ
        0x5413,  # TIOCGWINSZ
        0x5414,  # TIOCSWINSZ
        0x541B,  # FIONREAD
        0x5420,  # TIOCPKT
        0x5421,  # FIONBIO
        0x5422,  # TIOCNOTTY
        0x5429,  # TIOCGSID
        0x5450,  # FIONCLEX
        0x5451,  # FIOCLEX
        0x8004_5430,  # TIOCGPTN
        0x4004_5431,  # TIOCSPTLCK
    }
)
FCNTLS = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 16, 36, 37, 38, 1030, 1031, 1032, 1034})
LOCKS = frozenset({5, 6, 7, 36, 37, 38})
PRCTLS = frozenset({1, 2, 3, 7, 8, 15, 16, 21, 23, 27, 29, 30, 36, 37, 38, 39, 40, 41, 42, 0x53564D41, 47})
# The death signal, reading dumpable, keep capabilities, name, slack, subreaper, no_new_privs, names of memory.

MSG_FASTOPEN = 0x2000_0000
NO_ROUTES = "what concerns routes and interfaces is refused where there is a network outside"
SOCKET_OPTIONS = {
    1: frozenset({2, 6, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 20, 21, 29, 35, 37, 40, 42, 46, 47, 63, 64, 65, 66, 67}),
    6: frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 16, 17, 18, 24, 25, 27, 36}),
    0: frozenset({1, 2, 6, 8, 10, 11, 12, 13, 20, 21, 24}),
    41: frozenset({16, 23, 24, 25, 26, 49, 51, 62, 66, 67, 70, 72}),
    17: frozenset({1, 103, 104}),
}
"""Options by level that guests may set where they can have sockets of the host: those that leave data where it goes.

Not among them: IP options and routing headers, which name a way; devices and marks; groups; fast open, which connects
when it sends; filters, upper protocols and encapsulation."""

NO_AIO = "asynchronous I/O by the kernel would pass the filter by"
NO_IPC = "memory of System V and POSIX queues outlives its processes"
NO_KEYS = "the keys of the host"
NO_MODULES = "the modules of the host"
NO_MOUNTS = "mounts are fixed when the kernel is made"
NO_OTHERS = "one guest process may not reach into another"
NO_HANDLES = "a handle would pass the file system by"
NO_WATCH = "files are not watched"
NO_POWER = "the machine is not the guest's"
NO_CLOCK = "the clock is not the guest's"
NO_OLD = "Linux has given it up"
NO_PKEYS = "keys of memory protection are not offered"
NAMES = "`user.` names only"
OWNERS = "kept in memory and overlays; in writable mounts of the host the owner stays root"


def without_fast_open(argument: int) -> Without:
    """The flags in an argument do not ask for a connection."""
    return Without(argument, MSG_FASTOPEN, errno.EOPNOTSUPP)


ROWS: tuple[Row, ...] = (
    native(0, "read(fd, ptr, size)"),
    native(1, "write(fd, bytes, size)"),
    mediated(2, "open(path, hex, octal)"),
    native(3, "close(fd)"),
    mediated(4, "stat(path, ptr)"),
    mediated(5, "fstat(fd, ptr)"),
    mediated(6, "lstat(path, ptr)"),
    native(7, "poll(ptr, int, int)", aspect=Aspect.CLOCK),
    native(8, "lseek(fd, offset, int)"),
    native(
        9, "mmap(hex, size, hex, hex, fd, offset)", "no huge pages", conditions=(Without(3, 0x40000, errno.ENOMEM),)
    ),
    native(10, "mprotect(hex, size, hex)"),
    native(11, "munmap(hex, size)"),
    native(12, "brk(hex)"),
    native(13, "rt_sigaction(signal, ptr, ptr, size)"),
    native(14, "rt_sigprocmask(int, ptr, ptr, size)"),
    native(15, "rt_sigreturn()"),
    native(
        16,
        "ioctl(fd, hex, ptr)",
        "the terminal's mode, size and process group, FIONREAD, FIONBIO, FIOCLEX; others give ENOTTY",
        conditions=(OneOf(1, IOCTLS, errno.ENOTTY),),
    ),
    native(17, "pread64(fd, ptr, size, offset)"),
    native(18, "pwrite64(fd, bytes, size, offset)"),
    native(19, "readv(fd, ptr, int)"),
    native(20, "writev(fd, ptr, int)"),
    mediated(21, "access(path, octal)"),
    native(22, "pipe(ptr)"),
    native(23, "select(int, ptr, ptr, ptr, ptr)", aspect=Aspect.CLOCK),
    native(24, "sched_yield()"),
    native(25, "mremap(hex, size, size, hex, hex)"),
    native(26, "msync(hex, size, hex)"),
    native(27, "mincore(hex, size, ptr)"),
    native(28, "madvise(hex, size, int)"),
    denied(29, "shmget(int, size, hex)", errno.ENOSYS, NO_IPC),
    denied(30, "shmat(int, hex, hex)", errno.ENOSYS, NO_IPC),
    denied(31, "shmctl(int, int, ptr)", errno.ENOSYS, NO_IPC),
    native(32, "dup(fd)"),
    native(33, "dup2(fd, fd)"),
    native(34, "pause()"),
    native(35, "nanosleep(ptr, ptr)", aspect=Aspect.CLOCK),
    native(36, "getitimer(int, ptr)", aspect=Aspect.CLOCK),
    native(37, "alarm(int)", aspect=Aspect.CLOCK),
    native(38, "setitimer(int, ptr, ptr)", aspect=Aspect.CLOCK),
    native(39, "getpid()"),
    native(40, "sendfile(fd, fd, ptr, size)"),
    native(
        41,
        "socket(int, int, int)",
        "Unix sockets, and the internet families; what is outside the loopback device is granted by destination",
        conditions=(
            OneOf(0, FAMILIES, errno.EAFNOSUPPORT),
            OneOf(2, PROTOCOLS, errno.EPROTONOSUPPORT),
        ),
    ),
    mediated(42, "connect(fd, address, size)"),
    native(43, "accept(fd, ptr, ptr)"),
    mediated(
        44,
        "sendto(fd, bytes, size, hex, address, size)",
        pointer=4,
        outside=(without_fast_open(3),),
    ),
    native(45, "recvfrom(fd, ptr, size, hex, ptr, ptr)"),
    mediated(
        46,
        "sendmsg(fd, ptr, hex)",
        outside=(without_fast_open(2),),
    ),
    native(47, "recvmsg(fd, ptr, hex)"),
    native(48, "shutdown(fd, int)"),
    mediated(49, "bind(fd, address, size)", "Unix sockets by path in memory and overlays only"),
    native(50, "listen(fd, int)", aspect=Aspect.OUTSIDE),
    mediated(51, "getsockname(fd, ptr, ptr)"),
    mediated(52, "getpeername(fd, ptr, ptr)"),
    native(53, "socketpair(int, int, int, ptr)", conditions=(OneOf(0, FAMILIES, errno.EAFNOSUPPORT),)),
    native(
        54,
        "setsockopt(fd, int, int, ptr, size)",
        NO_ROUTES,
        outside=(Pairs(1, SOCKET_OPTIONS, errno.ENOPROTOOPT),),
    ),
    native(55, "getsockopt(fd, int, int, ptr, ptr)"),
    native(
        56, "clone(hex, ptr, ptr, ptr, ptr)", "no new namespaces", conditions=(Without(0, NEW_NAMESPACE, errno.EPERM),)
    ),
    native(57, "fork()"),
    native(58, "vfork()"),
    mediated(59, "execve(path, ptr, ptr)"),
    mediated(60, "exit(int)"),
    native(61, "wait4(int, ptr, hex, ptr)"),
    native(62, "kill(int, signal)"),
    mediated(63, "uname(ptr)"),
    denied(64, "semget(int, int, hex)", errno.ENOSYS, NO_IPC),
    denied(65, "semop(int, ptr, size)", errno.ENOSYS, NO_IPC),
    denied(66, "semctl(int, int, int, ptr)", errno.ENOSYS, NO_IPC),
    denied(67, "shmdt(hex)", errno.ENOSYS, NO_IPC),
    denied(68, "msgget(int, hex)", errno.ENOSYS, NO_IPC),
    denied(69, "msgsnd(int, ptr, size, hex)", errno.ENOSYS, NO_IPC),
    denied(70, "msgrcv(int, ptr, size, int, hex)", errno.ENOSYS, NO_IPC),
    denied(71, "msgctl(int, int, ptr)", errno.ENOSYS, NO_IPC),
    native(
        72,
        "fcntl(fd, int, hex)",
        "locks are mediated; no leases, signals or seals",
        conditions=(OneOf(1, FCNTLS, errno.EINVAL), Asked(1, LOCKS)),
    ),
    mediated(73, "flock(fd, hex)"),
    native(74, "fsync(fd)"),
    native(75, "fdatasync(fd)"),
    mediated(76, "truncate(path, size)"),
    native(77, "ftruncate(fd, size)"),
    mediated(78, "getdents(fd, ptr, size)"),
    mediated(79, "getcwd(ptr, size)"),
    mediated(80, "chdir(path)"),
    mediated(81, "fchdir(fd)"),
    mediated(82, "rename(path, path)"),
    mediated(83, "mkdir(path, octal)"),
    mediated(84, "rmdir(path)"),
    mediated(85, "creat(path, octal)"),
    mediated(86, "link(path, path)", "in memory and overlays only"),
    mediated(87, "unlink(path)"),
    mediated(88, "symlink(path, path)"),
    mediated(89, "readlink(path, ptr, size)"),
    mediated(90, "chmod(path, octal)", "the nine permission bits"),
    mediated(91, "fchmod(fd, octal)", "the nine permission bits"),
    mediated(92, "chown(path, int, int)", OWNERS),
    mediated(93, "fchown(fd, int, int)", OWNERS),
    mediated(94, "lchown(path, int, int)", OWNERS),
    mediated(95, "umask(octal)"),
    native(96, "gettimeofday(ptr, ptr)", aspect=Aspect.CLOCK),
    native(97, "getrlimit(int, ptr)"),
    native(98, "getrusage(int, ptr)"),
    mediated(99, "sysinfo(ptr)"),
    native(100, "times(ptr)"),
    denied(101, "ptrace(int, int, hex, hex)", errno.EPERM, NO_OTHERS),
    native(102, "getuid()"),
    denied(103, "syslog(int, ptr, size)", errno.EPERM, NO_POWER),
    native(104, "getgid()"),
    native(105, "setuid(int)"),
    native(106, "setgid(int)"),
    native(107, "geteuid()"),
    native(108, "getegid()"),
    native(109, "setpgid(int, int)"),
    native(110, "getppid()"),
    native(111, "getpgrp()"),
    native(112, "setsid()"),
    native(113, "setreuid(int, int)"),
    native(114, "setregid(int, int)"),
    native(115, "getgroups(int, ptr)"),
    native(116, "setgroups(int, ptr)"),
    native(117, "setresuid(int, int, int)"),
    native(118, "getresuid(ptr, ptr, ptr)"),
    native(119, "setresgid(int, int, int)"),
    native(120, "getresgid(ptr, ptr, ptr)"),
    native(121, "getpgid(int)"),
    native(122, "setfsuid(int)"),
    native(123, "setfsgid(int)"),
    native(124, "getsid(int)"),
    native(125, "capget(ptr, ptr)"),
    native(126, "capset(ptr, ptr)"),
    native(127, "rt_sigpending(ptr, size)"),
    native(128, "rt_sigtimedwait(ptr, ptr, ptr, size)", aspect=Aspect.CLOCK),
    native(129, "rt_sigqueueinfo(int, signal, ptr)"),
    native(130, "rt_sigsuspend(ptr, size)"),
    native(131, "sigaltstack(ptr, ptr)"),
    mediated(132, "utime(path, ptr)"),
    mediated(133, "mknod(path, octal, int)", "regular files, and FIFOs in memory and overlays"),
    denied(134, "uselib(ptr)", errno.ENOSYS, NO_OLD),
    native(135, "personality(hex)", "reading only", conditions=(OneOf(0, frozenset({0, 0xFFFF_FFFF}), errno.EPERM),)),
    denied(136, "ustat(int, ptr)", errno.ENOSYS, NO_OLD),
    mediated(137, "statfs(path, ptr)"),
    mediated(138, "fstatfs(fd, ptr)"),
    denied(139, "sysfs(int, ptr, ptr)", errno.ENOSYS, NO_OLD),
    native(140, "getpriority(int, int)"),
    native(141, "setpriority(int, int, int)"),
    native(142, "sched_setparam(int, ptr)"),
    native(143, "sched_getparam(int, ptr)"),
    native(144, "sched_setscheduler(int, int, ptr)"),
    native(145, "sched_getscheduler(int)"),
    native(146, "sched_get_priority_max(int)"),
    native(147, "sched_get_priority_min(int)"),
    native(148, "sched_rr_get_interval(int, ptr)"),
    native(149, "mlock(hex, size)"),
    native(150, "munlock(hex, size)"),
    native(151, "mlockall(hex)"),
    native(152, "munlockall()"),
    denied(153, "vhangup()", errno.EPERM, NO_POWER),
    denied(154, "modify_ldt(int, ptr, size)", errno.ENOSYS, "segments of 16 and 32 bits are not offered"),
    denied(155, "pivot_root(ptr, ptr)", errno.EPERM, NO_MOUNTS),
    denied(156, "_sysctl(ptr)", errno.ENOSYS, NO_OLD),
    native(
        157,
        "prctl(int, hex, hex, hex, hex)",
        "what concerns the caller alone",
        conditions=(OneOf(0, PRCTLS, errno.EINVAL),),
    ),
    native(
        158,
        "arch_prctl(hex, hex)",
        "the FS and GS bases",
        conditions=(OneOf(0, frozenset({0x1001, 0x1002, 0x1003, 0x1004}), errno.EINVAL),),
    ),
    denied(159, "adjtimex(ptr)", errno.EPERM, NO_CLOCK),
    native(160, "setrlimit(int, ptr)"),
    denied(161, "chroot(ptr)", errno.EPERM, NO_MOUNTS),
    mediated(162, "sync()", "does nothing"),
    denied(163, "acct(ptr)", errno.EPERM, NO_POWER),
    denied(164, "settimeofday(ptr, ptr)", errno.EPERM, NO_CLOCK),
    denied(165, "mount(ptr, ptr, ptr, hex, ptr)", errno.EPERM, NO_MOUNTS),
    denied(166, "umount2(ptr, hex)", errno.EPERM, NO_MOUNTS),
    denied(167, "swapon(ptr, hex)", errno.EPERM, NO_POWER),
    denied(168, "swapoff(ptr)", errno.EPERM, NO_POWER),
    denied(169, "reboot(hex, hex, hex, ptr)", errno.EPERM, NO_POWER),
    denied(170, "sethostname(ptr, size)", errno.EPERM, NO_POWER),
    denied(171, "setdomainname(ptr, size)", errno.EPERM, NO_POWER),
    denied(172, "iopl(int)", errno.EPERM, NO_POWER),
    denied(173, "ioperm(hex, hex, int)", errno.EPERM, NO_POWER),
    denied(174, "create_module(ptr, size)", errno.ENOSYS, NO_OLD),
    denied(175, "init_module(ptr, size, ptr)", errno.EPERM, NO_MODULES),
    denied(176, "delete_module(ptr, hex)", errno.EPERM, NO_MODULES),
    denied(177, "get_kernel_syms(ptr)", errno.ENOSYS, NO_OLD),
    denied(178, "query_module(ptr, int, ptr, size, ptr)", errno.ENOSYS, NO_OLD),
    denied(179, "quotactl(int, ptr, int, ptr)", errno.EPERM, NO_POWER),
    denied(180, "nfsservctl(int, ptr, ptr)", errno.ENOSYS, NO_OLD),
    denied(181, "getpmsg()", errno.ENOSYS, NO_OLD),
    denied(182, "putpmsg()", errno.ENOSYS, NO_OLD),
    denied(183, "afs_syscall()", errno.ENOSYS, NO_OLD),
    denied(184, "tuxcall()", errno.ENOSYS, NO_OLD),
    denied(185, "security()", errno.ENOSYS, NO_OLD),
    native(186, "gettid()"),
    native(187, "readahead(fd, offset, size)"),
    mediated(188, "setxattr(path, path, ptr, size, hex)", NAMES),
    mediated(189, "lsetxattr(path, path, ptr, size, hex)", NAMES),
    mediated(190, "fsetxattr(fd, path, ptr, size, hex)", NAMES),
    mediated(191, "getxattr(path, path, ptr, size)", NAMES),
    mediated(192, "lgetxattr(path, path, ptr, size)", NAMES),
    mediated(193, "fgetxattr(fd, path, ptr, size)", NAMES),
    mediated(194, "listxattr(path, ptr, size)", NAMES),
    mediated(195, "llistxattr(path, ptr, size)", NAMES),
    mediated(196, "flistxattr(fd, ptr, size)", NAMES),
    mediated(197, "removexattr(path, path)", NAMES),
    mediated(198, "lremovexattr(path, path)", NAMES),
    mediated(199, "fremovexattr(fd, path)", NAMES),
    native(200, "tkill(int, signal)"),
    native(201, "time(ptr)", aspect=Aspect.CLOCK),
    native(202, "futex(ptr, int, int, ptr, ptr, int)", aspect=Aspect.CLOCK),
    native(203, "sched_setaffinity(int, size, ptr)"),
    native(204, "sched_getaffinity(int, size, ptr)"),
    denied(205, "set_thread_area(ptr)", errno.ENOSYS, NO_OLD),
    denied(206, "io_setup(int, ptr)", errno.ENOSYS, NO_AIO),
    denied(207, "io_destroy(hex)", errno.ENOSYS, NO_AIO),
    denied(208, "io_getevents(hex, int, int, ptr, ptr)", errno.ENOSYS, NO_AIO),
    denied(209, "io_submit(hex, int, ptr)", errno.ENOSYS, NO_AIO),
    denied(210, "io_cancel(hex, ptr, ptr)", errno.ENOSYS, NO_AIO),
    denied(211, "get_thread_area(ptr)", errno.ENOSYS, NO_OLD),
    denied(212, "lookup_dcookie(hex, ptr, size)", errno.ENOSYS, NO_OLD),
    native(213, "epoll_create(int)"),
    denied(214, "epoll_ctl_old()", errno.ENOSYS, NO_OLD),
    denied(215, "epoll_wait_old()", errno.ENOSYS, NO_OLD),
    denied(216, "remap_file_pages(hex, size, hex, size, hex)", errno.ENOSYS, NO_OLD),
    mediated(217, "getdents64(fd, ptr, size)", marked=True),
    native(218, "set_tid_address(ptr)"),
    native(219, "restart_syscall()"),
    denied(220, "semtimedop(int, ptr, size, ptr)", errno.ENOSYS, NO_IPC),
    native(221, "fadvise64(fd, offset, size, int)"),
    native(222, "timer_create(int, ptr, ptr)", aspect=Aspect.CLOCK),
    native(223, "timer_settime(int, hex, ptr, ptr)", aspect=Aspect.CLOCK),
    native(224, "timer_gettime(int, ptr)", aspect=Aspect.CLOCK),
    native(225, "timer_getoverrun(int)", aspect=Aspect.CLOCK),
    native(226, "timer_delete(int)", aspect=Aspect.CLOCK),
    denied(227, "clock_settime(int, ptr)", errno.EPERM, NO_CLOCK),
    native(228, "clock_gettime(int, ptr)", aspect=Aspect.CLOCK),
    native(229, "clock_getres(int, ptr)"),
    native(230, "clock_nanosleep(int, hex, ptr, ptr)", aspect=Aspect.CLOCK),
    mediated(231, "exit_group(int)"),
    native(232, "epoll_wait(fd, ptr, int, int)", aspect=Aspect.CLOCK),
    native(233, "epoll_ctl(fd, int, fd, ptr)"),
    native(234, "tgkill(int, int, signal)"),
    mediated(235, "utimes(path, ptr)"),
    denied(236, "vserver()", errno.ENOSYS, NO_OLD),
    native(237, "mbind(hex, size, int, ptr, size, hex)"),
    native(238, "set_mempolicy(int, ptr, size)"),
    native(239, "get_mempolicy(ptr, ptr, size, hex, hex)"),
    denied(240, "mq_open(ptr, hex, octal, ptr)", errno.ENOSYS, NO_IPC),
    denied(241, "mq_unlink(ptr)", errno.ENOSYS, NO_IPC),
    denied(242, "mq_timedsend(fd, ptr, size, int, ptr)", errno.ENOSYS, NO_IPC),
    denied(243, "mq_timedreceive(fd, ptr, size, ptr, ptr)", errno.ENOSYS, NO_IPC),
    denied(244, "mq_notify(fd, ptr)", errno.ENOSYS, NO_IPC),
    denied(245, "mq_getsetattr(fd, ptr, ptr)", errno.ENOSYS, NO_IPC),
    denied(246, "kexec_load(hex, size, ptr, hex)", errno.EPERM, NO_POWER),
    native(247, "waitid(int, int, ptr, hex, ptr)"),
    denied(248, "add_key(ptr, ptr, ptr, size, int)", errno.ENOSYS, NO_KEYS),
    denied(249, "request_key(ptr, ptr, ptr, int)", errno.ENOSYS, NO_KEYS),
    denied(250, "keyctl(int, hex, hex, hex, hex)", errno.ENOSYS, NO_KEYS),
    native(251, "ioprio_set(int, int, int)"),
    native(252, "ioprio_get(int, int)"),
    denied(253, "inotify_init()", errno.ENOSYS, NO_WATCH),
    denied(254, "inotify_add_watch(fd, ptr, hex)", errno.ENOSYS, NO_WATCH),
    denied(255, "inotify_rm_watch(fd, int)", errno.ENOSYS, NO_WATCH),
    denied(256, "migrate_pages(int, int, ptr, ptr)", errno.EPERM, NO_OTHERS),
    mediated(257, "openat(fd, path, hex, octal)", marked=True),
    mediated(258, "mkdirat(fd, path, octal)"),
    mediated(259, "mknodat(fd, path, octal, int)", "regular files, and FIFOs in memory and overlays"),
    mediated(260, "fchownat(fd, path, int, int, hex)", OWNERS),
    mediated(261, "futimesat(fd, path, ptr)"),
    mediated(262, "newfstatat(fd, path, ptr, hex)"),
    mediated(263, "unlinkat(fd, path, hex)"),
    mediated(264, "renameat(fd, path, fd, path)"),
    mediated(265, "linkat(fd, path, fd, path, hex)", "in memory and overlays only"),
    mediated(266, "symlinkat(path, fd, path)"),
    mediated(267, "readlinkat(fd, path, ptr, size)", marked=True),
    mediated(268, "fchmodat(fd, path, octal)", "the nine permission bits"),
    mediated(269, "faccessat(fd, path, octal)"),
    native(270, "pselect6(int, ptr, ptr, ptr, ptr, ptr)", aspect=Aspect.CLOCK),
    native(271, "ppoll(ptr, int, ptr, ptr, size)", aspect=Aspect.CLOCK),
    denied(272, "unshare(hex)", errno.EPERM, NO_MOUNTS),
    native(273, "set_robust_list(ptr, size)"),
    native(274, "get_robust_list(int, ptr, ptr)"),
    native(275, "splice(fd, ptr, fd, ptr, size, hex)"),
    native(276, "tee(fd, fd, size, hex)"),
    native(277, "sync_file_range(fd, offset, size, hex)"),
    native(278, "vmsplice(fd, ptr, int, hex)"),
    denied(279, "move_pages(int, size, ptr, ptr, ptr, hex)", errno.EPERM, NO_OTHERS),
    mediated(280, "utimensat(fd, path, ptr, hex)"),
    native(281, "epoll_pwait(fd, ptr, int, int, ptr, size)", aspect=Aspect.CLOCK),
    native(282, "signalfd(fd, ptr, size)"),
    native(283, "timerfd_create(int, hex)", aspect=Aspect.CLOCK),
    native(284, "eventfd(int)"),
    native(285, "fallocate(fd, hex, offset, size)"),
    native(286, "timerfd_settime(fd, hex, ptr, ptr)", aspect=Aspect.CLOCK),
    native(287, "timerfd_gettime(fd, ptr)", aspect=Aspect.CLOCK),
    native(288, "accept4(fd, ptr, ptr, hex)"),
    native(289, "signalfd4(fd, ptr, size, hex)"),
    native(290, "eventfd2(int, hex)"),
    native(291, "epoll_create1(hex)"),
    native(292, "dup3(fd, fd, hex)"),
    native(293, "pipe2(ptr, hex)"),
    denied(294, "inotify_init1(hex)", errno.ENOSYS, NO_WATCH),
    native(295, "preadv(fd, ptr, int, offset)"),
    native(296, "pwritev(fd, ptr, int, offset)"),
    native(297, "rt_tgsigqueueinfo(int, int, signal, ptr)"),
    denied(298, "perf_event_open(ptr, int, int, fd, hex)", errno.EPERM, NO_POWER),
    native(299, "recvmmsg(fd, ptr, int, hex, ptr)"),
    denied(300, "fanotify_init(hex, hex)", errno.EPERM, NO_WATCH),
    denied(301, "fanotify_mark(fd, hex, hex, fd, ptr)", errno.EPERM, NO_WATCH),
    native(302, "prlimit64(int, int, ptr, ptr)"),
    denied(303, "name_to_handle_at(fd, ptr, ptr, ptr, hex)", errno.EOPNOTSUPP, NO_HANDLES),
    denied(304, "open_by_handle_at(fd, ptr, hex)", errno.EPERM, NO_HANDLES),
    denied(305, "clock_adjtime(int, ptr)", errno.EPERM, NO_CLOCK),
    mediated(306, "syncfs(fd)", "does nothing"),
    mediated(
        307,
        "sendmmsg(fd, ptr, int, hex)",
        "one datagram at a time to a Unix socket by path",
        outside=(without_fast_open(3),),
    ),
    denied(308, "setns(fd, hex)", errno.EPERM, NO_MOUNTS),
    native(309, "getcpu(ptr, ptr)"),
    denied(310, "process_vm_readv(int, ptr, int, ptr, int, hex)", errno.EPERM, NO_OTHERS),
    denied(311, "process_vm_writev(int, ptr, int, ptr, int, hex)", errno.EPERM, NO_OTHERS),
    denied(312, "kcmp(int, int, int, hex, hex)", errno.EPERM, NO_OTHERS),
    denied(313, "finit_module(fd, ptr, hex)", errno.EPERM, NO_MODULES),
    native(314, "sched_setattr(int, ptr, hex)"),
    native(315, "sched_getattr(int, ptr, size, hex)"),
    mediated(316, "renameat2(fd, path, fd, path, hex)", "NOREPLACE only"),
    denied(317, "seccomp(int, hex, ptr)", errno.EINVAL, "a second filter could take our notifications"),
    native(318, "getrandom(ptr, size, hex)", aspect=Aspect.RANDOM),
    mediated(319, "memfd_create(path, hex)", "no seals"),
    denied(320, "kexec_file_load(fd, fd, size, ptr, hex)", errno.EPERM, NO_POWER),
    denied(321, "bpf(int, ptr, size)", errno.EPERM, NO_POWER),
    denied(322, "execveat(fd, path, ptr, ptr, hex)", errno.ENOSYS, "the C library uses execve then"),
    denied(323, "userfaultfd(hex)", errno.EPERM, "it can stop the host's kernel in the middle of a copy"),
    native(324, "membarrier(int, hex, int)"),
    native(325, "mlock2(hex, size, hex)"),
    native(326, "copy_file_range(fd, ptr, fd, ptr, size, hex)"),
    native(327, "preadv2(fd, ptr, int, offset, offset, hex)"),
    native(328, "pwritev2(fd, ptr, int, offset, offset, hex)"),
    denied(329, "pkey_mprotect(hex, size, hex, int)", errno.ENOSYS, NO_PKEYS),
    denied(330, "pkey_alloc(hex, hex)", errno.ENOSYS, NO_PKEYS),
    denied(331, "pkey_free(int)", errno.ENOSYS, NO_PKEYS),
    mediated(332, "statx(fd, path, hex, hex, ptr)", marked=True),
    denied(333, "io_pgetevents(hex, int, int, ptr, ptr, ptr)", errno.ENOSYS, NO_AIO),
    native(334, "rseq(ptr, size, hex, hex)"),
    native(424, "pidfd_send_signal(fd, signal, ptr, hex)"),
    denied(425, "io_uring_setup(int, ptr)", errno.ENOSYS, NO_AIO),
    denied(426, "io_uring_enter(fd, int, int, hex, ptr, size)", errno.ENOSYS, NO_AIO),
    denied(427, "io_uring_register(fd, int, ptr, int)", errno.ENOSYS, NO_AIO),
    denied(428, "open_tree(fd, ptr, hex)", errno.EPERM, NO_MOUNTS),
    denied(429, "move_mount(fd, ptr, fd, ptr, hex)", errno.EPERM, NO_MOUNTS),
    denied(430, "fsopen(ptr, hex)", errno.EPERM, NO_MOUNTS),
    denied(431, "fsconfig(fd, int, ptr, ptr, int)", errno.EPERM, NO_MOUNTS),
    denied(432, "fsmount(fd, hex, hex)", errno.EPERM, NO_MOUNTS),
    denied(433, "fspick(fd, ptr, hex)", errno.EPERM, NO_MOUNTS),
    native(434, "pidfd_open(int, hex)"),
    denied(435, "clone3(ptr, size)", errno.ENOSYS, "its flags are in memory; the C library uses clone then"),
    native(436, "close_range(fd, fd, hex)"),
    mediated(437, "openat2(fd, path, ptr, size)", marked=True),
    denied(438, "pidfd_getfd(fd, fd, hex)", errno.EPERM, NO_OTHERS),
    mediated(439, "faccessat2(fd, path, octal, hex)"),
    denied(440, "process_madvise(fd, ptr, size, int, hex)", errno.EPERM, NO_OTHERS),
    native(441, "epoll_pwait2(fd, ptr, int, ptr, ptr, size)", aspect=Aspect.CLOCK),
    denied(442, "mount_setattr(fd, ptr, hex, ptr, size)", errno.EPERM, NO_MOUNTS),
    denied(443, "quotactl_fd(fd, int, int, ptr)", errno.EPERM, NO_POWER),
    denied(444, "landlock_create_ruleset(ptr, size, hex)", errno.ENOSYS, "paths of the guest mean nothing to it"),
    denied(445, "landlock_add_rule(fd, int, ptr, hex)", errno.ENOSYS, "paths of the guest mean nothing to it"),
    denied(446, "landlock_restrict_self(fd, hex)", errno.ENOSYS, "paths of the guest mean nothing to it"),
    denied(447, "memfd_secret(hex)", errno.ENOSYS, "memory that no limit sees"),
    denied(448, "process_mrelease(fd, hex)", errno.EPERM, NO_OTHERS),
    native(449, "futex_waitv(ptr, int, hex, ptr, int)", aspect=Aspect.CLOCK),
    denied(450, "set_mempolicy_home_node(hex, size, hex, hex)", errno.ENOSYS, "not offered"),
)

BY_NUMBER = {row.number: row for row in ROWS}
BY_NAME = {row.name: row for row in ROWS}


def supported(row: Row) -> str:
    """How complete a call is: full, partial or none."""
    if row.handling is Handling.DENIED:
        return "none"
    return "partial" if row.partial else "full"
