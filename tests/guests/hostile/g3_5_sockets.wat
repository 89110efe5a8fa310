;; Makes sockets until it is refused, and keeps them: every second one of TCP. It has no
;; grant for a network. Answers with the rounds that were left, in tens after `0`.
(module
  (import "wasi:sockets/tcp-create-socket@0.2.6" "create-tcp-socket"
    (func $tcp (param i32 i32)))
  (import "wasi:sockets/udp-create-socket@0.2.6" "create-udp-socket"
    (func $udp (param i32 i32)))
  (import "skep:worker/message@0.1.0" "reply" (func $reply (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 450))
    (loop $on
      (call $tcp (i32.const 0) (i32.const 64))
      (call $udp (i32.const 0) (i32.const 80))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $on (i32.and
        (i32.ne (local.get $left) (i32.const 0))
        (i32.eqz (i32.or (i32.load8_u (i32.const 64)) (i32.load8_u (i32.const 80)))))))
    ;; 450 left or fewer, in steps of ten: one character.
    (i32.store8 (i32.const 128)
      (i32.add (i32.const 48) (i32.div_u (local.get $left) (i32.const 10))))
    (call $reply (i32.const 128) (i32.const 1) (i32.const 96))
    i32.const 0))
