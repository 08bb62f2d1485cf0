//! Socket functions of an adapter without sockets.

/// Exports the socket functions. `$answer` wraps each body; `$open` returns true for an open descriptor, which is never a socket.
#[macro_export]
macro_rules! no_sockets {
    ($answer:path, $open:path) => {
        /// Fails: sockets are not supported.
        #[unsafe(no_mangle)]
        pub extern "C" fn sock_accept(fd: u32, _flags: u32, _accepted: $crate::memory::Address) -> $crate::abi::Errno {
            on(fd)
        }

        /// Fails: sockets are not supported.
        #[unsafe(no_mangle)]
        pub extern "C" fn sock_recv(
            fd: u32,
            _buffers: $crate::memory::Address,
            _len: u32,
            _flags: u32,
            _received: $crate::memory::Address,
            _received_flags: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            on(fd)
        }

        /// Fails: sockets are not supported.
        #[unsafe(no_mangle)]
        pub extern "C" fn sock_send(
            fd: u32,
            _buffers: $crate::memory::Address,
            _len: u32,
            _flags: u32,
            _sent: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            on(fd)
        }

        /// Fails: sockets are not supported.
        #[unsafe(no_mangle)]
        pub extern "C" fn sock_shutdown(fd: u32, _how: u32) -> $crate::abi::Errno {
            on(fd)
        }

        fn on(fd: u32) -> $crate::abi::Errno {
            $answer(|| $open(fd).and(Err($crate::abi::Errno::Notsock)))
        }
    };
}
