;; Logs bytes that are no text.
(module
  (import "skep:worker/node@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (data (i32.const 128) "\ff\fe\80\c0\af")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (call $log (i32.const 2) (i32.const 128) (i32.const 5))
    i32.const 0))
