class Mixed {
  field a: u8
  field b: ref? string
  field c: f64
}
