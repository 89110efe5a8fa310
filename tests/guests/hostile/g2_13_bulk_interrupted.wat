;; Counts its messages; at those that begin with `f` it fills 62 MiB for ever, so that it is
;; interrupted between two such instructions. At others it tells the count.
(module
  (import "skep:worker/message@0.1.0" "reply" (func $reply (param i32 i32 i32)))
  (memory (export "memory") 1000)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (data (i32.const 16) "0")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (i32.store8 (i32.const 16) (i32.add (i32.load8_u (i32.const 16)) (i32.const 1)))
    (if (i32.eq (i32.load8_u (local.get 0)) (i32.const 102))
      (then
        (loop $on
          (memory.fill (i32.const 65536) (i32.const 7) (i32.const 65000000))
          (br $on))))
    (call $reply (i32.const 16) (i32.const 1) (i32.const 64))
    i32.const 0))
