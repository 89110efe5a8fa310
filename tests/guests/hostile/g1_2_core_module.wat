;; A core module that is no worker's.
(module (func (export "run")))
