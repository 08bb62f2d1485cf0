(module (tag $e) (func $dead) (func $catches (export "f") try throw $e catch $e end))
