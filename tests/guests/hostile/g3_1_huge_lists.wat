;; Hands the node more than it may: by the first byte of the message a payload beyond the end
;; of its memory (o), one of 60 MiB (s), a line to log of 60 MiB (l), a route of a million
;; stops (r), or one stop of 60 MiB (a).
(module
  (import "skep:worker/node@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32)))
  (import "skep:worker/node@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1000)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  ;; A route of one stop, `w`; and one of one stop of 60 MiB.
  (data (i32.const 16) "\20\00\00\00\01\00\00\00" "\00\00\01\00\00\00\c0\03")
  (data (i32.const 32) "w")
  (func (export "skep:worker/handler@0.1.0#handle") (param $at i32) (param i32) (result i32)
    (local $what i32)
    (local.set $what (i32.load8_u (local.get $at)))
    (if (i32.eq (local.get $what) (i32.const 111))
      (then (call $send
        (i32.const 16) (i32.const 1) (i32.const 1024) (i32.const 0xf0000000) (i32.const 64))))
    (if (i32.eq (local.get $what) (i32.const 115))
      (then (call $send
        (i32.const 16) (i32.const 1) (i32.const 65536) (i32.const 62914560) (i32.const 64))))
    (if (i32.eq (local.get $what) (i32.const 108))
      (then (call $log (i32.const 2) (i32.const 65536) (i32.const 62914560))))
    (if (i32.eq (local.get $what) (i32.const 114))
      (then (call $send
        (i32.const 65536) (i32.const 1000000) (i32.const 0) (i32.const 0) (i32.const 64))))
    (if (i32.eq (local.get $what) (i32.const 97))
      (then (call $send
        (i32.const 24) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))))
    i32.const 0))
