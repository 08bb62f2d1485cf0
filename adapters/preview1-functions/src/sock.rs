//! Functions on sockets, of which there are none.

preview1_memory::no_sockets!(crate::answer, crate::stdio::stream);
