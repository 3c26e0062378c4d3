global quiet: f64 = nan
func f() -> f32 {
  f32.const nan
  return
}
