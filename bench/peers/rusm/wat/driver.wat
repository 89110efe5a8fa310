;; Told a client, itself, an echo, a number of rounds and a size: sends the echo that many messages,
;; each after the answer to the one before, and tells the client when all are through.
(func (export "run")
  (local $client i64) (local $echo i64) (local $rounds i64) (local $size i32)
  (loop $order
    (drop (call $next))
    (local.set $client (i64.load (i32.const 1024)))
    (local.set $echo (i64.load (i32.const 1040)))
    (local.set $rounds (i64.load (i32.const 1048)))
    (local.set $size (i32.load (i32.const 1056)))
    (i64.store (i32.const 1024) (i64.load (i32.const 1032)))
    (loop $round
      (call $send (local.get $echo) (i32.const 1024) (local.get $size))
      (drop (call $next))
      (local.set $rounds (i64.sub (local.get $rounds) (i64.const 1)))
      (br_if $round (i64.ne (local.get $rounds) (i64.const 0))))
    (call $send (local.get $client) (i32.const 1024) (i32.const 8))
    (br $order)))
