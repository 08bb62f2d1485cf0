//! Random mutations of bytes.

use crate::random::Random;

/// Bytes that are meaningful in many places: section ids, types, ends, large numbers.
const INTERESTING: [u8; 12] = [0x00, 0x01, 0x0b, 0x23, 0x40, 0x41, 0x60, 0x70, 0x7f, 0x80, 0xff, 0x10];
/// The largest number in LEB128, and an overlong one.
const NUMBERS: [&[u8]; 3] =
    [&[0xff, 0xff, 0xff, 0xff, 0x0f], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x00], &[0xff, 0xff, 0x03]];
/// Maximum size of an input in bytes.
const LONGEST: usize = 1 << 16;

/// Applies a few mutations. `other` is an input to splice from.
pub fn mutate(random: &mut Random, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..1 + random.below(4) {
        change(random, &mut bytes, other);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(bytes.len());
    let range = |random: &mut Random, length: usize| {
        let start = random.below(length);
        start..(start + 1 + random.below(16)).min(length)
    };
    match random.below(9) {
        0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
        1 | 2 => {
            let value = INTERESTING[random.below(INTERESTING.len())];
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = value);
        }
        3 => bytes
            .iter_mut()
            .skip(at)
            .take(1)
            .for_each(|byte| *byte = byte.wrapping_add(random.below(3) as u8).wrapping_sub(1)),
        4 => bytes.truncate(at),
        5 => {
            let range = range(random, bytes.len());
            bytes.drain(range);
        }
        6 => {
            let range = range(random, bytes.len());
            let copy = bytes[range].to_vec();
            bytes.splice(at..at, copy);
        }
        7 => {
            let range = range(random, other.len());
            bytes.splice(at..at, other[range].iter().copied());
        }
        _ => {
            let number = NUMBERS[random.below(NUMBERS.len())];
            let end = (at + random.below(number.len() + 1)).min(bytes.len());
            bytes.splice(at..end, number.iter().copied());
        }
    }
}

/// Returns the shortest known input for which `same` is true.
pub fn minimise(input: &[u8], same: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut best = input.to_vec();
    let mut length = best.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at < best.len() {
            let mut shorter = best.clone();
            shorter.drain(at..(at + length).min(best.len()));
            if same(&shorter) {
                best = shorter;
            } else {
                at += length;
            }
        }
        length /= 2;
    }
    best
}
