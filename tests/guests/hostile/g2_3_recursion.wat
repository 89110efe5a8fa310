;; Calls itself until the stack is at its end.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func $down (param $depth i32) (result i32)
    (i32.add (call $down (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (call $down (i32.const 0))))
