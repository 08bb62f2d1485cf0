//! Reads, writes, renames, removes and links files, and tries to access files outside of its directory.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("escape") => escape(),
        _ => work().expect("all of it is allowed"),
    }
}

fn work() -> io::Result<()> {
    println!("{}", fs::read_to_string("/notes/first.txt")?);
    println!("{}", fs::read_to_string("/notes/link")?);
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir("/notes")? {
        names.push(entry?.file_name().into_string().expect("names are text"));
    }
    names.sort();
    println!("{}", names.join(" "));

    fs::create_dir("/made")?;
    fs::write("/made/numbers", "0123456789")?;
    let mut file = OpenOptions::new().read(true).write(true).open("/made/numbers")?;
    file.seek(SeekFrom::Start(3))?;
    file.write_all(b"---")?;
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    println!("{rest}");
    OpenOptions::new().append(true).open("/made/numbers")?.write_all(b"!")?;
    file.set_len(8)?;

    fs::rename("/notes/second.txt", "/made/second.txt")?;
    fs::remove_file("/notes/third.txt")?;
    fs::remove_dir("/empty")?;
    fs::write("/big", vec![b'x'; 100_000])
}

/// Checks that files outside of the directory are inaccessible by any path.
fn escape() {
    for path in ["/../outside", "../outside", "/up/outside", "/absolute/hostname", "/etc/hostname"] {
        for (what, error) in [
            ("read", fs::read(path).err()),
            ("write", fs::write(path, "x").err()),
            ("list", fs::read_dir(Path::new(path).parent().unwrap_or(Path::new("/"))).err()),
        ] {
            if what != "list" || path.starts_with("/up") || path.starts_with("/absolute") {
                println!("{what} {path}: {}", if error.is_some() { "refused" } else { "DONE" });
            }
        }
    }
    println!("{}", fs::read_to_string("/inside").unwrap_or_default());
}
