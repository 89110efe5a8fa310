;; A component that imports what nobody offers, and something of WASI that is not granted.
(component
  (import "honey:jar/lid@1.0.0" (instance))
  (import "wasi:http/types@0.2.3" (instance))
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
