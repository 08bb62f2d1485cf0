//! Calls imports that return values of many kinds, and prints the results.

wit_bindgen::generate!({ path: "../../../wit/values", world: "asks" });

use polyfill::values::answers::{Shape, lookup, measure, path, reshape};

struct Asks;

impl Guest for Asks {
    fn run() {
        println!("lookup: {:?} {:?}", lookup("there"), lookup("not there"));
        println!("measure: {:?} {:?}", measure(1), measure(2));
        for point in path() {
            println!("path: {} {} {}", point.x, point.y, point.weight);
        }
        println!("reshape: {:?}", reshape(&Shape::Named("triangle".to_owned())));
        println!("reshape: {:?}", reshape(&Shape::Circle(1 << 40)));
    }
}

export!(Asks);
