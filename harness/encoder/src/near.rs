//! Near misses: known names that are similar to an unknown one.

/// Maximum length in bytes of names that are compared.
const LONGEST: usize = 200;

/// Maximum number of returned names.
const MOST: usize = 3;

/// Returns the known names that are closest to the wanted one, in alphabetical order, at most three.
///
/// The distance is the number of edits, where letter case and `_` for `-` count as none and transposed letters as one.
/// Names farther away than a quarter of the length of the wanted one are not returned.
pub fn near<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = fold(wanted);
    let most = match folded.chars().count() {
        0..3 => 0,
        length => (length / 4).max(1),
    };
    let close = |name: &'a str| {
        // The edit distance is at least the difference of the lengths.
        if name.len().max(wanted.len()) > LONGEST || name.chars().count().abs_diff(wanted.chars().count()) > most {
            return None;
        }
        let distance = strsim::osa_distance(&folded, &fold(name));
        (distance <= most).then_some((distance, name))
    };
    let mut close: Vec<(usize, &str)> = known.into_iter().filter_map(close).collect();
    close.sort_unstable();
    close.dedup();
    let least = close.first().map_or(0, |(distance, _)| *distance);
    close.into_iter().take_while(|(distance, _)| *distance == least).take(MOST).map(|(_, name)| name).collect()
}

/// Normalizes differences of spelling that are easy to confuse: case, and `_` for `-`.
fn fold(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_closest_names_are_returned() {
        let known = ["wasi_snapshot_preview1", "env", "my-wasi", "stdout", "stdin", "stdio"];
        assert_eq!(near("WASI-snapshot-preview1", known), ["wasi_snapshot_preview1"]);
        assert_eq!(near("nev", known), ["env"]);
        assert_eq!(near("stdix", known), ["stdin", "stdio"]);
        assert_eq!(near("something else", known), [] as [&str; 0]);
    }

    #[test]
    fn short_names_must_be_equal_except_for_their_spelling() {
        assert_eq!(near("x", ["y"]), [] as [&str; 0]);
        assert_eq!(near("a-b", ["a_b"]), ["a_b"]);
    }

    #[test]
    fn at_most_three_names_are_returned() {
        assert_eq!(near("fd0", ["fd1", "fd5", "fd2", "fd4", "fd3", "fd1"]), ["fd1", "fd2", "fd3"]);
    }
}
