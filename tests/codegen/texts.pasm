func main() -> i64 {
  .line texts.peb 7:13
    string.const "Ann"
    i64.const 30
    ref.null
    call describe
  .line 7:5
    call println
    i64.const 0
    return
}

func describe(name: ref string, age: i64, city: ref? string) -> ref string {
  .local ref string
    string.const "name: "
    local.get name
    string.const ", "
    string.const "age: "
    local.get age
  .line texts.peb 4:33
    call.runtime string.from_i64
    string.const ", from "
  .line 4:25
    call.runtime string.concat
    local.get city
    branch.null @L0
    local.set #3
    jump @L1
@L0 [| ref string, ref string, ref string, ref string, ref string]:
    string.const "nowhere"
    jump @L2
@L1 [| ref string, ref string, ref string, ref string, ref string]:
    local.get #3
@L2 [| ref string, ref string, ref string, ref string, ref string, ref string]:
    string.const "."
    call.runtime string.concat
    call.runtime string.concat3
  .line 4:5
    call.runtime string.concat
    call.runtime string.concat3
    return
}
