func f(n: i32, text: ref? string) -> i64 {
  i64.const 1
  return
}
export f as (char, string?) -> u64
