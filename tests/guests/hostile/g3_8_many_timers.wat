;; Asks for timers of an hour with 64 KiB each, every other one for itself and for somebody
;; else: 100 of them at a message that begins with `f`, else 20,000. Logs how many it got, as
;; one character so far after `0`.
(module
  (import "skep:worker/node@0.1.0" "send-after"
    (func $after (param i32 i32 i32 i32 i32 i32)))
  (import "skep:worker/node@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 4)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  ;; Routes of one stop: `w` and `neighbour`.
  (data (i32.const 16) "\20\00\00\00\01\00\00\00" "\28\00\00\00\09\00\00\00")
  (data (i32.const 32) "w")
  (data (i32.const 40) "neighbour")
  (global $got (mut i32) (i32.const 0))
  (func $set (param $route i32)
    (call $after (i32.const 3600000)
      (local.get $route) (i32.const 1) (i32.const 65536) (i32.const 65536) (i32.const 64))
    (if (i32.eqz (i32.load8_u (i32.const 64)))
      (then (global.set $got (i32.add (global.get $got) (i32.const 1))))))
  (func (export "skep:worker/handler@0.1.0#handle") (param $at i32) (param i32) (result i32)
    (local $left i32)
    (global.set $got (i32.const 0))
    (local.set $left
      (select (i32.const 50) (i32.const 10000)
        (i32.eq (i32.load8_u (local.get $at)) (i32.const 102))))
    (loop $on
      (call $set (i32.const 16))
      (call $set (i32.const 24))
      (br_if $on (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.store8 (i32.const 128) (i32.add (i32.const 48) (global.get $got)))
    (call $log (i32.const 2) (i32.const 128) (i32.const 1))
    i32.const 0))
