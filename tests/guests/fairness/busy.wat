;; An honest busy worker: each of its handlers is short, and it always has mail.
;;
;; Its payload says how: turns to spin (u32), times to ask for 4,096 random bytes
;; (u32), and the name of the worker to send the same payload to.
(module
  (import "skep:worker/node@0.1.0" "send"
    (func $send (param i32 i32 i32 i32 i32)))
  (import "skep:worker/node@0.1.0" "random-bytes" (func $random (param i32 i32)))
  (memory (export "memory") 1)
  ;; Where the node puts the next list.
  (global $room (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) global.get $room)

  (func $spin (param $turns i32)
    (loop $on
      (if (local.get $turns)
        (then
          (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
          (br $on)))))

  (func $ask (param $times i32)
    (loop $on
      (if (local.get $times)
        (then
          (call $random (i32.const 4096) (i32.const 64))
          (local.set $times (i32.sub (local.get $times) (i32.const 1)))
          (br $on)))))

  (func (export "skep:worker/handler@0.1.0#handle")
    (param $at i32) (param $length i32) (result i32)
    (call $spin (i32.load (local.get $at)))
    ;; The payload stays where it is.
    (global.set $room (i32.const 32768))
    (call $ask (i32.load offset=4 (local.get $at)))
    (global.set $room (i32.const 1024))
    ;; A route of one stop: the rest of the payload.
    (i32.store (i32.const 16) (i32.add (local.get $at) (i32.const 8)))
    (i32.store (i32.const 20) (i32.sub (local.get $length) (i32.const 8)))
    (call $send
      (i32.const 16) (i32.const 1) (local.get $at) (local.get $length) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then unreachable))
    ;; `ok` lies at address 0.
    i32.const 0))
