;; A worker called `timer`: at each message it sets itself a timer of 1 ms, and tells `app`.
(module
  (import "skep:worker/node@0.1.0" "send"
    (func $send (param i32 i32 i32 i32 i32)))
  (import "skep:worker/node@0.1.0" "send-after"
    (func $after (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  ;; Two routes of one stop each, and their names.
  (data (i32.const 16) "\20\00\00\00\05\00\00\00\28\00\00\00\03\00\00\00")
  (data (i32.const 32) "timer")
  (data (i32.const 40) "app")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (call $after (i32.const 1)
      (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))
    (call $send (i32.const 24) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 80))
    (if (i32.or (i32.load8_u (i32.const 64)) (i32.load8_u (i32.const 80))) (then unreachable))
    i32.const 0))
