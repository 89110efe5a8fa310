;; Asks its node small things for ever: each call costs the node more than the guest. By the
;; first byte of the message: its own address (a), a setting (c), or to send to nobody (s).
(module
  (import "skep:worker/node@0.1.0" "own-address" (func $own (param i32)))
  (import "skep:worker/node@0.1.0" "config" (func $config (param i32 i32 i32)))
  (import "skep:worker/node@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  ;; A route of one stop, `nobody`.
  (data (i32.const 16) "\20\00\00\00\06\00\00\00")
  (data (i32.const 32) "nobody")
  (func (export "skep:worker/handler@0.1.0#handle") (param $at i32) (param i32) (result i32)
    (local $what i32)
    (local.set $what (i32.load8_u (local.get $at)))
    (loop $on
      (if (i32.eq (local.get $what) (i32.const 97)) (then (call $own (i32.const 64))))
      (if (i32.eq (local.get $what) (i32.const 99))
        (then (call $config (i32.const 32) (i32.const 1) (i32.const 64))))
      (if (i32.eq (local.get $what) (i32.const 115))
        (then (call $send
          (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))))
      (br $on))
    unreachable))
