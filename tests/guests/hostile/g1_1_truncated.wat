;; A whole worker. It is given cut at every offset, the empty file included, and with
;; random bytes in its place; whole it is one. (No names in it: they would come last, and
;; could be missing.)
(module
  (import "skep:worker/message@0.1.0" "reply" (func (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (call 0 (local.get 0) (local.get 1) (i32.const 64))
    i32.const 0))
