;; A loop without a loop: two functions that call each other in place of themselves.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func $there (param i32 i32) (result i32)
    (return_call $back (local.get 0) (local.get 1)))
  (func $back (param i32 i32) (result i32)
    (return_call $there (local.get 0) (local.get 1)))
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (return_call $there (local.get 0) (local.get 1))))
