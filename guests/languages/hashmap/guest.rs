//! A hash map, which is seeded with random bytes at startup.

use std::collections::HashMap;

fn main() {
    let mut map = HashMap::new();
    for word in "the quick brown fox jumps over the lazy dog and the cat".split(' ') {
        *map.entry(word).or_insert(0) += 1;
    }
    let mut words: Vec<(&str, i32)> = map.into_iter().collect();
    words.sort();
    for (word, count) in words {
        println!("{word} {count}");
    }
}
