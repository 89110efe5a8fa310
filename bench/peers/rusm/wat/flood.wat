;; Told a sink, a number of messages and a size: sends them all, waiting for nothing.
(func (export "run") (local $sink i64) (local $left i64) (local $size i32)
  (loop $order
    (drop (call $next))
    (local.set $sink (i64.load (i32.const 1024)))
    (local.set $left (i64.load (i32.const 1032)))
    (local.set $size (i32.load (i32.const 1040)))
    (loop $message
      (call $send (local.get $sink) (i32.const 1024) (local.get $size))
      (local.set $left (i64.sub (local.get $left) (i64.const 1)))
      (br_if $message (i64.ne (local.get $left) (i64.const 0))))
    (br $order)))
