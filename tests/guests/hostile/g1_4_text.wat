;; WebAssembly in text, given as it stands here.
(module
  (memory (export "memory") 1)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) i32.const 0))
