;; Eight memories, each far below the limit, that grow in turn and are written to; together
;; they meet it.
(module
  (memory (export "memory") 1)
  (memory $a 1) (memory $b 1) (memory $c 1) (memory $d 1)
  (memory $e 1) (memory $f 1) (memory $g 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func $ok (param $page i32)
    (if (i32.eq (local.get $page) (i32.const -1)) (then unreachable)))
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (loop $on
      (call $ok (memory.grow $a (i32.const 16)))
      (call $ok (memory.grow $b (i32.const 16)))
      (call $ok (memory.grow $c (i32.const 16)))
      (call $ok (memory.grow $d (i32.const 16)))
      (call $ok (memory.grow $e (i32.const 16)))
      (call $ok (memory.grow $f (i32.const 16)))
      (call $ok (memory.grow $g (i32.const 16)))
      (memory.fill $a (i32.const 0) (i32.const 1) (i32.shl (memory.size $a) (i32.const 16)))
      (br $on))
    unreachable))
