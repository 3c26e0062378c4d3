"""The shim's primitives: its system calls, the table of mounts, and from a path of the guest to a mount."""

TEXT = """
define internal i64 @native(i64 %number, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e) #1 {{
  %r = call i64 asm sideeffect "syscall",
    "={{rax}},{{rax}},{{rdi}},{{rsi}},{{rdx}},{{r10}},{{r8}},{{r9}},~{{rcx}},~{{r11}},~{{memory}},~{{flags}}"
    (i64 %number, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 {MARK})
  ret i64 %r
}}

; Whether the word at an address can be read: the set of signals is read before HOW is found to be wrong.
define internal i1 @readable(i64 %address) #1 {{
  %r = call i64 @native(i64 {RT_SIGPROCMASK}, i64 2147483647, i64 %address, i64 0, i64 8, i64 0)
  %ok = icmp eq i64 %r, -{EINVAL}
  ret i1 %ok
}}

; Whether it can be written: it gets the set of blocked signals.
define internal i1 @writable(i64 %address) #1 {{
  %r = call i64 @native(i64 {RT_SIGPROCMASK}, i64 0, i64 0, i64 %address, i64 8, i64 0)
  %ok = icmp eq i64 %r, 0
  ret i1 %ok
}}

; Whether a structure can be written.  It may be taken for granted in the frames of the callers, whose stack we are on.
define internal i1 @fits(i64 %address, i64 %size, ptr %frame) #1 {{
entry:
  %here = ptrtoint ptr %frame to i64
  %above = sub i64 %address, %here
  %near = icmp ult i64 %above, {NEAR}
  br i1 %near, label %yes, label %head
head:
  %first = call i1 @writable(i64 %address)
  %end = add i64 %address, %size
  %at = sub i64 %end, 8
  %page = lshr i64 %address, 12
  %page.at = lshr i64 %at, 12
  %same = icmp eq i64 %page, %page.at
  br i1 %first, label %tail, label %no
tail:
  br i1 %same, label %yes, label %last
last:
  %second = call i1 @writable(i64 %at)
  ret i1 %second
yes:
  ret i1 true
no:
  ret i1 false
}}

; The entry of a mount, or null.
define internal ptr @mount(i64 %id) #0 {{
entry:
  %table = inttoptr i64 {TABLE} to ptr
  %count = load i64, ptr %table
  br label %next
next:
  %i = phi i64 [ 0, %entry ], [ %i.next, %other ]
  %left = icmp ult i64 %i, %count
  br i1 %left, label %row, label %none
row:
  %offset = mul i64 %i, {ENTRY_SIZE}
  %address = add i64 %offset, {ROWS}
  %p = inttoptr i64 %address to ptr
  %found = load i64, ptr %p
  %same = icmp eq i64 %found, %id
  br i1 %same, label %hit, label %other
hit:
  ret ptr %p
other:
  %i.next = add i64 %i, 1
  br label %next
none:
  ret ptr null
}}

; The entry of the mount that a descriptor is in, or null; ``st`` gets its state.
define internal ptr @look_open(i64 %fd, ptr %st) #0 {{
  %at = ptrtoint ptr %st to i64
  %r = call i64 @native(i64 {STATX}, i64 %fd, i64 {EMPTY}, i64 {EMPTY_PATH}, i64 {STATX_MASK}, i64 %at)
  %ok = icmp eq i64 %r, 0
  br i1 %ok, label %yes, label %no
yes:
  %id.p = getelementptr i8, ptr %st, i64 {X_MOUNT}
  %id = load i64, ptr %id.p
  %found = call ptr @mount(i64 %id)
  ret ptr %found
no:
  ret ptr null
}}

; Where the path below a mount begins; 0 if the path is not for us.
define internal i64 @locate(i64 %dir, i64 %path, ptr %place) #0 {{
entry:
  %ok = call i1 @readable(i64 %path)
  br i1 %ok, label %scan, label %slow
scan:
  %at = phi i64 [ %path, %entry ], [ %at.next, %more ]
  %dots = phi i32 [ 0, %entry ], [ %dots.next, %more ]
  %tail = phi i64 [ %path, %entry ], [ %tail.next, %more ]
  %low = and i64 %at, 4095
  %fresh = icmp eq i64 %low, 0
  %later = icmp ne i64 %at, %path
  %crossed = and i1 %fresh, %later
  br i1 %crossed, label %page, label %byte
page:
  %ok.page = call i1 @readable(i64 %at)
  br i1 %ok.page, label %byte, label %slow
byte:
  %at.p = inttoptr i64 %at to ptr
  %c = load i8, ptr %at.p
  %foreign = icmp slt i8 %c, 0
  br i1 %foreign, label %slow, label %sort
sort:
  switch i8 %c, label %letter [
    i8 0, label %end
    i8 47, label %slash
    i8 46, label %dot
  ]
slash:
  %up = icmp eq i32 %dots, 2
  %tail.slash = add i64 %at, 1
  br i1 %up, label %slow, label %more
dot:
  %dots.dot = add i32 %dots, 1
  br label %more
letter:
  br label %more
more:
  %dots.next = phi i32 [ 0, %slash ], [ %dots.dot, %dot ], [ 8, %letter ]
  %tail.next = phi i64 [ %tail.slash, %slash ], [ %tail, %dot ], [ %tail, %letter ]
  %at.next = add i64 %at, 1
  %length = sub i64 %at.next, %path
  %long = icmp ugt i64 %length, {PATH_MAX}
  br i1 %long, label %slow, label %scan
end:
  %up.end = icmp eq i32 %dots, 2
  %empty = icmp eq i64 %at, %path
  %unfit = or i1 %up.end, %empty
  br i1 %unfit, label %slow, label %whole
whole:
  %path.p = inttoptr i64 %path to ptr
  %unchanged = call i1 @unchanged(ptr %path.p)
  br i1 %unchanged, label %known, label %slow
known:
  %c0 = load i8, ptr %path.p
  %is.absolute = icmp eq i8 %c0, 47
  br i1 %is.absolute, label %absolute, label %relative
relative:
  %dir.low = trunc i64 %dir to i32
  %dir.fd = sext i32 %dir.low to i64
  %negative = icmp slt i32 %dir.low, 0
  br i1 %negative, label %working, label %done
working:
  %is.working = icmp eq i32 %dir.low, {AT_FDCWD}
  %working.p = inttoptr i64 {WORKING_DIRECTORY} to ptr
  %working.fd = load i64, ptr %working.p
  br i1 %is.working, label %done, label %slow
absolute:
  %table = inttoptr i64 {TABLE} to ptr
  %count = load i64, ptr %table
  br label %rows
rows:
  %i = phi i64 [ 0, %absolute ], [ %i.next, %mismatch ]
  %left = icmp ult i64 %i, %count
  br i1 %left, label %row, label %slow
row:
  %offset = mul i64 %i, {ENTRY_SIZE}
  %row.at = add i64 %offset, {ROWS}
  %row.p = inttoptr i64 %row.at to ptr
  %size.p = getelementptr i8, ptr %row.p, i64 24
  %size = load i64, ptr %size.p
  %prefix = getelementptr i8, ptr %row.p, i64 {ENTRY_HEAD}
  br label %compare
compare:
  %k = phi i64 [ 0, %row ], [ %k.next, %same ]
  %through = icmp eq i64 %k, %size
  br i1 %through, label %boundary, label %differ
differ:
  %pc.p = getelementptr i8, ptr %path.p, i64 %k
  %pc = load i8, ptr %pc.p
  %tc.p = getelementptr i8, ptr %prefix, i64 %k
  %tc = load i8, ptr %tc.p
  %equal = icmp eq i8 %pc, %tc
  br i1 %equal, label %same, label %mismatch
same:
  %k.next = add i64 %k, 1
  br label %compare
mismatch:
  %i.next = add i64 %i, 1
  br label %rows
boundary:
  %b.p = getelementptr i8, ptr %path.p, i64 %size
  %b = load i8, ptr %b.p
  %fd.p = getelementptr i8, ptr %row.p, i64 16
  %fd = load i64, ptr %fd.p
  switch i8 %b, label %mismatch [
    i8 0, label %done
    i8 47, label %skip
  ]
skip:
  %s = phi ptr [ %b.p, %boundary ], [ %s.next, %skip ]
  %s.next = getelementptr i8, ptr %s, i64 1
  %sc = load i8, ptr %s.next
  %again = icmp eq i8 %sc, 47
  br i1 %again, label %skip, label %skipped
skipped:
  %nothing = icmp eq i8 %sc, 0
  %s.at = ptrtoint ptr %s.next to i64
  %s.rest = select i1 %nothing, i64 {DOT}, i64 %s.at
  br label %done
done:
  %rest = phi i64 [ %path, %relative ], [ %path, %working ], [ {DOT}, %boundary ], [ %s.rest, %skipped ]
  %found.fd = phi i64 [ %dir.fd, %relative ], [ %working.fd, %working ], [ %fd, %boundary ], [ %fd, %skipped ]
  %is.dot = icmp eq i64 %rest, {DOT}
  %is.tail = icmp ule i64 %tail, %rest
  %single = or i1 %is.dot, %is.tail
  %single.word = zext i1 %single to i64
  %absolute.word = zext i1 %is.absolute to i64
  store i64 %found.fd, ptr %place
  %simple.p = getelementptr i8, ptr %place, i64 {P_SIMPLE}
  store i64 %single.word, ptr %simple.p
  %absolute.p = getelementptr i8, ptr %place, i64 {P_ABSOLUTE}
  store i64 %absolute.word, ptr %absolute.p
  ret i64 %rest
slow:
  ret i64 0
}}

; An error as the answer, if it is one of those that the kernel would give too: nothing is there.
define internal i64 @failed(i64 %error, ptr %place) #0 {{
entry:
  switch i64 %error, label %slow [
    i64 -{ENOENT}, label %missing
    i64 -{ENOTDIR}, label %missing
    i64 -{EINVAL}, label %missing
  ]
missing:
  %absolute.p = getelementptr i8, ptr %place, i64 {P_ABSOLUTE}
  %absolute = load i64, ptr %absolute.p
  %sure = icmp eq i64 %absolute, 1
  br i1 %sure, label %give, label %relative
relative:                               ; directories that are not of a mount are empty stand-ins
  %st = alloca [{STATX_SIZE} x i8], align 8
  %fd = load i64, ptr %place
  %entry.p = call ptr @look_open(i64 %fd, ptr %st)
  %known = icmp ne ptr %entry.p, null
  br i1 %known, label %give, label %slow
give:
  ret i64 %error
slow:
  ret i64 {SLOW}
}}

define internal i64 @open_beneath(i64 %dir, i64 %path, i64 %flags) #0 {{
  %how = alloca [3 x i64], align 8
  store i64 %flags, ptr %how
  %mode.p = getelementptr i8, ptr %how, i64 8
  store i64 0, ptr %mode.p
  %resolve.p = getelementptr i8, ptr %how, i64 16
  %page = call ptr @marks()
  %clean = icmp eq ptr %page, null
  %links = select i1 %clean, i64 0, i64 {RESOLVE_NO_SYMLINKS}
  %resolve = or i64 %links, {RESOLVE}
  store i64 %resolve, ptr %resolve.p
  %at = ptrtoint ptr %how to i64
  %r = call i64 @native(i64 {OPENAT2}, i64 %dir, i64 %path, i64 %at, i64 24, i64 0)
  ret i64 %r
}}
"""
