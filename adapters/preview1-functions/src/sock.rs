//! Socket functions. Sockets are not supported.

preview1_memory::no_sockets!(crate::answer, crate::stdio::stream);
