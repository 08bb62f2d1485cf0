//! Reads both clocks and sleeps. Prints mostly yes or no, because durations depend on the host.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() {
    let start = Instant::now();
    sleep(Duration::from_millis(20));
    let slept = start.elapsed();
    println!("slept at least 20 ms: {}", slept >= Duration::from_millis(20));

    let first = Instant::now();
    let second = Instant::now();
    println!("never backwards: {}", second >= first);

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    println!("seconds since 1970: {}", now.as_secs());

    if std::env::args().nth(1).as_deref() == Some("exact") {
        println!("slept {} ns", slept.as_nanos());
        println!("one reading later: {} ns", second.duration_since(first).as_nanos());
        // Takes no time with a virtual clock.
        let start = Instant::now();
        sleep(Duration::from_secs(3600));
        println!("slept {} s", start.elapsed().as_secs());
    }
}
