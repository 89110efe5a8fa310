;; Logs what would take over a terminal, forge a line of the node's, or write from right to
;; left; and gives such a text as the reason of a refusal.
(module
  (import "skep:worker/node@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (data (i32.const 128)
    "\1b]0;owned\07\1b[2J\1b[31mred \c2\9b31m\n"
    "ERROR skep::node: the worker `neighbour` has failed\r"
    "over\08written \e2\80\aeleft \e2\80\a8new")
  ;; `reject`, and that text.
  (data (i32.const 64) "\01\00\00\00\01\00\00\00\80\00\00\00\6c\00\00\00")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (call $log (i32.const 2) (i32.const 128) (i32.const 108))
    i32.const 64))
