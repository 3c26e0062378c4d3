"""What the shim says of the state of files: stat and its kin, access."""

TEXT = """
define internal i64 @show_inode(i64 %inode, i64 %device) #0 {{
  %key.at = inttoptr i64 {TABLE} to ptr
  %key.p = getelementptr i8, ptr %key.at, i64 8
  %key = load i64, ptr %key.p
  %a = mul i64 %inode, {MIX_INODE}
  %b = mul i64 %device, {MIX_DEVICE}
  %c = add i64 %a, %b
  %d = add i64 %c, %key
  %e = lshr i64 %d, 32
  %f = xor i64 %d, %e
  %g = mul i64 %f, {MIX_LAST}
  %h = lshr i64 %g, 32
  %i = xor i64 %g, %h
  %j = lshr i64 %i, 1
  ret i64 %j
}}

; The device of a host file as one number, as stat gives it.
define internal i64 @host_device(ptr %st) #0 {{
  %major.p = getelementptr i8, ptr %st, i64 {X_MAJOR}
  %major = load i32, ptr %major.p
  %minor.p = getelementptr i8, ptr %st, i64 {X_MINOR}
  %minor = load i32, ptr %minor.p
  %minor.low = and i32 %minor, 255
  %minor.high = and i32 %minor, -256
  %a = shl i32 %major, 8
  %b = shl i32 %minor.high, 12
  %c = or i32 %a, %minor.low
  %d = or i32 %c, %b
  %e = zext i32 %d to i64
  ret i64 %e
}}

; The state of a file, and the entry of its mount.
define internal i64 @look(i64 %dir, i64 %path, i64 %flags, ptr %st, ptr %place) #0 {{
entry:
  %st.at = ptrtoint ptr %st to i64
  %entry.p = getelementptr i8, ptr %place, i64 {P_ENTRY}
  %flags.low = trunc i64 %flags to i32
  %odd = and i32 %flags.low, {NOT_LOOK_FLAGS}
  %is.odd = icmp ne i32 %odd, 0
  br i1 %is.odd, label %slow, label %usual
usual:
  %empty.bit = and i32 %flags.low, {EMPTY_PATH}
  %may.be.empty = icmp ne i32 %empty.bit, 0
  br i1 %may.be.empty, label %peek, label %named
peek:                                   ; the host's kernel finds out whether the path can be read
  %dir.low = trunc i64 %dir to i32
  %dir.fd = sext i32 %dir.low to i64
  %negative = icmp slt i32 %dir.low, 0
  br i1 %negative, label %slow, label %try
try:
  %r.try = call i64 @native(i64 {STATX}, i64 %dir.fd, i64 %path, i64 {EMPTY_KEEP}, i64 {STATX_MASK}, i64 %st.at)
  %ok = icmp eq i64 %r.try, 0
  br i1 %ok, label %first, label %slow
first:
  %path.p = inttoptr i64 %path to ptr
  %c = load i8, ptr %path.p
  %is.empty = icmp eq i8 %c, 0
  br i1 %is.empty, label %identify, label %named
named:
  %rest = call i64 @locate(i64 %dir, i64 %path, ptr %place)
  %is.ours = icmp ne i64 %rest, 0
  br i1 %is.ours, label %ours, label %slow
ours:
  %fd = load i64, ptr %place
  %simple.p = getelementptr i8, ptr %place, i64 {P_SIMPLE}
  %simple = load i64, ptr %simple.p
  %keep.bit = and i32 %flags.low, {NOFOLLOW}
  %keep = icmp ne i32 %keep.bit, 0
  %is.simple = icmp eq i64 %simple, 1
  br i1 %is.simple, label %single, label %walk
single:
  %r.single = call i64 @native(i64 {STATX}, i64 %fd, i64 %rest, i64 {NOFOLLOW}, i64 {STATX_MASK}, i64 %st.at)
  %bad.single = icmp ne i64 %r.single, 0
  br i1 %bad.single, label %error, label %kind
kind:
  %mode.p = getelementptr i8, ptr %st, i64 {X_MODE}
  %mode = load i16, ptr %mode.p
  %form = and i16 %mode, {FORMAT}
  %is.link = icmp eq i16 %form, {LINK}
  %lead = xor i1 %keep, true
  %follow = and i1 %is.link, %lead
  br i1 %follow, label %walk, label %identify
walk:
  %keep.flag = select i1 %keep, i64 {O_NOFOLLOW}, i64 0
  %how = or i64 %keep.flag, {LOOKING}
  %found = call i64 @open_beneath(i64 %fd, i64 %rest, i64 %how)
  %bad.walk = icmp slt i64 %found, 0
  br i1 %bad.walk, label %error, label %state
state:
  %r.state = call i64 @native(i64 {STATX}, i64 %found, i64 {EMPTY}, i64 {EMPTY_PATH}, i64 {STATX_MASK}, i64 %st.at)
  %closed = call i64 @native(i64 {CLOSE}, i64 %found, i64 0, i64 0, i64 0, i64 0)
  %good = icmp eq i64 %r.state, 0
  br i1 %good, label %identify, label %slow
identify:
  %id.p = getelementptr i8, ptr %st, i64 {X_MOUNT}
  %id = load i64, ptr %id.p
  %mount = call ptr @mount(i64 %id)
  store ptr %mount, ptr %entry.p
  %unknown = icmp eq ptr %mount, null
  br i1 %unknown, label %slow, label %below
below:
  %as.below = call i1 @is_as_below(ptr %st)
  br i1 %as.below, label %done, label %slow
done:
  ret i64 0
error:
  %e = phi i64 [ %r.single, %single ], [ %found, %walk ]
  %answer = call i64 @failed(i64 %e, ptr %place)
  ret i64 %answer
slow:
  ret i64 {SLOW}
}}

; Change the state of a host file into what a guest may know of it.
define internal void @show(ptr %st, ptr %place) #0 {{
entry:
  %row.p = getelementptr i8, ptr %place, i64 {P_ENTRY}
  %row = load ptr, ptr %row.p
  %device.p = getelementptr i8, ptr %row, i64 8
  %device = load i64, ptr %device.p
  %mode.p = getelementptr i8, ptr %st, i64 {X_MODE}
  %mode = load i16, ptr %mode.p
  %form = and i16 %mode, {FORMAT}
  %plain = and i16 %mode, -3585           ; without set-uid, set-gid, sticky
  store i16 %plain, ptr %mode.p
  %is.directory = icmp eq i16 %form, {DIRECTORY}
  %is.regular = icmp eq i16 %form, {REGULAR}
  %is.link = icmp eq i16 %form, {LINK}
  %sized = or i1 %is.regular, %is.link
  %links.p = getelementptr i8, ptr %st, i64 {X_LINKS}
  %links = load i32, ptr %links.p
  %links.shown = select i1 %is.directory, i32 1, i32 %links
  store i32 %links.shown, ptr %links.p
  %size.p = getelementptr i8, ptr %st, i64 {X_SIZE}
  %size = load i64, ptr %size.p
  %size.shown = select i1 %sized, i64 %size, i64 0
  store i64 %size.shown, ptr %size.p
  %rounded = add i64 %size.shown, 511
  %blocks = lshr i64 %rounded, 9
  %blocks.p = getelementptr i8, ptr %st, i64 {X_BLOCKS}
  store i64 %blocks, ptr %blocks.p
  %host = call i64 @host_device(ptr %st)
  %inode.p = getelementptr i8, ptr %st, i64 {X_INODE}
  %inode = load i64, ptr %inode.p
  %inode.shown = call i64 @show_inode(i64 %inode, i64 %host)
  store i64 %inode.shown, ptr %inode.p
  %mask.p = getelementptr i8, ptr %st, i64 {X_MASK}
  store i32 2047, ptr %mask.p
  %block.p = getelementptr i8, ptr %st, i64 {X_BLOCK}
  store i32 4096, ptr %block.p
  %attributes.p = getelementptr i8, ptr %st, i64 {X_ATTRIBUTES}
  store i64 0, ptr %attributes.p
  %supported.p = getelementptr i8, ptr %st, i64 56
  store i64 0, ptr %supported.p
  %user.p = getelementptr i8, ptr %st, i64 {X_USER}
  store i64 0, ptr %user.p, align 4
  %modified.p = getelementptr i8, ptr %st, i64 {X_MODIFIED}
  %modified = load i64, ptr %modified.p
  %modified.n.p = getelementptr i8, ptr %modified.p, i64 8
  %modified.n = load i64, ptr %modified.n.p
  %accessed.p = getelementptr i8, ptr %st, i64 {X_ACCESSED}
  store i64 %modified, ptr %accessed.p
  %accessed.n.p = getelementptr i8, ptr %accessed.p, i64 8
  store i64 %modified.n, ptr %accessed.n.p
  %born.p = getelementptr i8, ptr %st, i64 {X_BORN}
  store i64 0, ptr %born.p
  %born.n.p = getelementptr i8, ptr %born.p, i64 8
  store i64 0, ptr %born.n.p
  %rdev.p = getelementptr i8, ptr %st, i64 {X_RDEV}
  store i64 0, ptr %rdev.p
  %major.p = getelementptr i8, ptr %st, i64 {X_MAJOR}
  store i32 0, ptr %major.p
  %minor.p = getelementptr i8, ptr %st, i64 {X_MINOR}
  %device.low = trunc i64 %device to i32
  store i32 %device.low, ptr %minor.p
  br label %clear
clear:
  %at = phi i64 [ {X_MOUNT}, %entry ], [ %at.next, %clear ]
  %at.p = getelementptr i8, ptr %st, i64 %at
  store volatile i64 0, ptr %at.p
  %at.next = add i64 %at, 8
  %more = icmp ult i64 %at.next, {STATX_SIZE}
  br i1 %more, label %clear, label %done
done:
  ret void
}}

define internal void @copy(ptr %to, i64 %to.at, ptr %from, i64 %from.at) #1 {{
  %source = getelementptr i8, ptr %from, i64 %from.at
  %target = getelementptr i8, ptr %to, i64 %to.at
  %word = load i64, ptr %source
  store volatile i64 %word, ptr %target
  ret void
}}

define internal void @copy_time(ptr %to, i64 %to.at, ptr %from, i64 %from.at) #0 {{
  call void @copy(ptr %to, i64 %to.at, ptr %from, i64 %from.at)
  %from.n = add i64 %from.at, 8
  %source = getelementptr i8, ptr %from, i64 %from.n
  %nanoseconds = load i32, ptr %source
  %word = zext i32 %nanoseconds to i64
  %to.n = add i64 %to.at, 8
  %target = getelementptr i8, ptr %to, i64 %to.n
  store i64 %word, ptr %target
  ret void
}}

; Fill a ``struct stat``.
define internal i64 @give_stat(i64 %buffer, ptr %st, ptr %place) #0 {{
entry:
  %fits = call i1 @fits(i64 %buffer, i64 {STAT_SIZE}, ptr %st)
  br i1 %fits, label %fill, label %slow
fill:
  call void @show(ptr %st, ptr %place)
  %to = inttoptr i64 %buffer to ptr
  %minor.p = getelementptr i8, ptr %st, i64 {X_MINOR}
  %minor = load i32, ptr %minor.p
  %device = zext i32 %minor to i64
  store i64 %device, ptr %to
  call void @copy(ptr %to, i64 8, ptr %st, i64 {X_INODE})
  %links.p = getelementptr i8, ptr %st, i64 {X_LINKS}
  %links = load i32, ptr %links.p
  %links.word = zext i32 %links to i64
  %to.links = getelementptr i8, ptr %to, i64 16
  store i64 %links.word, ptr %to.links
  %mode.p = getelementptr i8, ptr %st, i64 {X_MODE}
  %mode = load i16, ptr %mode.p
  %mode.word = zext i16 %mode to i64
  %to.mode = getelementptr i8, ptr %to, i64 24
  store i64 %mode.word, ptr %to.mode
  %to.group = getelementptr i8, ptr %to, i64 32
  store i64 0, ptr %to.group
  %to.rdev = getelementptr i8, ptr %to, i64 40
  store i64 0, ptr %to.rdev
  call void @copy(ptr %to, i64 48, ptr %st, i64 {X_SIZE})
  %to.block = getelementptr i8, ptr %to, i64 56
  store i64 4096, ptr %to.block
  call void @copy(ptr %to, i64 64, ptr %st, i64 {X_BLOCKS})
  call void @copy_time(ptr %to, i64 72, ptr %st, i64 {X_ACCESSED})
  call void @copy_time(ptr %to, i64 88, ptr %st, i64 {X_MODIFIED})
  call void @copy_time(ptr %to, i64 104, ptr %st, i64 {X_CHANGED})
  %to.spare = getelementptr i8, ptr %to, i64 120
  store i64 0, ptr %to.spare
  %to.spare.1 = getelementptr i8, ptr %to, i64 128
  store i64 0, ptr %to.spare.1
  %to.spare.2 = getelementptr i8, ptr %to, i64 136
  store i64 0, ptr %to.spare.2
  ret i64 0
slow:
  ret i64 {SLOW}
}}

; stat, lstat, newfstatat
define internal i64 @do_stat(i64 %dir, i64 %path, i64 %flags, i64 %buffer) #0 {{
entry:
  %st = alloca [{STATX_SIZE} x i8], align 8
  %place = alloca [4 x i64], align 8
  %r = call i64 @look(i64 %dir, i64 %path, i64 %flags, ptr %st, ptr %place)
  %ok = icmp eq i64 %r, 0
  br i1 %ok, label %give, label %end
give:
  %r.give = call i64 @give_stat(i64 %buffer, ptr %st, ptr %place)
  ret i64 %r.give
end:
  ret i64 %r
}}

define internal i64 @do_fstat(i64 %fd, i64 %buffer) #0 {{
  %st = alloca [{STATX_SIZE} x i8], align 8
  %place = alloca [4 x i64], align 8
  %low = trunc i64 %fd to i32
  %number = sext i32 %low to i64
  %entry = call ptr @look_open(i64 %number, ptr %st)
  %entry.p = getelementptr i8, ptr %place, i64 {P_ENTRY}
  store ptr %entry, ptr %entry.p
  %unknown = icmp eq ptr %entry, null
  br i1 %unknown, label %slow, label %below
below:
  %as.below = call i1 @is_as_below(ptr %st)
  br i1 %as.below, label %give, label %slow
give:
  %r.give = call i64 @give_stat(i64 %buffer, ptr %st, ptr %place)
  ret i64 %r.give
slow:
  ret i64 {SLOW}
}}

define internal i64 @do_statx(i64 %dir, i64 %path, i64 %flags, i64 %buffer) #0 {{
entry:
  %st = alloca [{STATX_SIZE} x i8], align 8
  %place = alloca [4 x i64], align 8
  %r = call i64 @look(i64 %dir, i64 %path, i64 %flags, ptr %st, ptr %place)
  %ok = icmp eq i64 %r, 0
  br i1 %ok, label %room, label %end
room:
  %fits = call i1 @fits(i64 %buffer, i64 {STATX_SIZE}, ptr %st)
  br i1 %fits, label %fill, label %slow
fill:
  call void @show(ptr %st, ptr %place)
  %to = inttoptr i64 %buffer to ptr
  br label %move
move:
  %at = phi i64 [ 0, %fill ], [ %at.next, %move ]
  call void @copy(ptr %to, i64 %at, ptr %st, i64 %at)
  %at.next = add i64 %at, 8
  %more = icmp ult i64 %at.next, {STATX_SIZE}
  br i1 %more, label %move, label %done
done:
  ret i64 0
end:
  ret i64 %r
slow:
  ret i64 {SLOW}
}}

; access: everything can be read, what is written to is not ours, executing needs a bit.
define internal i64 @do_access(i64 %dir, i64 %path, i64 %wanted, i64 %flags) #0 {{
entry:
  %st = alloca [{STATX_SIZE} x i8], align 8
  %place = alloca [4 x i64], align 8
  %writes = and i64 %wanted, 4294967290
  %no = icmp ne i64 %writes, 0
  br i1 %no, label %slow, label %find
find:
  %plain = and i64 %flags, -513
  %r = call i64 @look(i64 %dir, i64 %path, i64 %plain, ptr %st, ptr %place)
  %ok = icmp eq i64 %r, 0
  br i1 %ok, label %rights, label %end
rights:
  %execute = and i64 %wanted, 1
  %harmless = icmp eq i64 %execute, 0
  br i1 %harmless, label %yes, label %bits
bits:
  %mode.p = getelementptr i8, ptr %st, i64 {X_MODE}
  %mode = load i16, ptr %mode.p
  %form = and i16 %mode, {FORMAT}
  %is.directory = icmp eq i16 %form, {DIRECTORY}
  %x = and i16 %mode, 73
  %has.x = icmp ne i16 %x, 0
  %may = or i1 %is.directory, %has.x
  br i1 %may, label %yes, label %slow
yes:
  ret i64 0
end:
  ret i64 %r
slow:
  ret i64 {SLOW}
}}
"""
