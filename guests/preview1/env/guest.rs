//! Prints its environment, sorted, or its size.

fn main() {
    let mut vars: Vec<(String, String)> = std::env::vars().collect();
    vars.sort();
    if std::env::args().nth(1).as_deref() == Some("size") {
        let bytes: usize = vars.iter().map(|(name, value)| name.len() + value.len()).sum();
        println!("{} variables, {bytes} bytes", vars.len());
    } else {
        for (name, value) in vars {
            println!("{name}=[{value}]");
        }
    }
}
