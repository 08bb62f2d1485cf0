//! Creates, uses, merges and drops counters, a resource of the host.

wit_bindgen::generate!({ path: "../../../wit/resources", world: "imported-resource" });

use polyfill::resources::counters::{Counter, alive, total};

struct ImportedResource;

impl Guest for ImportedResource {
    fn run() {
        println!("alive at first: {}", alive());
        let a = Counter::new(10);
        let b = Counter::new(100);
        println!("a: {}, b: {}", a.add(5), b.add(50));
        println!("total: {}, alive: {}", total(&[&a, &b, &a]), alive());
        {
            let c = Counter::new(1000);
            println!("with c alive: {}, c: {}", alive(), c.get());
        }
        println!("without c alive: {}", alive());
        let merged = Counter::merge(a, b);
        println!("merged: {}, alive: {}", merged.get(), alive());
        drop(merged);
        println!("alive at last: {}", alive());
    }
}

export!(ImportedResource);
