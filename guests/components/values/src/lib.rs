//! Functions on every kind of value except handles. Each returns its parameters with a small change, which proves
//! that it read them.

wit_bindgen::generate!({ path: "../../../wit/values", world: "values" });

use exports::polyfill::values::transform::{Color, Guest, Permissions, Person, Point, Shape};

struct Values;

impl Guest for Values {
    fn shout(text: String) -> String {
        text.to_uppercase()
    }

    fn reverse(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.reverse();
        bytes
    }

    fn lengths(texts: Vec<String>) -> Vec<u32> {
        texts.iter().map(|text| text.len() as u32).collect()
    }

    fn mirror(p: Point) -> Point {
        Point { x: p.y as i32, y: p.x.into(), weight: -p.weight }
    }

    fn rename(mut p: Person, name: String) -> Person {
        p.aliases.push(p.name);
        Person { name, age: p.age.map(|age| age + 1), aliases: p.aliases }
    }

    fn grow(s: Shape) -> Shape {
        match s {
            Shape::Empty => Shape::Empty,
            Shape::Circle(radius) => Shape::Circle(radius * 2),
            Shape::Square(side) => Shape::Square(side * 2.0),
            Shape::Named(name) => Shape::Named(name.repeat(2)),
        }
    }

    fn next(c: Color) -> Color {
        match c {
            Color::Red => Color::Green,
            Color::Green => Color::Blue,
            Color::Blue => Color::Red,
        }
    }

    fn complement(p: Permissions) -> Permissions {
        // `!` would also set bits without a meaning.
        let mut rest = Permissions::empty();
        for flag in [Permissions::READ, Permissions::WRITE, Permissions::EXECUTE] {
            if p & flag != flag {
                rest = rest | flag;
            }
        }
        rest
    }

    fn swap((number, text, letter): (u8, String, char)) -> (char, String, u8) {
        (letter, text, number)
    }

    fn increment(n: Option<u32>) -> Option<u32> {
        n.map(|n| n + 1)
    }

    fn divide(a: i32, b: i32) -> Result<i32, String> {
        a.checked_div(b).ok_or_else(|| format!("{a} / {b} is no number"))
    }

    fn even(n: u64) -> Result<u64, ()> {
        if n.is_multiple_of(2) { Ok(n) } else { Err(()) }
    }

    fn negate(b: bool) -> bool {
        !b
    }

    fn extremes(f: f32, g: f64) -> (i8, u8, i16, u16, i32, u32, i64, u64, f32, f64) {
        (i8::MIN, u8::MAX, i16::MIN, u16::MAX, i32::MIN, u32::MAX, i64::MIN, u64::MAX, f, g)
    }
}

export!(Values);
