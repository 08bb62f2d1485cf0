//! Opens, reads, writes, lists, polls and closes 1000 times: the adapter's memory must not grow.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::thread;
use std::time::Duration;

fn main() -> io::Result<()> {
    let (mut bytes, mut refused) = (0, 0);
    for _ in 0..1000 {
        let mut file = OpenOptions::new().read(true).write(true).open("/notes")?;
        file.write_all(b"some")?;
        file.seek(SeekFrom::Start(0))?;
        bytes += file.read(&mut [0; 64])?;
        drop(file);
        bytes += fs::read_dir("/")?.count();
        refused += usize::from(File::open("/nothing").is_err());
        thread::sleep(Duration::from_millis(1));
    }
    println!("{bytes} {refused}");
    Ok(())
}
