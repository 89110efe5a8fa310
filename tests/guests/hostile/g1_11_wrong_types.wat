;; A component whose `handle` returns another type than the contract says.
(component
  (core module $code
    (memory (export "memory") 1)
    (func (export "handle") (param i32 i32) (result i32) i32.const 0)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16))
  (core instance $core (instantiate $code))
  (alias core export $core "memory" (core memory $memory))
  (func $handle (param "payload" (list u8)) (result (result))
    (canon lift (core func $core "handle") (memory $memory)
      (realloc (core func $core "realloc"))))
  (instance $handler (export "handle" (func $handle)))
  (export "skep:worker/handler@0.1.0" (instance $handler)))
