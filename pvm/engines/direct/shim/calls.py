"""Opening, reading links and listing by the shim, and where all calls arrive."""

TEXT = """
define internal i64 @do_open(i64 %dir, i64 %path, i64 %flags) #0 {{
entry:
  %place = alloca [4 x i64], align 8
  %low = trunc i64 %flags to i32
  %odd = and i32 %low, {NOT_OPEN_FLAGS}
  %is.odd = icmp ne i32 %odd, 0
  br i1 %is.odd, label %slow, label %usual
usual:
  %word = zext i32 %low to i64
  %path.bit = and i64 %word, {O_PATH}
  %is.path = icmp ne i64 %path.bit, 0
  %as.path = and i64 %word, {PATH_FLAGS}
  %as.file = and i64 %word, {NOT_NOATIME}
  %how = select i1 %is.path, i64 %as.path, i64 %as.file
  %dir.low = trunc i64 %dir to i32
  %dir.fd = sext i32 %dir.low to i64
  %plain = icmp slt i32 %dir.low, 0
  br i1 %plain, label %find, label %relative
relative:                               ; the host's kernel finds out whether the path can be read, and is relative
  store i64 %dir.fd, ptr %place
  %absolute.p = getelementptr i8, ptr %place, i64 {P_ABSOLUTE}
  store i64 0, ptr %absolute.p
  %path.p = inttoptr i64 %path to ptr
  %keep.bit = and i64 %how, {O_NOFOLLOW}
  %keeps = icmp ne i64 %keep.bit, 0
  br i1 %keeps, label %single, label %beneath
single:                                 ; the cheaper call will do for a name that is no link
  %r.single = call i64 @native(i64 {OPENAT}, i64 %dir.fd, i64 %path, i64 %how, i64 0, i64 0)
  %opened.single = icmp sge i64 %r.single, 0
  br i1 %opened.single, label %named.single, label %beneath
named.single:
  %plain.name = call i1 @is_name(ptr %path.p)
  br i1 %plain.name, label %name.single, label %no.name
name.single:
  %unchanged.single = call i1 @unchanged(ptr %path.p)
  br i1 %unchanged.single, label %give, label %changed.single
changed.single:
  %closed.changed = call i64 @native(i64 {CLOSE}, i64 %r.single, i64 0, i64 0, i64 0, i64 0)
  br label %slow
no.name:
  %closed.single = call i64 @native(i64 {CLOSE}, i64 %r.single, i64 0, i64 0, i64 0, i64 0)
  br label %beneath
beneath:
  %r.relative = call i64 @open_beneath(i64 %dir.fd, i64 %path, i64 %how)
  %opened = icmp sge i64 %r.relative, 0
  br i1 %opened, label %named, label %unopened
named:
  %text = call i1 @is_text(ptr %path.p)
  br i1 %text, label %name.text, label %unnamed
name.text:
  %unchanged.text = call i1 @unchanged(ptr %path.p)
  br i1 %unchanged.text, label %give, label %unnamed
unnamed:
  %closed = call i64 @native(i64 {CLOSE}, i64 %r.relative, i64 0, i64 0, i64 0, i64 0)
  br label %slow
unopened:
  %beyond = icmp eq i64 %r.relative, -{EXDEV}
  br i1 %beyond, label %find, label %judge
judge:                                  ; where something is marked, only what is known not to be there is not
  %page = call ptr @marks()
  %clean = icmp eq ptr %page, null
  br i1 %clean, label %error, label %missing
missing:
  %is.missing = icmp eq i64 %r.relative, -{ENOENT}
  br i1 %is.missing, label %look.up, label %slow
look.up:
  %unchanged.missing = call i1 @unchanged(ptr %path.p)
  br i1 %unchanged.missing, label %error, label %slow
find:
  %rest = call i64 @locate(i64 %dir, i64 %path, ptr %place)
  %is.ours = icmp ne i64 %rest, 0
  br i1 %is.ours, label %ours, label %slow
ours:
  %fd = load i64, ptr %place
  %r.found = call i64 @open_beneath(i64 %fd, i64 %rest, i64 %how)
  %ok = icmp sge i64 %r.found, 0
  br i1 %ok, label %give, label %error
give:
  %r.give = phi i64 [ %r.relative, %name.text ], [ %r.single, %name.single ], [ %r.found, %ours ]
  %careful.bit = and i64 %word, {O_NONBLOCK}
  %careful = icmp ne i64 %careful.bit, 0
  br i1 %careful, label %done, label %look  ; who does not want to wait looks himself what it is
look:
  %position = call i64 @native(i64 {LSEEK}, i64 %r.give, i64 0, i64 1, i64 0, i64 0)
  %is.pipe = icmp eq i64 %position, -{ESPIPE}
  br i1 %is.pipe, label %pipe, label %done
pipe:                                   ; those of the host are seen, but not opened
  %closed.pipe = call i64 @native(i64 {CLOSE}, i64 %r.give, i64 0, i64 0, i64 0, i64 0)
  br label %slow
done:
  ret i64 %r.give
error:
  %r = phi i64 [ %r.relative, %judge ], [ %r.relative, %look.up ], [ %r.found, %ours ]
  %answer = call i64 @failed(i64 %r, ptr %place)
  ret i64 %answer
slow:
  ret i64 {SLOW}
}}

define internal i64 @do_readlink(i64 %dir, i64 %path, i64 %buffer, i64 %size) #0 {{
entry:
  %place = alloca [4 x i64], align 8
  %size.low = trunc i64 %size to i32
  %odd = icmp slt i32 %size.low, 1
  br i1 %odd, label %slow, label %find
find:
  %rest = call i64 @locate(i64 %dir, i64 %path, ptr %place)
  %is.ours = icmp ne i64 %rest, 0
  br i1 %is.ours, label %ours, label %slow
ours:
  %room = zext i32 %size.low to i64
  %fd = load i64, ptr %place
  %simple.p = getelementptr i8, ptr %place, i64 {P_SIMPLE}
  %simple = load i64, ptr %simple.p
  %is.simple = icmp eq i64 %simple, 1
  br i1 %is.simple, label %single, label %walk
single:
  %r.single = call i64 @native(i64 {READLINKAT}, i64 %fd, i64 %rest, i64 %buffer, i64 %room, i64 0)
  %good.single = icmp sge i64 %r.single, 0
  br i1 %good.single, label %give, label %error
walk:
  %found = call i64 @open_beneath(i64 %fd, i64 %rest, i64 {LINK_ITSELF})
  %bad.walk = icmp slt i64 %found, 0
  br i1 %bad.walk, label %error, label %read
read:
  %r.read = call i64 @native(i64 {READLINKAT}, i64 %found, i64 {EMPTY}, i64 %buffer, i64 %room, i64 0)
  %closed = call i64 @native(i64 {CLOSE}, i64 %found, i64 0, i64 0, i64 0, i64 0)
  %no.link = icmp eq i64 %r.read, -{ENOENT}
  %r.walk = select i1 %no.link, i64 -{EINVAL}, i64 %r.read
  %good.walk = icmp sge i64 %r.walk, 0
  br i1 %good.walk, label %give, label %error
give:
  %r = phi i64 [ %r.single, %single ], [ %r.walk, %read ]
  ret i64 %r
error:
  %e = phi i64 [ %r.single, %single ], [ %found, %walk ], [ %r.walk, %read ]
  %answer = call i64 @failed(i64 %e, ptr %place)
  ret i64 %answer
slow:
  ret i64 {SLOW}
}}

; Whether a name is UTF-8: others do not exist for guests.
define internal i1 @is_text(ptr %name) #0 {{
entry:
  br label %next
next:
  %p = phi ptr [ %name, %entry ], [ %p.one, %start ], [ %p.done, %whole ]
  %c = load i8, ptr %p
  %p.one = getelementptr i8, ptr %p, i64 1
  %ascii = icmp sge i8 %c, 0
  br i1 %ascii, label %start, label %long
start:
  %end = icmp eq i8 %c, 0
  br i1 %end, label %yes, label %next
long:
  %u = zext i8 %c to i32
  %ge.c2 = icmp uge i32 %u, 194
  %le.f4 = icmp ule i32 %u, 244
  %head = and i1 %ge.c2, %le.f4
  br i1 %head, label %second, label %no
second:
  %is.e0 = icmp eq i32 %u, 224
  %is.ed = icmp eq i32 %u, 237
  %is.f0 = icmp eq i32 %u, 240
  %is.f4 = icmp eq i32 %u, 244
  %low.e0 = select i1 %is.e0, i32 160, i32 128
  %low = select i1 %is.f0, i32 144, i32 %low.e0
  %high.ed = select i1 %is.ed, i32 159, i32 191
  %high = select i1 %is.f4, i32 143, i32 %high.ed
  %c2 = load i8, ptr %p.one
  %u2 = zext i8 %c2 to i32
  %above = icmp uge i32 %u2, %low
  %below = icmp ule i32 %u2, %high
  %good = and i1 %above, %below
  %three = icmp uge i32 %u, 224
  %four = icmp uge i32 %u, 240
  %three.word = zext i1 %three to i64
  %four.word = zext i1 %four to i64
  %left = add i64 %three.word, %four.word
  %p.two = getelementptr i8, ptr %p, i64 2
  br i1 %good, label %rest, label %no
rest:
  %p.done = phi ptr [ %p.two, %second ], [ %p.more, %go ]
  %left.now = phi i64 [ %left, %second ], [ %left.next, %go ]
  %none = icmp eq i64 %left.now, 0
  br i1 %none, label %whole, label %further
further:
  %ck = load i8, ptr %p.done
  %kind = and i8 %ck, -64
  %goes.on = icmp eq i8 %kind, -128
  br i1 %goes.on, label %go, label %no
go:
  %p.more = getelementptr i8, ptr %p.done, i64 1
  %left.next = sub i64 %left.now, 1
  br label %rest
whole:
  br label %next
yes:
  ret i1 true
no:
  ret i1 false
}}

; Whether a path is one component of ASCII, and not "..".
define internal i1 @is_name(ptr %path) #0 {{
entry:
  %c0 = load i8, ptr %path
  %dot = icmp eq i8 %c0, 46
  br i1 %dot, label %no, label %next
next:
  %p = phi ptr [ %path, %entry ], [ %p.next, %on ]
  %c = load i8, ptr %p
  %foreign = icmp slt i8 %c, 0
  br i1 %foreign, label %no, label %sort
sort:
  switch i8 %c, label %on [
    i8 0, label %yes
    i8 47, label %no
  ]
on:
  %p.next = getelementptr i8, ptr %p, i64 1
  br label %next
yes:
  ret i1 true
no:
  ret i1 false
}}

define internal i64 @do_list(i64 %fd, i64 %buffer, i64 %size) #0 {{
entry:
  %st = alloca [{STATX_SIZE} x i8], align 8
  %low = trunc i64 %fd to i32
  %number = sext i32 %low to i64
  %mount = call ptr @look_open(i64 %number, ptr %st)
  %unknown = icmp eq ptr %mount, null
  br i1 %unknown, label %slow, label %below
below:
  %as.below = call i1 @is_as_below(ptr %st)
  br i1 %as.below, label %known, label %slow
known:
  %device = call i64 @host_device(ptr %st)
  %room.low = trunc i64 %size to i32
  %room = zext i32 %room.low to i64
  %first = inttoptr i64 %buffer to ptr
  br label %read
read:
  %n = call i64 @native(i64 {GETDENTS64}, i64 %number, i64 %buffer, i64 %room, i64 0, i64 0)
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %records, label %give
give:
  ret i64 %n
records:
  %from = phi i64 [ 0, %read ], [ %from.next, %on ]
  %to = phi i64 [ 0, %read ], [ %to.next, %on ]
  %left = icmp ult i64 %from, %n
  br i1 %left, label %record, label %end
record:
  %p = getelementptr i8, ptr %first, i64 %from
  %length.p = getelementptr i8, ptr %p, i64 16
  %length.half = load i16, ptr %length.p
  %length = zext i16 %length.half to i64
  %from.next = add i64 %from, %length
  %name = getelementptr i8, ptr %p, i64 19
  %text = call i1 @is_text(ptr %name)
  br i1 %text, label %keep, label %on
keep:
  %inode = load i64, ptr %p
  %shown = call i64 @show_inode(i64 %inode, i64 %device)
  store i64 %shown, ptr %p
  %after = add i64 %to, %length
  %moved = icmp ne i64 %from, %to
  br i1 %moved, label %move, label %on
move:
  %k = phi i64 [ 0, %keep ], [ %k.next, %move ]
  %source.at = add i64 %from, %k
  %target.at = add i64 %to, %k
  call void @copy(ptr %first, i64 %target.at, ptr %first, i64 %source.at)
  %k.next = add i64 %k, 8
  %more = icmp ult i64 %k.next, %length
  br i1 %more, label %move, label %on
on:
  %to.next = phi i64 [ %to, %record ], [ %after, %keep ], [ %after, %move ]
  br label %records
end:
  %nothing = icmp eq i64 %to, 0
  br i1 %nothing, label %read, label %done
done:
  ret i64 %to
slow:
  ret i64 {SLOW}
}}

define internal i64 @shim(i64 %number, ptr %args) #0 {{
entry:
  %a = load i64, ptr %args
  %b.p = getelementptr i64, ptr %args, i64 1
  %b = load i64, ptr %b.p
  %c.p = getelementptr i64, ptr %args, i64 2
  %c = load i64, ptr %c.p
  %d.p = getelementptr i64, ptr %args, i64 3
  %d = load i64, ptr %d.p
  %e.p = getelementptr i64, ptr %args, i64 4
  %e = load i64, ptr %e.p
  switch i64 %number, label %slow [
    i64 2, label %open
    i64 4, label %stat
    i64 5, label %fstat
    i64 6, label %lstat
    i64 21, label %access
    i64 89, label %readlink
    i64 217, label %getdents64
    i64 257, label %openat
    i64 262, label %newfstatat
    i64 267, label %readlinkat
    i64 269, label %faccessat
    i64 332, label %statx
    i64 439, label %faccessat2
  ]
open:
  %r.open = call i64 @do_open(i64 -100, i64 %a, i64 %b)
  br label %done
openat:
  %r.openat = call i64 @do_open(i64 %a, i64 %b, i64 %c)
  br label %done
stat:
  %r.stat = call i64 @do_stat(i64 -100, i64 %a, i64 0, i64 %b)
  br label %done
lstat:
  %r.lstat = call i64 @do_stat(i64 -100, i64 %a, i64 {NOFOLLOW}, i64 %b)
  br label %done
fstat:
  %r.fstat = call i64 @do_fstat(i64 %a, i64 %b)
  br label %done
newfstatat:
  %r.newfstatat = call i64 @do_stat(i64 %a, i64 %b, i64 %d, i64 %c)
  br label %done
statx:
  %r.statx = call i64 @do_statx(i64 %a, i64 %b, i64 %c, i64 %e)
  br label %done
access:
  %r.access = call i64 @do_access(i64 -100, i64 %a, i64 %b, i64 0)
  br label %done
faccessat:
  %r.faccessat = call i64 @do_access(i64 %a, i64 %b, i64 %c, i64 0)
  br label %done
faccessat2:
  %r.faccessat2 = call i64 @do_access(i64 %a, i64 %b, i64 %c, i64 %d)
  br label %done
readlink:
  %r.readlink = call i64 @do_readlink(i64 -100, i64 %a, i64 %b, i64 %c)
  br label %done
readlinkat:
  %r.readlinkat = call i64 @do_readlink(i64 %a, i64 %b, i64 %c, i64 %d)
  br label %done
getdents64:
  %r.getdents64 = call i64 @do_list(i64 %a, i64 %b, i64 %c)
  br label %done
done:
  %r = phi i64 [ %r.open, %open ], [ %r.openat, %openat ], [ %r.stat, %stat ], [ %r.lstat, %lstat ],
    [ %r.fstat, %fstat ], [ %r.newfstatat, %newfstatat ], [ %r.statx, %statx ], [ %r.access, %access ],
    [ %r.faccessat, %faccessat ], [ %r.faccessat2, %faccessat2 ], [ %r.readlink, %readlink ],
    [ %r.readlinkat, %readlinkat ], [ %r.getdents64, %getdents64 ]
  ret i64 %r
slow:
  ret i64 {SLOW}
}}
"""
