;; Prints without end and without an end of line, on both streams.
(module
  (import "wasi:cli/stdout@0.2.6" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/stderr@0.2.6" "get-stderr" (func $stderr (result i32)))
  (import "wasi:io/streams@0.2.6" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (local $out i32) (local $err i32)
    (local.set $out (call $stdout))
    (local.set $err (call $stderr))
    (memory.fill (i32.const 4096) (i32.const 120) (i32.const 4096))
    (loop $on
      (call $write (local.get $out) (i32.const 4096) (i32.const 4096) (i32.const 64))
      (call $write (local.get $err) (i32.const 4096) (i32.const 4096) (i32.const 64))
      (br $on))
    unreachable))
