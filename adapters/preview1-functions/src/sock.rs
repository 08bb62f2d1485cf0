//! Socket functions. There are no sockets.

preview1_memory::no_sockets!(crate::answer, crate::stdio::stream);
