;; Told a client and a number of messages: tells the client when so many more have come.
(func (export "run") (local $client i64) (local $left i64)
  (loop $order
    (drop (call $next))
    (local.set $client (i64.load (i32.const 1024)))
    (local.set $left (i64.load (i32.const 1032)))
    (loop $message
      (drop (call $next))
      (local.set $left (i64.sub (local.get $left) (i64.const 1)))
      (br_if $message (i64.ne (local.get $left) (i64.const 0))))
    (call $send (local.get $client) (i32.const 1024) (i32.const 8))
    (br $order)))
