;; A component whose instances multiply: each part has two of the one before, 2^10 at the end.
(component
  (component $c0 (core module $m) (core instance (instantiate $m)))
  (component $c1 (alias outer 1 $c0 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c2 (alias outer 1 $c1 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c3 (alias outer 1 $c2 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c4 (alias outer 1 $c3 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c5 (alias outer 1 $c4 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c6 (alias outer 1 $c5 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c7 (alias outer 1 $c6 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c8 (alias outer 1 $c7 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c9 (alias outer 1 $c8 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (component $c10 (alias outer 1 $c9 (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))
  (instance (instantiate $c10)))
