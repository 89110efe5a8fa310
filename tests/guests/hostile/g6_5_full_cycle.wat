;; One of two workers that answer each message of the other with two: both mailboxes are
;; full, always. Who the other is stands in its configuration.
(module
  (import "skep:worker/node@0.1.0" "config" (func $config (param i32 i32 i32)))
  (import "skep:worker/node@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (data (i32.const 16) "peer")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    ;; An option of a text: behind its first word lies a route of one stop.
    (call $config (i32.const 16) (i32.const 4) (i32.const 32))
    (call $send (i32.const 36) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))
    (call $send (i32.const 36) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))
    i32.const 0))
