//! Results that are filled with a pattern before a call, so that it can be seen whether the call writes them.
//!
//! What was there before is put back where a call fails and has left the pattern alone. Only results of a fixed size are
//! filled: buffers may be large, and what else is in them is main's.

use wasm_encoder::{BlockType, InstructionSink, MemArg, MemArgTarget};

/// Each byte of the pattern.
pub const PATTERN: u8 = 0xa5;

/// The room that the largest result takes.
pub(super) const ROOM: u32 = 64;

/// What a function of preview1 writes when it succeeds: the number of the parameter that has the address, and bytes.
pub const FILLED: [(&str, &[(u32, u32)]); 22] = [
    ("args_sizes_get", &[(0, 4), (1, 4)]),
    ("clock_res_get", &[(1, 8)]),
    ("clock_time_get", &[(2, 8)]),
    ("environ_sizes_get", &[(0, 4), (1, 4)]),
    ("fd_fdstat_get", &[(1, 24)]),
    ("fd_filestat_get", &[(1, FILESTAT)]),
    ("fd_pread", &[(4, 4)]),
    ("fd_prestat_get", &[(1, 8)]),
    ("fd_pwrite", &[(4, 4)]),
    ("fd_read", &[(3, 4)]),
    ("fd_readdir", &[(4, 4)]),
    ("fd_seek", &[(3, 8)]),
    ("fd_tell", &[(1, 8)]),
    ("fd_write", &[(3, 4)]),
    ("path_filestat_get", &[(4, FILESTAT)]),
    ("path_open", &[(8, 4)]),
    ("path_readlink", &[(5, 4)]),
    ("poll_oneoff", &[(3, 4)]),
    ("sock_accept", &[(2, 4)]),
    ("sock_recv", &[(4, 4), (5, 2)]),
    ("sock_send", &[(4, 4)]),
    // Beside them, in the published adapters.
    ("adapter_open_badfd", &[(0, 4)]),
];

const FILESTAT: u32 = 64;
/// The same in `wasi_unstable`.
const OLD_FILESTAT: u32 = 56;

/// A result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    /// The local that has its address.
    pub address: u32,
    pub bytes: u32,
    /// The first local for what was there before, eight bytes each; behind those is one that tells whether it was filled.
    kept: u32,
}

/// What is filled, and with what.
pub(super) struct Tools {
    /// Where there are [`ROOM`] bytes.
    pub room: u32,
    pub load: u32,
    pub store: u32,
    pub size: u32,
}

/// The results of a function, with locals from `first` on.
pub(super) fn results(module: &str, function: &str, parameters: usize, first: u32) -> Vec<Fill> {
    let known = FILLED.iter().find(|(name, _)| *name == function).map_or(&[][..], |(_, results)| *results);
    let mut kept = first;
    let mut fills = Vec::new();
    for (address, bytes) in known.iter().copied().filter(|(address, _)| (*address as usize) < parameters) {
        let bytes = if bytes == FILESTAT && module == "wasi_unstable" { OLD_FILESTAT } else { bytes };
        let fill = Fill { address, bytes, kept };
        kept = fill.filled() + 1;
        fills.push(fill);
    }
    fills
}

impl Fill {
    fn words(&self) -> u32 {
        self.bytes.div_ceil(8)
    }

    fn filled(&self) -> u32 {
        self.kept + self.words()
    }

    /// Locals that it takes: of eight bytes, and one of four behind them.
    pub fn locals(&self) -> u32 {
        self.words()
    }

    /// Keeps what is there, and writes the pattern over it; unless that lies beyond main's memory.
    pub fn before(&self, code: &mut InstructionSink<'_>, tools: &Tools) {
        let room = tools.room.cast_signed();
        code.local_get(self.address).i64_extend_i32_u().i64_const(self.bytes.into()).i64_add();
        code.call(tools.size).i64_extend_i32_u().i64_le_u().local_tee(self.filled());
        code.if_(BlockType::Empty);
        self.load(code, tools);
        for word in 0..self.words() {
            code.i32_const(room).i64_load(at(word)).local_set(self.kept + word);
        }
        for word in 0..self.words() {
            code.i32_const(room).i64_const(i64::from_ne_bytes([PATTERN; 8])).i64_store(at(word));
        }
        self.store(code, tools);
        code.end();
    }

    /// Puts back what was there, unless something else was written.
    pub fn restore(&self, code: &mut InstructionSink<'_>, tools: &Tools) {
        let room = tools.room.cast_signed();
        code.local_get(self.filled()).if_(BlockType::Empty);
        // What is loaded lies over a pattern as long as whole words are.
        for word in 0..self.words() {
            code.i32_const(room).i64_const(i64::from_ne_bytes([PATTERN; 8])).i64_store(at(word));
        }
        self.load(code, tools);
        code.i32_const(1);
        for word in 0..self.words() {
            code.i32_const(room).i64_load(at(word)).i64_const(i64::from_ne_bytes([PATTERN; 8])).i64_eq().i32_and();
        }
        code.if_(BlockType::Empty);
        for word in 0..self.words() {
            code.i32_const(room).local_get(self.kept + word).i64_store(at(word));
        }
        self.store(code, tools);
        code.end().end();
    }

    fn load(&self, code: &mut InstructionSink<'_>, tools: &Tools) {
        code.i32_const(tools.room.cast_signed()).local_get(self.address).i32_const(self.bytes.cast_signed());
        code.call(tools.load);
    }

    fn store(&self, code: &mut InstructionSink<'_>, tools: &Tools) {
        code.local_get(self.address).i32_const(tools.room.cast_signed()).i32_const(self.bytes.cast_signed());
        code.call(tools.store);
    }
}

fn at(word: u32) -> MemArg {
    let target = MemArgTarget::Memory(0);
    MemArg { offset: u64::from(word) * 8, align: 3, target, ordering: None }
}
