;; Makes a table larger until the node refuses, and then asks for the largest there is.
(module
  (memory (export "memory") 1)
  (table $table 1 funcref)
  (elem declare func $first)
  (func $first)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (loop $on
      (br_if $on (i32.ne (i32.const -1)
        (table.grow $table (ref.func $first) (i32.const 100000)))))
    (drop (table.grow $table (ref.null func) (i32.const 0xffffffff)))
    unreachable))
