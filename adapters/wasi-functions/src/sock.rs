//! Socket functions. No socket is ever open.

preview1_memory::no_sockets!(crate::answer, crate::table::open);
