;; Answers with its input. It takes it into its own memory first and sets the answer out from there,
;; eight bytes a call and then one, as Extism's kits for plugins do.
(module
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u64" (func $input_word (param i64) (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_byte (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store_word (param i64 i64)))
  (import "extism:host/env" "store_u8" (func $store_byte (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "run") (result i32)
    (local $length i64) (local $words i64) (local $at i64) (local $answer i64)
    (local.set $length (call $input_length))
    (local.set $words (i64.and (local.get $length) (i64.const -8)))
    (block $taken
      (loop $word
        (br_if $taken (i64.ge_u (local.get $at) (local.get $words)))
        (i64.store (i32.wrap_i64 (local.get $at)) (call $input_word (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 8)))
        (br $word)))
    (block $taken
      (loop $byte
        (br_if $taken (i64.ge_u (local.get $at) (local.get $length)))
        (i32.store8 (i32.wrap_i64 (local.get $at)) (call $input_byte (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $byte)))
    (local.set $answer (call $alloc (local.get $length)))
    (local.set $at (i64.const 0))
    (block $set
      (loop $word
        (br_if $set (i64.ge_u (local.get $at) (local.get $words)))
        (call $store_word (i64.add (local.get $answer) (local.get $at))
          (i64.load (i32.wrap_i64 (local.get $at))))
        (local.set $at (i64.add (local.get $at) (i64.const 8)))
        (br $word)))
    (block $set
      (loop $byte
        (br_if $set (i64.ge_u (local.get $at) (local.get $length)))
        (call $store_byte (i64.add (local.get $answer) (local.get $at))
          (i32.load8_u (i32.wrap_i64 (local.get $at))))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $byte)))
    (call $output_set (local.get $answer) (local.get $length))
    (i32.const 0)))
