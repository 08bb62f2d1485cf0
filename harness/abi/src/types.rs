//! Types of an ABI with their layouts in memory.

use std::sync::Arc;

/// Type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Name in the description. `None` for an anonymous type.
    pub name: Option<String>,
    /// Structure.
    pub kind: Arc<Kind>,
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes.
    pub align: u64,
    /// Format of numbers and flags.
    pub display: Display,
    /// False if equal calls can have different values: device and inode numbers, for example. Such values are neither
    /// compared nor shown.
    pub compared: bool,
}

/// Format of a value in texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Display {
    /// Names of flags and of enum cases, decimal numbers.
    #[default]
    Plain,
    /// Hexadecimal number.
    Hex,
}

/// Structure of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Integer of the type's size.
    Integer {
        /// Set for a signed integer.
        signed: bool,
    },
    /// IEEE 754 number of the type's size.
    Float,
    /// Unicode scalar value; with a size of 1, a byte of UTF-8.
    Char,
    /// One of these names, numbered from 0.
    Enum(Vec<String>),
    /// Set of these names, by bit from the lowest.
    Flags(Vec<String>),
    /// Fields at their offsets.
    Record(Vec<Field>),
    /// A tag, and the value of its case.
    Union {
        /// Size of the tag in bytes.
        tag: u64,
        /// Offset of the value in bytes.
        offset: u64,
        /// Cases by tag.
        cases: Vec<Case>,
    },
    /// Number that the other side has given for a resource.
    Handle,
    /// Address of values of this type.
    Pointer {
        /// Set if the callee writes to them.
        mutable: bool,
        /// Type of the values.
        to: Type,
    },
    /// Address and number of values of this type.
    List(Type),
}

/// Field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name of the field.
    pub name: String,
    /// Type of the field.
    pub ty: Type,
    /// Offset in bytes.
    pub offset: u64,
}

/// Case of a union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Name of the case.
    pub name: String,
    /// Type of its value, if it has one.
    pub ty: Option<Type>,
}

impl Type {
    /// Returns an anonymous type that is shown in the plain format.
    pub(crate) fn new(kind: Kind, size: u64, align: u64) -> Type {
        Type { name: None, kind: Arc::new(kind), size, align, display: Display::Plain, compared: true }
    }

    /// Returns the fields of a pair of an address and a length, as in `iovec`: whether the callee writes to the buffer,
    /// the type of its elements, and the offsets of address and length.
    pub fn as_buffer(&self) -> Option<(bool, &Type, [u64; 2])> {
        let Kind::Record(fields) = &*self.kind else { return None };
        let [address, length] = &fields[..] else { return None };
        let (Kind::Pointer { mutable, to }, Kind::Integer { .. }) = (&*address.ty.kind, &*length.ty.kind) else {
            return None;
        };
        Some((*mutable, to, [address.offset, length.offset]))
    }

    /// Returns the byte ranges that never carry information in a value of this type: padding, and values that are not
    /// compared. The value of a union counts as one field of its largest case.
    pub fn ignored(&self) -> Vec<std::ops::Range<u64>> {
        let mut ignored = Vec::new();
        self.add_ignored(0, &mut ignored);
        ignored
    }

    fn add_ignored(&self, at: u64, ignored: &mut Vec<std::ops::Range<u64>>) {
        if !self.compared {
            ignored.push(at..at + self.size);
            return;
        }
        let Kind::Record(fields) = &*self.kind else { return };
        let mut end = 0;
        for field in fields {
            if end < field.offset {
                ignored.push(at + end..at + field.offset);
            }
            field.ty.add_ignored(at + field.offset, ignored);
            end = field.offset + field.ty.size;
        }
        if end < self.size {
            ignored.push(at + end..at + self.size);
        }
    }
}
