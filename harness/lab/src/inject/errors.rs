//! Error codes of `wasi:filesystem` and the corresponding errnos of preview1.

const PAIRS: [(&str, &str); 37] = [
    ("access", "acces"),
    ("would-block", "again"),
    ("already", "already"),
    ("bad-descriptor", "badf"),
    ("busy", "busy"),
    ("deadlock", "deadlk"),
    ("quota", "dquot"),
    ("exist", "exist"),
    ("file-too-large", "fbig"),
    ("illegal-byte-sequence", "ilseq"),
    ("in-progress", "inprogress"),
    ("interrupted", "intr"),
    ("invalid", "inval"),
    ("io", "io"),
    ("is-directory", "isdir"),
    ("loop", "loop"),
    ("too-many-links", "mlink"),
    ("message-size", "msgsize"),
    ("name-too-long", "nametoolong"),
    ("no-device", "nodev"),
    ("no-entry", "noent"),
    ("no-lock", "nolck"),
    ("insufficient-memory", "nomem"),
    ("insufficient-space", "nospc"),
    ("not-directory", "notdir"),
    ("not-empty", "notempty"),
    ("not-recoverable", "notrecoverable"),
    ("unsupported", "notsup"),
    ("no-tty", "notty"),
    ("no-such-device", "nxio"),
    ("overflow", "overflow"),
    ("not-permitted", "perm"),
    ("pipe", "pipe"),
    ("read-only", "rofs"),
    ("invalid-seek", "spipe"),
    ("text-file-busy", "txtbsy"),
    ("cross-device", "xdev"),
];

/// Returns the errno for a host's error code, or `None` for codes of other interfaces.
pub(super) fn counterpart(code: &str) -> Option<&'static str> {
    PAIRS.iter().find(|(name, _)| *name == code).map(|(_, errno)| *errno)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polyfill_abi::errno_number;

    #[test]
    fn each_error_has_a_distinct_errno() {
        let mut numbers: Vec<u32> = PAIRS.iter().map(|(_, errno)| errno_number(errno).unwrap()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), PAIRS.len());
        assert_eq!(counterpart("no-entry"), Some("noent"));
        assert_eq!(counterpart("name-unresolvable"), None);
    }
}
