//! `wasi:filesystem/types` of wasmtime-wasi with metering: additions to files are counted at the call.

use std::fs::File;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtxView};
use wasmtime_wasi::p2::{DynOutputStream, FsError, FsResult, OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::{FsPerms, OpenMode, async_trait};

use crate::files::{Meter, Size, length};
use crate::host::State;
use crate::host::state::lock;

/// Defines the functions on a synchronous store, shadowing wasmtime-wasi's.
pub(super) fn add_to_linker_sync(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::bindings::sync::filesystem::types::add_to_linker::<State, Counted>(linker, State::filesystem)
}

/// Defines the functions on an asynchronous store, shadowing wasmtime-wasi's.
pub(super) fn add_to_linker_async(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::bindings::filesystem::types::add_to_linker::<State, Counted>(linker, State::filesystem)
}

struct Counted;

impl HasData for Counted {
    type Data<'a> = View<'a>;
}

/// Context of the functions. Without a meter, the run has no files.
pub(in crate::host) struct View<'a> {
    pub(in crate::host) inner: WasiFilesystemCtxView<'a>,
    pub(in crate::host) meter: Option<&'a Arc<Mutex<Meter>>>,
}

impl View<'_> {
    /// Returns the file if it is writable and metered.
    fn writable(&mut self, descriptor: &Resource<Descriptor>) -> Option<(Arc<File>, Arc<Mutex<Meter>>)> {
        let meter = self.meter?;
        match self.inner.table.get(descriptor) {
            Ok(Descriptor::File(file))
                if file.perms == FsPerms::ReadWrite && file.open_mode.contains(OpenMode::WRITE) =>
            {
                Some((file.file.clone(), meter.clone()))
            }
            _ => None,
        }
    }

    /// Rejects data that exceeds the file limit by itself, before it is written. Records the file's length.
    fn before(&mut self, descriptor: &Resource<Descriptor>, data: usize) -> FsResult<Option<Growing>> {
        let Some((file, meter)) = self.writable(descriptor) else { return Ok(None) };
        lock(&meter).before(data).map_err(stop)?;
        let before = length(&file);
        Ok(Some(Growing { file, meter, before }))
    }

    /// Counts a created entry.
    fn made(&mut self) -> FsResult<()> {
        self.meter.map_or(Ok(()), |meter| lock(meter).add(Size { bytes: 0, entries: 1 }).map_err(stop))
    }

    /// Registers an open file.
    fn opened(&mut self, descriptor: &Resource<Descriptor>) {
        if let (Some(meter), Ok(Descriptor::File(file))) = (self.meter, self.inner.table.get(descriptor)) {
            lock(meter).opened(&file.file);
        }
    }

    /// Meters a stream that writes to a file, at an offset or at the end.
    fn count(
        &mut self,
        file: Option<(Arc<File>, Arc<Mutex<Meter>>)>,
        stream: &Resource<DynOutputStream>,
        place: Option<u64>,
    ) -> FsResult<()> {
        let Some((file, meter)) = file else { return Ok(()) };
        let slot = self.inner.table.get_mut(stream)?;
        let inner = std::mem::replace(slot, Box::new(Nowhere));
        *slot = Box::new(Stream { inner, file, meter, place });
        Ok(())
    }
}

/// File that a call may extend.
struct Growing {
    file: Arc<File>,
    meter: Arc<Mutex<Meter>>,
    before: u64,
}

impl Growing {
    fn after(self) -> FsResult<()> {
        let bytes = length(&self.file).saturating_sub(self.before);
        lock(&self.meter).add(Size { bytes, entries: 0 }).map_err(stop)
    }
}

fn stop(stop: crate::host::Stop) -> FsError {
    FsError::trap(wasmtime::Error::from(stop))
}

/// Output stream to a file.
struct Stream {
    inner: DynOutputStream,
    file: Arc<File>,
    meter: Arc<Mutex<Meter>>,
    /// Offset of the next byte; `None` for appending.
    place: Option<u64>,
}

impl Stream {
    /// Counts data before it is written, because a separate task may write it.
    fn count(&mut self, data: usize) -> StreamResult<()> {
        let data = data as u64;
        let bytes = match &mut self.place {
            None => data,
            Some(place) => {
                *place = place.saturating_add(data);
                place.saturating_sub(length(&self.file)).min(data)
            }
        };
        let added = lock(&self.meter).add(Size { bytes, entries: 0 });
        added.map_err(|stop| StreamError::Trap(stop.into()))
    }
}

#[async_trait]
impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.count(bytes.len())?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.inner.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.inner.check_write()
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.count(bytes.len())?;
        self.inner.blocking_write_and_flush(bytes).await
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

