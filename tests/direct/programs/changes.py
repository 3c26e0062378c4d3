"""Change a tree at random and look at it in every way: it is the same in an overlay and in a copy."""

import os
import random
import stat
import sys

chance = random.Random(int(sys.argv[1]))
NAMES = ("a", "b", "c", "d", "link", "x.txt", "y.txt")
open_files: list[int] = []
open_folders: list[int] = []


def path() -> str:
    return "/".join(chance.choice(NAMES) for _ in range(chance.randint(1, 4)))


def shown(state: os.stat_result) -> str:
    kind = stat.S_IFMT(state.st_mode)
    if kind == stat.S_IFDIR:
        return f"folder {state.st_mode & 0o777:o}"
    return f"{kind:o} {state.st_mode & 0o777 if kind == stat.S_IFREG else 0:o} {state.st_size} {state.st_nlink}"


def read(name: str, folder: int | None) -> str:
    fd = os.open(name, os.O_RDONLY, dir_fd=folder)
    try:
        return os.read(fd, 100).decode() if stat.S_ISREG(os.fstat(fd).st_mode) else shown(os.fstat(fd))
    finally:
        os.close(fd)


def write(name: str, folder: int | None) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | chance.choice((0, os.O_EXCL, os.O_TRUNC)), 0o644, dir_fd=folder)
    os.write(fd, b"%d" % chance.randrange(1000))
    os.close(fd)


def look(name: str, folder: int | None) -> object:
    match chance.randrange(7):
        case 0:
            return shown(os.stat(name, dir_fd=folder))
        case 1:
            return shown(os.lstat(name) if folder is None else os.stat(name, dir_fd=folder, follow_symlinks=False))
        case 2:
            return read(name, folder)
        case 3:
            return sorted(os.listdir(name if folder is None else folder))  # noqa: PTH208 - of descriptors too
        case 4:
            return os.readlink(name, dir_fd=folder)
        case 5:
            return os.access(name, chance.choice((os.F_OK, os.X_OK, os.W_OK)), dir_fd=folder)
        case _:
            return sorted((entry.name, entry.is_dir()) for entry in os.scandir(name if folder is None else folder))


def change(name: str, folder: int | None) -> object:
    match chance.randrange(10):
        case 0:
            return os.mkdir(name, 0o755, dir_fd=folder)
        case 1:
            return os.unlink(name, dir_fd=folder)
        case 2:
            return os.rmdir(name, dir_fd=folder)
        case 3:
            return os.rename(name, path(), src_dir_fd=folder)
        case 4:
            return os.symlink(chance.choice((path(), "../" + path())), name, dir_fd=folder)
        case 5 if len(sys.argv) < 4:  # in writable mounts there are no hard links
            os.close(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder))  # nor of links in overlays
            return os.link(name, path(), src_dir_fd=folder)
        case 6:
            return os.chmod(name, chance.choice((0o700, 0o755, 0o644)), dir_fd=folder)
        case 7:
            return os.truncate(name, 3) if folder is None else write(name, folder)
        case _:
            return write(name, folder)


def keep(name: str) -> object:
    fd = os.open(name, os.O_RDONLY)
    kept = open_folders if stat.S_ISDIR(os.fstat(fd).st_mode) else open_files
    kept.append(fd)
    if len(kept) > 6:
        os.close(kept.pop(0))
    return len(kept)


def step() -> object:
    folder = chance.choice(open_folders) if open_folders and chance.random() < 0.4 else None
    name = path() if folder is None or chance.random() < 0.3 else chance.choice(NAMES)
    kind = chance.random()
    if kind < 0.62:
        return look(name, folder)
    if kind < 0.75:
        return change(name, folder)
    if kind < 0.9:
        return keep(name)
    if kind < 0.95 and open_files:
        return shown(os.fstat(chance.choice(open_files)))
    if kind < 0.97 and open_folders:
        return os.fchdir(chance.choice(open_folders))
    return os.chdir(top)


top = os.getcwd()  # noqa: PTH109 - as text
for number in range(int(sys.argv[2])):
    try:
        result = step()
    except OSError as error:
        result = error.strerror
    print(number, result)
