//! Receives, lends and transfers handles of an imported resource.

wit_bindgen::generate!({ path: "../../../wit/resources", world: "borrowed-handles" });

use exports::lending::Guest as Lending;
use polyfill::resources::counters::{Counter, alive, total};

struct BorrowedHandles;

impl Lending for BorrowedHandles {
    fn bump(c: &Counter) -> u32 {
        c.add(1)
    }

    fn consume(c: Counter) -> u32 {
        c.get()
    }

    fn make(start: u32) -> Counter {
        Counter::new(start)
    }
}

impl Guest for BorrowedHandles {
    fn run() {
        let counters: Vec<Counter> = (1..=20).map(Counter::new).collect();
        let borrows: Vec<&Counter> = counters.iter().collect();
        println!("total of 20: {}, of none: {}", total(&borrows), total(&[]));
        for counter in &counters {
            BorrowedHandles::bump(counter);
        }
        println!("total after bumps: {}, alive: {}", total(&borrows), alive());
        let last = counters.into_iter().map(BorrowedHandles::consume).max();
        println!("largest: {last:?}, alive: {}", alive());
    }
}

export!(BorrowedHandles);
