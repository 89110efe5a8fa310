;; Leaves what is no result, by the first byte of the message: an unknown case (a), a pointer
;; to nowhere (b), a misaligned one (c), a text out of bounds (d), one of 3 GB (e), one that
;; is no UTF-8 (f), an unknown case of the failure (g).
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (data (i32.const 64) "\07")
  (data (i32.const 96) "\01\00\00\00" "\00\00\00\00" "\f7\ff\ff\ff" "\63\00\00\00")
  (data (i32.const 128) "\01\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\5e\d0\b2")
  (data (i32.const 160) "\01\00\00\00" "\01\00\00\00" "\e0\00\00\00" "\04\00\00\00")
  (data (i32.const 192) "\01\00\00\00" "\09\00\00\00" "\00\00\00\00" "\00\00\00\00")
  (data (i32.const 224) "\ff\ff\ff\ff")
  (data (i32.const 256)
    "\40\00\00\00" "\fc\ff\ff\ff" "\41\00\00\00" "\60\00\00\00" "\80\00\00\00"
    "\a0\00\00\00" "\c0\00\00\00")
  (func (export "skep:worker/handler@0.1.0#handle") (param $at i32) (param i32) (result i32)
    (i32.load offset=256
      (i32.shl (i32.sub (i32.load8_u (local.get $at)) (i32.const 97)) (i32.const 2)))))
