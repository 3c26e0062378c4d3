final class Node extends Object {
  const value: i64
  field next: ref? Node
}

func main() -> i64 {
  .line nulls.peb 25:17
    i64.const 1
    i64.const 2
    ref.null
  .line 25:25
    object.new Node
  .line 25:17
    object.new Node
  .line 25:13
    call sum
    object.new Box<Int>
  .line 25:5
    call println
  .line 26:18
    string.const "a"
  .line 26:13
    call show
    i64.const 1
  .line 26:30
    object.new Box<Int>
  .line 26:25
    call show
    ref.null
  .line 26:35
    call show
  .line 26:13
    call.runtime string.concat3
  .line 26:5
    call println
  .line 27:18
    ref.null
  .line 27:13
    call size
    object.new Box<Int>
  .line 27:5
    call println
    i64.const 0
    return
}

func sum(list: ref? Node) -> i64 {
  .local total: i64
  .local node: ref? Node
  .local ref Node
  .line nulls.peb 6:17
    i64.const 0
    local.set total
  .line 7:16
    local.get list
    local.set node
@L0:
  .line 8:5
    local.get node
    branch.null @L1
    local.set #3
  .line 9:9
    local.get total
    local.get #3
    field.get Node.value
    i64.add_checked_s
    local.set total
  .line 10:16
    local.get #3
    field.get Node.next
    local.set node
    jump @L0
@L1:
  .line 12:5
    local.get total
    return
}

func show(value: ref? any) -> ref string {
  .local ref any
  .local ref string
  .local ref Box<Int>
  .line nulls.peb 16:5
    local.get value
    branch.null @L0
    local.set #1
    jump @L1
@L0:
  .line 16:24
    string.const "nothing"
    return
@L1:
  .line 17:8
    local.get #1
    branch.instance @L2 ref string
    ref.drop
    jump @L3
@L2 [| ref string]:
    local.set #2
  .line 17:33
    local.get #2
    return
@L3:
  .line 18:8
    local.get #1
    branch.instance @L4 ref Box<Int>
    ref.drop
    jump @L5
@L4 [| ref Box<Int>]:
    local.set #3
  .line 18:33
    local.get #3
    field.get Box<Int>.value
    i64.const 1
    i64.add_checked_s
    call.runtime string.from_i64
    return
@L5:
  .line 19:5
    string.const "?"
    return
}

func size(text: ref? string) -> i64 {
  .local ref string
  .local ref? Box<Int>
  .local ref Box<Int>
  .line nulls.peb 22:34
    local.get text
    branch.null @L0
    local.set #1
    jump @L1
@L0:
    ref.null
    jump @L2
@L1:
    local.get #1
    string.size
    object.new Box<Int>
@L2 [| ref? Box<Int>]:
    local.set #2
    local.get #2
    branch.null @L3
    local.set #3
    jump @L4
@L3:
    i64.const -1
    jump @L5
@L4:
    local.get #3
    field.get Box<Int>.value
@L5 [i64]:
    return
}
