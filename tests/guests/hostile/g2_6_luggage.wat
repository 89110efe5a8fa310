;; At each message starts workers that never run, each with a megabyte of arguments.
(module
  (import "skep:worker/node@0.1.0" "start-worker"
    (func $start (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 40)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (data (i32.const 16) "bare")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (local $left i32)
    (memory.fill (i32.const 65536) (i32.const 1) (i32.const 1000000))
    (local.set $left (i32.const 4))
    (loop $on
      (call $start (i32.const 16) (i32.const 4)
        (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 65536) (i32.const 1000000) (i32.const 32))
      (br_if $on (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    i32.const 0))
