//! Lowers a call to core arguments and a memory image.
//!
//! The image contains the inputs of the call. All other bytes have one value, so that writes are detected with their
//! addresses.

use super::functions::Kind;
use super::program::{Call, Fd, Subscription, Value};

/// Fill byte of memory that is not an input.
pub const POISON: u8 = 0xa5;
/// Number of guard bytes between two regions. Writes to them are out of bounds.
const GAP: usize = 16;

/// Sizes and offsets of the preview1 documentation.
pub const SUBSCRIPTION: usize = 48;
pub const EVENT: usize = 32;
const IOVEC: usize = 8;
/// Size of the buffer for arguments or environment variables.
const ROOM: usize = 192;

/// A lowered call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lowered {
    /// Core arguments.
    pub arguments: Vec<Argument>,
    /// Memory image from the base on. Its size is a multiple of 16 bytes.
    pub image: Vec<u8>,
    /// Regions of the image, in order.
    pub regions: Vec<Region>,
    /// Offsets of descriptor numbers, which are filled in when the call is made.
    pub fds: Vec<(usize, Fd)>,
}

/// A core argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A number.
    Number(u64),
    /// The number of a descriptor.
    Fd(Fd),
}

/// A part of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Index of the function's parameter that the region belongs to.
    pub parameter: usize,
    /// Set when the function may write to the region.
    pub out: bool,
    /// Offset in bytes.
    pub at: usize,
    /// Size in bytes.
    pub length: usize,
}

/// Lays out the memory of a call from address `base` on.
pub fn lower(call: &Call, base: u32) -> Lowered {
    let mut lowering = Lowering {
        base,
        lowered: Lowered { arguments: Vec::new(), image: vec![POISON; GAP], regions: Vec::new(), fds: Vec::new() },
        subscriptions: None,
    };
    for (number, (parameter, value)) in call.function.parameters.iter().zip(&call.values).enumerate() {
        lowering.value(number, parameter.kind, value);
    }
    lowering.lowered
}

struct Lowering {
    base: u32,
    lowered: Lowered,
    /// Number and address of the subscriptions.
    subscriptions: Option<(usize, usize)>,
}

impl Lowering {
    fn value(&mut self, parameter: usize, kind: Kind, value: &Value) {
        match (kind, value) {
            (_, Value::Fd(fd)) => self.lowered.arguments.push(Argument::Fd(*fd)),
            (_, Value::Number(number)) => self.number(*number),
            (_, Value::Path(path)) => {
                let at = self.put(parameter, path);
                self.address(at, path.len());
            }
            (_, Value::Read(sizes)) => {
                let buffers: Vec<(usize, usize)> =
                    sizes.iter().map(|size| (self.room(parameter, *size as usize), *size as usize)).collect();
                self.vectors(parameter, &buffers);
            }
            (_, Value::Write(chunks)) => {
                let buffers: Vec<(usize, usize)> =
                    chunks.iter().map(|chunk| (self.put(parameter, &chunk.bytes()), chunk.length as usize)).collect();
                self.vectors(parameter, &buffers);
            }
            (_, Value::Buffer(size)) => {
                let at = self.room(parameter, *size as usize);
                self.address(at, *size as usize);
            }
            (_, Value::Subscriptions(all)) => self.subscribe(parameter, all),
            (_, Value::Events { in_place }) => {
                let (count, input) = self.subscriptions.unwrap_or_default();
                let at = if *in_place {
                    // Events may overwrite the subscriptions.
                    let region = Region { parameter, out: true, at: input, length: count * EVENT };
                    self.lowered.regions.push(region);
                    input
                } else {
                    self.room(parameter, count * EVENT)
                };
                self.number((self.base as usize + at) as u64);
            }
            (Kind::Count, Value::Nothing) => self.number(self.subscriptions.unwrap_or_default().0 as u64),
            (Kind::Out(out), Value::Nothing) => {
                let at = self.room(parameter, out.size());
                self.number((self.base as usize + at) as u64);
            }
            (_, Value::Nothing) => {
                let at = self.room(parameter, ROOM);
                self.number((self.base as usize + at) as u64);
            }
        }
    }

