;; Sends messages to `victim`, an echoer, and then waits for somebody who does not answer: all
;; the time there is no room for an echo, for its mailbox has one place.
(module
  (import "skep:worker/node@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32)))
  (import "skep:worker/node@0.1.0" "request" (func $request (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  ;; Routes of one stop: `victim` and `silent`; and what the latter is to do.
  (data (i32.const 16) "\20\00\00\00\06\00\00\00" "\28\00\00\00\06\00\00\00")
  (data (i32.const 32) "victim")
  (data (i32.const 40) "silent")
  (data (i32.const 48) "keep")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 20))
    (loop $on
      (call $send (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))
      (br_if $on (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (call $request
      (i32.const 24) (i32.const 1) (i32.const 48) (i32.const 4) (i32.const 30000) (i32.const 64))
    i32.const 0))
