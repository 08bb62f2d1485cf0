//! Prints a random number, through its own import and the standard library.

wit_bindgen::generate!({ path: "../../../wit/random-number", world: "random-number" });

struct RandomNumber;

impl Guest for RandomNumber {
    fn run() {
        imports::my_fancy_host_function();

        println!("guest random number is: {}", rand::random::<u32>());
    }
}

export!(RandomNumber);
