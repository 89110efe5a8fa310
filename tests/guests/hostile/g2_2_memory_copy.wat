;; Copies one half of 62 MiB to the other, for ever: few instructions, each of them long.
(module
  (memory (export "memory") 1000)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (loop $on
      (memory.copy (i32.const 0) (i32.const 32768000) (i32.const 32768000))
      (br $on))
    unreachable))
