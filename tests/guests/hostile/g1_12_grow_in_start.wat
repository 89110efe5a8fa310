;; Takes all memory there is before any of its functions is called.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func $first
    (local $page i32)
    (loop $on
      (local.set $page (memory.grow (i32.const 1)))
      (if (i32.eq (local.get $page) (i32.const -1)) (then unreachable))
      (i32.store8 (i32.shl (local.get $page) (i32.const 16)) (i32.const 1))
      (br $on)))
  (start $first)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) i32.const 0))
