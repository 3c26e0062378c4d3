import host host.log (i32, ref? string) as (bool, string?)
import kernel fd_read (i64, ref array u8) -> i64
