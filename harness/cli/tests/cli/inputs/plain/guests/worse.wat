(module (func (export "_start") oops))
