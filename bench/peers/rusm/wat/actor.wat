;; The frame around a guest that sends and receives: its functions take the place of the word GUEST.
;; A message received lies at address 1024 and may be as long as the rest of the 64 KiB.
(component
  (import "rusm:runtime/actor@0.1.0" (instance $actor
    (export "send" (func (param "to" u64) (param "message" (list u8))))
    (export "receive" (func (result (list u8))))))
  (core module $room
    (memory (export "memory") 1)
    (func (export "place") (param i32 i32 i32 i32) (result i32) i32.const 1024))
  (core instance $room (instantiate $room))
  (core func $send (canon lower (func $actor "send") (memory (core memory $room "memory"))))
  (core func $receive (canon lower (func $actor "receive")
    (memory (core memory $room "memory")) (realloc (core func $room "place"))))
  (core module $guest
    (import "actor" "send" (func $send (param $to i64) (param $at i32) (param $length i32)))
    (import "actor" "receive" (func $receive (param $list i32)))
    (import "room" "memory" (memory 1))
    ;; Waits for a message and returns its length.
    (func $next (result i32)
      (call $receive (i32.const 0))
      (i32.load (i32.const 4)))
    GUEST)
  (core instance $guest (instantiate $guest
    (with "actor" (instance (export "send" (func $send)) (export "receive" (func $receive))))
    (with "room" (instance $room))))
  (func (export "run") (canon lift (core func $guest "run"))))
