//! Names the resources that remain in a resource table.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::io::error::Error;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, Network, ReaddirIterator, TcpSocket, UdpSocket};

use super::wasi::Alarm;

/// Name for resources of unknown types.
const OTHER: &str = "other";

/// Counts the remaining resources by type. A table has no names and only distinguishes Rust types: those of
/// wasmtime-wasi for WASI's resources.
pub(super) fn by_name(table: &mut ResourceTable) -> BTreeMap<String, u64> {
    let mut left = BTreeMap::new();
    for (_, entry) in table.iter_mut() {
        let ty = (*entry).type_id();
        if Some(ty) != *GRAVE && ty != TypeId::of::<Alarm>() {
            *left.entry(name(ty).to_string()).or_default() += 1;
        }
    }
    left
}

fn name(ty: TypeId) -> &'static str {
    let names = [
        (TypeId::of::<Descriptor>(), "descriptor"),
        (TypeId::of::<ReaddirIterator>(), "directory-entry-stream"),
        (TypeId::of::<DynInputStream>(), "input-stream"),
        (TypeId::of::<DynOutputStream>(), "output-stream"),
        (TypeId::of::<DynPollable>(), "pollable"),
        (TypeId::of::<Error>(), "error"),
        (TypeId::of::<Network>(), "network"),
        (TypeId::of::<TcpSocket>(), "tcp-socket"),
        (TypeId::of::<UdpSocket>(), "udp-socket"),
    ];
    names.into_iter().find(|(known, _)| *known == ty).map_or(OTHER, |(_, name)| name)
}

/// Type of the tombstones of dropped resources, if wasmtime was built to detect late uses.
static GRAVE: LazyLock<Option<TypeId>> = LazyLock::new(|| {
    let mut table = ResourceTable::new();
    let dropped = table.push(()).and_then(|resource| table.delete(resource));
    dropped.ok().and_then(|()| table.iter_mut().map(|(_, entry)| (*entry).type_id()).next())
});
