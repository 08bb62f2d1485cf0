//! Test adapter for line lookup: calls, inlined calls, static data, a trait object and a panic.

use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(7);
static NAMES: [&str; 3] = ["alpha", "beta", "gamma"];

trait Shape {
    fn area(&self) -> u32;
}

struct Square(u32);
struct Rectangle(u32, u32);

impl Shape for Square {
    #[inline(never)]
    fn area(&self) -> u32 {
        self.0 * self.0
    }
}

impl Shape for Rectangle {
    #[inline(never)]
    fn area(&self) -> u32 {
        self.0 * self.1
    }
}

#[inline(never)]
fn count(by: u32) -> u32 {
    COUNT.fetch_add(by, Ordering::Relaxed) + by
}

#[inline(always)]
fn twice(by: u32) -> u32 {
    count(by) * 2 // line: twice -> count
}

#[inline(never)]
fn shapes(side: u32) -> Vec<Box<dyn Shape>> {
    vec![Box::new(Square(side)), Box::new(Rectangle(side, 2))]
}

#[unsafe(export_name = "areas")]
extern "C" fn areas(side: u32) -> u32 {
    let shapes = shapes(side); // line: areas -> shapes
    shapes.iter().map(|shape| shape.area()).sum()
}

#[unsafe(export_name = "bump")]
extern "C" fn bump(by: u32) -> u32 {
    let one = count(by); // line: bump -> count
    let two = twice(by);
    one + two
}

#[unsafe(export_name = "length")]
extern "C" fn length(index: u32) -> u32 {
    let text = format!("{} {}", NAMES[index as usize], count(1));
    text.len() as u32
}

#[unsafe(export_name = "unused")]
extern "C" fn unused(index: u32) -> u32 {
    only_for_unused(index)
}

#[inline(never)]
fn only_for_unused(index: u32) -> u32 {
    index.rotate_left(COUNT.load(Ordering::Relaxed))
}
