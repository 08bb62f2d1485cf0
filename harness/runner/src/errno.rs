//! Error codes of WASI preview1 (`errno`), <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>.

/// Names indexed by code.
const NAMES: [&str; 77] = [
    "success",
    "2big",
    "acces",
    "addrinuse",
    "addrnotavail",
    "afnosupport",
    "again",
    "already",
    "badf",
    "badmsg",
    "busy",
    "canceled",
    "child",
    "connaborted",
    "connrefused",
    "connreset",
    "deadlk",
    "destaddrreq",
    "dom",
    "dquot",
    "exist",
    "fault",
    "fbig",
    "hostunreach",
    "idrm",
    "ilseq",
    "inprogress",
    "intr",
    "inval",
    "io",
    "isconn",
    "isdir",
    "loop",
    "mfile",
    "mlink",
    "msgsize",
    "multihop",
    "nametoolong",
    "netdown",
    "netreset",
    "netunreach",
    "nfile",
    "nobufs",
    "nodev",
    "noent",
    "noexec",
    "nolck",
    "nolink",
    "nomem",
    "nomsg",
    "noprotoopt",
    "nospc",
    "nosys",
    "notconn",
    "notdir",
    "notempty",
    "notrecoverable",
    "notsock",
    "notsup",
    "notty",
    "nxio",
    "overflow",
    "ownerdead",
    "perm",
    "pipe",
    "proto",
    "protonosupport",
    "prototype",
    "range",
    "rofs",
    "spipe",
    "srch",
    "stale",
    "timedout",
    "txtbsy",
    "xdev",
    "notcapable",
];

/// Returns the name of an error code.
pub fn errno_name(number: u32) -> Option<&'static str> {
    NAMES.get(number as usize).copied()
}

/// Returns the code of an error name.
pub fn errno_number(name: &str) -> Option<u32> {
    NAMES.iter().position(|known| *known == name).map(|number| number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errno_names_have_preview1_codes() {
        for (name, number) in
            [("2big", 1), ("badf", 8), ("inval", 28), ("notdir", 54), ("spipe", 70), ("notcapable", 76)]
        {
            assert_eq!((errno_name(number), errno_number(name)), (Some(name), Some(number)));
        }
        assert_eq!(errno_name(77), None);
    }
}
