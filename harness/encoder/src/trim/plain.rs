//! Instructions that are copied unchanged because no index or address in them can change.
//!
//! Most instructions are of this kind, and decoding each would dominate the run time of garbage collection. They are
//! recognized by their bytes. Any other instruction is decoded.

/// A plain instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plain {
    /// Offset of its end.
    pub end: usize,
    /// Set if it accesses memory 0.
    pub memory: bool,
    /// Set for `i32.const`, whose operand may be an address.
    pub constant: bool,
}

/// Recognizes a plain instruction at an offset of a body. The only indices in a plain instruction are those of locals,
/// labels and memory 0.
pub(super) fn plain(code: &[u8], at: usize) -> Option<Plain> {
    let opcode = *code.get(at)?;
    let next = at + 1;
    let nothing = Plain { end: next, memory: false, constant: false };
    match opcode {
        // Control instructions without immediates, `drop`, `select`, numeric instructions.
        0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 => Some(nothing),
        // `block`, `loop`, `if` without a type or with a single result.
        0x02..=0x04 => {
            matches!(code.get(next)?, 0x40 | 0x6f | 0x70 | 0x7b..=0x7f).then_some(Plain { end: next + 1, ..nothing })
        }
        // Branches and locals.
        0x0c | 0x0d | 0x20..=0x22 => Some(Plain { end: number(code, next)?, ..nothing }),
        0x0e => Some(Plain { end: labels(code, next)?, ..nothing }),
        // Loads and stores without an explicit memory index.
        0x28..=0x3e if *code.get(next)? < 0x40 => Some(Plain { end: number(code, next + 1)?, memory: true, ..nothing }),
        // `memory.size` and `memory.grow` of memory 0.
        0x3f | 0x40 if *code.get(next)? == 0 => Some(Plain { end: next + 1, memory: true, ..nothing }),
        0x41 => Some(Plain { end: number(code, next)?, constant: true, ..nothing }),
        0x42 => Some(Plain { end: number(code, next)?, ..nothing }),
        0x43 => Some(Plain { end: within(code, next + 4)?, ..nothing }),
        0x44 => Some(Plain { end: within(code, next + 8)?, ..nothing }),
        _ => None,
    }
}

/// Returns the end of a LEB128 number.
fn number(code: &[u8], at: usize) -> Option<usize> {
    let bytes = code.get(at..)?;
    // The longest is a 64-bit number.
    let last = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)?;
    Some(at + last + 1)
}

/// Returns the end of the labels of `br_table`.
fn labels(code: &[u8], at: usize) -> Option<usize> {
    let mut end = number(code, at)?;
    let mut count: u32 = 0;
    for (place, byte) in code.get(at..end)?.iter().take(4).enumerate() {
        count |= u32::from(byte & 0x7f) << (7 * place);
    }
    // The default label follows.
    for _ in 0..=count {
        end = number(code, end)?;
    }
    Some(end)
}

fn within(code: &[u8], end: usize) -> Option<usize> {
    (end <= code.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use wasmparser::{BinaryReader, OperatorsReader};

    use super::*;

    /// Plain instructions must end where the decoder ends.
    #[test]
    fn plain_instructions_end_where_the_decoder_says() {
        let tails: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x40],
            &[0x7f, 0x00],
            &[0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08],
            &[0x02, 0x81, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00],
            &[0x03, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07],
            &[0xff, 0xff, 0xff, 0xff, 0x0f, 0x01, 0x01, 0x01, 0x01],
        ];
        let mut seen = 0;
        for opcode in 0..=u8::MAX {
            for tail in tails {
                let code: Vec<u8> = std::iter::once(opcode).chain(tail.iter().copied()).collect();
                let Some(found) = plain(&code, 0) else { continue };
                assert!(found.end <= code.len(), "{code:02x?}");
                // `else` and `end` require an enclosing block.
                if matches!(opcode, 0x05 | 0x0b) {
                    continue;
                }
                let mut reader = OperatorsReader::new(BinaryReader::new(&code, 0));
                // Instructions that the decoder rejects fail validation, too.
                let Ok(operator) = reader.read() else { continue };
                assert_eq!(reader.original_position(), found.end as u64, "{operator:?} in {code:02x?}");
                seen += 1;
            }
        }
        assert!(seen > 1000, "{seen}");
    }
}