    fn number(&mut self, number: u64) {
        self.lowered.arguments.push(Argument::Number(number));
    }

    fn address(&mut self, at: usize, length: usize) {
        self.number((self.base as usize + at) as u64);
        self.number(length as u64);
    }

    /// Adds an input region.
    fn put(&mut self, parameter: usize, bytes: &[u8]) -> usize {
        self.region(Region { parameter, out: false, at: self.lowered.image.len(), length: bytes.len() }, bytes)
    }

    /// Adds an output region.
    fn room(&mut self, parameter: usize, length: usize) -> usize {
        let region = Region { parameter, out: true, at: self.lowered.image.len(), length };
        self.region(region, &vec![POISON; length])
    }

    fn region(&mut self, region: Region, bytes: &[u8]) -> usize {
        let image = &mut self.lowered.image;
        image.extend_from_slice(bytes);
        image.resize((image.len() + GAP).next_multiple_of(16), POISON);
        self.lowered.regions.push(region);
        region.at
    }

    fn vectors(&mut self, parameter: usize, buffers: &[(usize, usize)]) {
        let mut list = Vec::with_capacity(buffers.len() * IOVEC);
        for (at, length) in buffers {
            list.extend_from_slice(&(self.base + *at as u32).to_le_bytes());
            list.extend_from_slice(&(*length as u32).to_le_bytes());
        }
        let at = self.put(parameter, &list);
        self.address(at, buffers.len());
    }

    fn subscribe(&mut self, parameter: usize, all: &[Subscription]) {
        let mut list = vec![0; all.len() * SUBSCRIPTION];
        for (number, (subscription, at)) in all.iter().zip(list.chunks_mut(SUBSCRIPTION)).enumerate() {
            at[..8].copy_from_slice(&user_data(number).to_le_bytes());
            match subscription {
                Subscription::Clock { id, timeout, absolute } => {
                    at[16..20].copy_from_slice(&id.to_le_bytes());
                    at[24..32].copy_from_slice(&timeout.to_le_bytes());
                    at[40] = u8::from(*absolute);
                }
                Subscription::Read(_) => at[8] = 1,
                Subscription::Write(_) => at[8] = 2,
            }
        }
        let at = self.put(parameter, &list);
        let fds = all.iter().enumerate();
        let fds = fds.filter_map(|(number, one)| Some((at + number * SUBSCRIPTION + 16, one.fd()?)));
        self.lowered.fds.extend(fds);
        self.subscriptions = Some((all.len(), at));
        self.number((self.base as usize + at) as u64);
    }
}

/// Returns the user data that identifies the subscription of an event.
pub fn user_data(number: usize) -> u64 {
    0x0101_0101_0101_0101 * (number as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::functions::find;
    use crate::fuzz::program::Chunk;

    #[test]
    fn the_image_contains_all_inputs_of_a_call() {
        let values = vec![
            Value::Fd(Fd::Number(1)),
            Value::Write(vec![Chunk { first: 0, length: 3 }, Chunk { first: 25, length: 2 }]),
            Value::Nothing,
        ];
        let call = Call { id: 0, function: find("fd_write").unwrap().1, values };
        let lowered = lower(&call, 0x1000);
        let Argument::Number(list) = lowered.arguments[1] else { panic!("an address") };
        assert_eq!((lowered.arguments[0], lowered.arguments[2]), (Argument::Fd(Fd::Number(1)), Argument::Number(2)));
        let list = &lowered.image[list as usize - 0x1000..][..16];
        let buffer = |at: usize| {
            let number = |at: usize| u32::from_le_bytes(list[at..at + 4].try_into().unwrap()) as usize;
            &lowered.image[number(at) - 0x1000..][..number(at + 4)]
        };
        assert_eq!((buffer(0), buffer(8)), (&b"abc"[..], &b"za"[..]));
        let out = lowered.regions.last().unwrap();
        assert!(out.out && out.length == 4 && lowered.image[out.at..].iter().all(|byte| *byte == POISON));
        assert_eq!(lowered.image.len() % 16, 0);
    }
}
