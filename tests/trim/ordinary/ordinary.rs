//! Features that an adapter can use: everything that requires static data, a table and a stack.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(7);
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ZEROS: Mutex<[u8; 30_000]> = Mutex::new([0; 30_000]);
static NAMES: [&str; 3] = ["alpha", "beta", "gamma"];

trait Shape {
    fn area(&self) -> u32;
    fn name(&self) -> &'static str;
}

struct Square(u32);
struct Rectangle(u32, u32);

impl Shape for Square {
    fn area(&self) -> u32 {
        self.0 * self.0
    }
    fn name(&self) -> &'static str {
        "square"
    }
}

impl Shape for Rectangle {
    fn area(&self) -> u32 {
        self.0 * self.1
    }
    fn name(&self) -> &'static str {
        "rectangle"
    }
}

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn log(text: *const u8, size: usize);
}

#[link(wasm_import_module = "__main_memory__")]
unsafe extern "C" {
    fn load(to: *mut u8, from: usize, length: usize);
    fn store(to: usize, from: *const u8, length: usize);
    fn size() -> usize;
}

fn say(text: &str) {
    // SAFETY: the host reads `size` bytes at `text`, and only during the call.
    unsafe { log(text.as_ptr(), text.len()) }
}

#[unsafe(no_mangle)]
extern "C" fn bump(by: u32) -> u32 {
    COUNT.fetch_add(by, Ordering::Relaxed) + by
}

#[unsafe(no_mangle)]
extern "C" fn shapes(size: u32) -> u32 {
    let shapes: [Box<dyn Shape>; 2] = [Box::new(Square(size)), Box::new(Rectangle(size, 2))];
    for shape in &shapes {
        say(&format!("{}: {}", shape.name(), shape.area()));
    }
    shapes.iter().map(|shape| shape.area()).sum()
}

#[unsafe(no_mangle)]
extern "C" fn maps(count: u32) -> u32 {
    let mut hashed = HashMap::new();
    let mut ordered = BTreeMap::new();
    for number in 0..count {
        hashed.insert(format!("key {number}"), number);
        ordered.insert(number, NAMES[number as usize % NAMES.len()]);
    }
    LOG.lock().unwrap().push(format!("{ordered:?} {:.3}", f64::from(count) / 7.0));
    LOG.lock().unwrap().iter().for_each(|line| say(line));
    let mut zeros = ZEROS.lock().unwrap();
    let last = zeros.len() - 1;
    zeros[last] += 1;
    zeros[0] = zeros[0].wrapping_add(hashed.values().sum::<u32>() as u8);
    u32::from(zeros[last]) + u32::from(zeros[0]) + u32::from(zeros[count as usize])
}

#[unsafe(no_mangle)]
extern "C" fn name(index: u32) -> u32 {
    say(NAMES[index as usize]);
    NAMES[index as usize].len() as u32
}

/// Changes ten letters in main's memory to upper case.
#[unsafe(no_mangle)]
extern "C" fn upper(at: usize) -> u32 {
    let mut text = vec![0; 10];
    // SAFETY: `text` has this length.
    unsafe { load(text.as_mut_ptr(), at, text.len()) };
    text.make_ascii_uppercase();
    say(&String::from_utf8_lossy(&text));
    // SAFETY: as above; main's memory does not overlap this program's.
    unsafe { store(at, text.as_ptr(), text.len()) };
    // SAFETY: the function has no preconditions.
    let large = unsafe { size() } >= 2 << 16;
    u32::from(large)
}

/// Returns the sum of the numbers up to `count`, with large frames.
#[unsafe(no_mangle)]
extern "C" fn deep(count: u32) -> u32 {
    let numbers = std::hint::black_box([count; 1024]);
    if count == 0 { 0 } else { deep(count - 1) + std::hint::black_box(&numbers)[7] }
}
