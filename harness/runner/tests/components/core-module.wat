;; Not a component.
(module)
