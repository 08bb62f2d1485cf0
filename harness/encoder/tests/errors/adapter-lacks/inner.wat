(module (func (export "fd_write")) (func (export "fd_read")))
