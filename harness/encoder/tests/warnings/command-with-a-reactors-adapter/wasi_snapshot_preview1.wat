(module (func (export "proc_exit") (param i32)))