/// Temporary placeholder for a stream.
struct Nowhere;

#[async_trait]
impl OutputStream for Nowhere {
    fn write(&mut self, _: Bytes) -> StreamResult<()> {
        Err(StreamError::Closed)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Err(StreamError::Closed)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Err(StreamError::Closed)
    }
}

#[async_trait]
impl Pollable for Nowhere {
    async fn ready(&mut self) {}
}

/// Generates both variants of the functions, from the bindings, the `async` keyword, and the suffix of calls.
macro_rules! functions {
    ($module:ident, [$($types:tt)*], [$($word:tt)?], [$($wait:tt)*]) => {
        mod $module {
            use $($types)*::{self as types, Host, HostDescriptor, HostDirectoryEntryStream};
            use wasmtime::component::Resource;
            use wasmtime_wasi::p2::bindings::io::error::Error;
            use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

            use super::View;

            type Fd = Resource<types::Descriptor>;
            type Entries = Resource<types::DirectoryEntryStream>;

            impl Host for View<'_> {
                fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<types::ErrorCode> {
                    Host::convert_error_code(&mut self.inner, error)
                }

                fn filesystem_error_code(
                    &mut self,
                    error: Resource<Error>,
                ) -> wasmtime::Result<Option<types::ErrorCode>> {
                    Host::filesystem_error_code(&mut self.inner, error)
                }
            }

            impl HostDirectoryEntryStream for View<'_> {
                $($word)? fn read_directory_entry(
                    &mut self,
                    entries: Entries,
                ) -> FsResult<Option<types::DirectoryEntry>> {
                    HostDirectoryEntryStream::read_directory_entry(&mut self.inner, entries)$($wait)*
                }

                fn drop(&mut self, entries: Entries) -> wasmtime::Result<()> {
                    HostDirectoryEntryStream::drop(&mut self.inner, entries)
                }
            }

            impl HostDescriptor for View<'_> {
                $($word)? fn set_size(&mut self, fd: Fd, size: u64) -> FsResult<()> {
                    let growing = self.before(&fd, 0)?;
                    HostDescriptor::set_size(&mut self.inner, fd, size)$($wait)*?;
                    growing.map_or(Ok(()), |growing| growing.after())
                }

                $($word)? fn write(&mut self, fd: Fd, data: Vec<u8>, place: u64) -> FsResult<u64> {
                    let growing = self.before(&fd, data.len())?;
                    let written = HostDescriptor::write(&mut self.inner, fd, data, place)$($wait)*;
                    growing.map_or(Ok(()), |growing| growing.after())?;
                    written
                }

                fn write_via_stream(&mut self, fd: Fd, place: u64) -> FsResult<Resource<DynOutputStream>> {
                    let file = self.writable(&fd);
                    let stream = HostDescriptor::write_via_stream(&mut self.inner, fd, place)?;
                    self.count(file, &stream, Some(place))?;
                    Ok(stream)
                }

                fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
                    let file = self.writable(&fd);
                    let stream = HostDescriptor::append_via_stream(&mut self.inner, fd)?;
                    self.count(file, &stream, None)?;
                    Ok(stream)
                }

                $($word)? fn open_at(
                    &mut self,
                    fd: Fd,
                    path_flags: types::PathFlags,
                    path: String,
                    open_flags: types::OpenFlags,
                    flags: types::DescriptorFlags,
                ) -> FsResult<Fd> {
                    let makes = open_flags.contains(types::OpenFlags::CREATE);
                    let opened =
                        HostDescriptor::open_at(&mut self.inner, fd, path_flags, path, open_flags, flags)$($wait)*?;
                    self.opened(&opened);
                    if makes {
                        self.made()?;
                    }
                    Ok(opened)
                }

                $($word)? fn create_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
                    HostDescriptor::create_directory_at(&mut self.inner, fd, path)$($wait)*?;
                    self.made()
                }

                $($word)? fn link_at(
                    &mut self,
                    fd: Fd,
                    path_flags: types::PathFlags,
                    path: String,
                    new: Fd,
                    new_path: String,
                ) -> FsResult<()> {
                    HostDescriptor::link_at(&mut self.inner, fd, path_flags, path, new, new_path)$($wait)*?;
                    self.made()
                }

                $($word)? fn symlink_at(&mut self, fd: Fd, target: String, path: String) -> FsResult<()> {
                    HostDescriptor::symlink_at(&mut self.inner, fd, target, path)$($wait)*?;
                    self.made()
                }

                // Unmodified functions:

                $($word)? fn advise(&mut self, fd: Fd, place: u64, length: u64, advice: types::Advice) -> FsResult<()> {
                    HostDescriptor::advise(&mut self.inner, fd, place, length, advice)$($wait)*
                }

                $($word)? fn sync_data(&mut self, fd: Fd) -> FsResult<()> {
                    HostDescriptor::sync_data(&mut self.inner, fd)$($wait)*
                }

                $($word)? fn sync(&mut self, fd: Fd) -> FsResult<()> {
                    HostDescriptor::sync(&mut self.inner, fd)$($wait)*
                }

                $($word)? fn get_flags(&mut self, fd: Fd) -> FsResult<types::DescriptorFlags> {
                    HostDescriptor::get_flags(&mut self.inner, fd)$($wait)*
                }

                $($word)? fn get_type(&mut self, fd: Fd) -> FsResult<types::DescriptorType> {
                    HostDescriptor::get_type(&mut self.inner, fd)$($wait)*
                }

                $($word)? fn set_times(
                    &mut self,
                    fd: Fd,
                    accessed: types::NewTimestamp,
                    modified: types::NewTimestamp,
                ) -> FsResult<()> {
                    HostDescriptor::set_times(&mut self.inner, fd, accessed, modified)$($wait)*
                }

                $($word)? fn set_times_at(
                    &mut self,
                    fd: Fd,
                    path_flags: types::PathFlags,
                    path: String,
                    accessed: types::NewTimestamp,
                    modified: types::NewTimestamp,
                ) -> FsResult<()> {
                    HostDescriptor::set_times_at(&mut self.inner, fd, path_flags, path, accessed, modified)$($wait)*
                }

                $($word)? fn read(&mut self, fd: Fd, length: u64, place: u64) -> FsResult<(Vec<u8>, bool)> {
                    HostDescriptor::read(&mut self.inner, fd, length, place)$($wait)*
                }

                $($word)? fn read_directory(&mut self, fd: Fd) -> FsResult<Entries> {
                    HostDescriptor::read_directory(&mut self.inner, fd)$($wait)*
                }

                $($word)? fn stat(&mut self, fd: Fd) -> FsResult<types::DescriptorStat> {
                    HostDescriptor::stat(&mut self.inner, fd)$($wait)*
                }

                $($word)? fn stat_at(
                    &mut self,
                    fd: Fd,
                    path_flags: types::PathFlags,
                    path: String,
                ) -> FsResult<types::DescriptorStat> {
                    HostDescriptor::stat_at(&mut self.inner, fd, path_flags, path)$($wait)*
                }

                fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
                    HostDescriptor::drop(&mut self.inner, fd)
                }

                $($word)? fn readlink_at(&mut self, fd: Fd, path: String) -> FsResult<String> {
                    HostDescriptor::readlink_at(&mut self.inner, fd, path)$($wait)*
                }

                $($word)? fn remove_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
                    HostDescriptor::remove_directory_at(&mut self.inner, fd, path)$($wait)*
                }

                $($word)? fn unlink_file_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
                    HostDescriptor::unlink_file_at(&mut self.inner, fd, path)$($wait)*
                }

                $($word)? fn rename_at(&mut self, fd: Fd, path: String, new: Fd, new_path: String) -> FsResult<()> {
                    HostDescriptor::rename_at(&mut self.inner, fd, path, new, new_path)$($wait)*
                }

                fn read_via_stream(&mut self, fd: Fd, place: u64) -> FsResult<Resource<DynInputStream>> {
                    HostDescriptor::read_via_stream(&mut self.inner, fd, place)
                }

                $($word)? fn is_same_object(&mut self, a: Fd, b: Fd) -> wasmtime::Result<bool> {
                    HostDescriptor::is_same_object(&mut self.inner, a, b)$($wait)*
                }

                $($word)? fn metadata_hash(&mut self, fd: Fd) -> FsResult<types::MetadataHashValue> {
                    HostDescriptor::metadata_hash(&mut self.inner, fd)$($wait)*
                }

                $($word)? fn metadata_hash_at(
                    &mut self,
                    fd: Fd,
                    path_flags: types::PathFlags,
                    path: String,
                ) -> FsResult<types::MetadataHashValue> {
                    HostDescriptor::metadata_hash_at(&mut self.inner, fd, path_flags, path)$($wait)*
                }
            }
        }
    };
}

functions!(on_async, [wasmtime_wasi::p2::bindings::filesystem::types], [async], [.await]);
functions!(on_sync, [wasmtime_wasi::p2::bindings::sync::filesystem::types], [], []);
