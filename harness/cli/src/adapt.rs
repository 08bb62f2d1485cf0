//! Two small languages of the command line: which adapter, and which WIT.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

/// WIT: `PATH[#WORLD]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WitArg {
    /// A file, or a folder that is one package.
    pub(crate) path: PathBuf,
    pub(crate) world: Option<String>,
}

impl FromStr for WitArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<WitArg, Infallible> {
        let (path, world) = match text.rsplit_once('#') {
            Some((path, world)) => (path, Some(world.to_string())),
            None => (text, None),
        };
        Ok(WitArg { path: path.into(), world })
    }
}

/// An adapter: `[NAME=]FILE[:WIT[#WORLD]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adapt {
    /// The import module that it implements; from the file's name without it.
    pub(crate) name: Option<String>,
    pub(crate) file: PathBuf,
    pub(crate) wit: Option<WitArg>,
}

impl FromStr for Adapt {
    type Err = String;

    fn from_str(text: &str) -> Result<Adapt, String> {
        let (name, rest) = match text.split_once('=') {
            Some(("", _)) => return Err("there is no name before `=`".to_string()),
            Some((name, rest)) => (Some(name.to_string()), rest),
            None => (None, text),
        };
        // The second character is the colon of a drive's letter, as in `C:\adapter.wasm`.
        let colon = rest.char_indices().skip(2).find(|(_, c)| *c == ':').map(|(at, _)| at);
        let (file, wit) = match colon {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        if file.is_empty() || file.starts_with(':') {
            return Err("there is no file in it".to_string());
        }
        if wit.is_some_and(|wit| wit.is_empty() || wit.starts_with('#')) {
            return Err("there is no path of WIT behind `:`".to_string());
        }
        let Ok(wit) = wit.map(WitArg::from_str).transpose();
        Ok(Adapt { name, file: file.into(), wit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parsed(text: &str) -> (Option<String>, String, Option<(String, Option<String>)>) {
        let adapt: Adapt = text.parse().unwrap();
        let show = |path: PathBuf| path.display().to_string();
        (adapt.name, show(adapt.file), adapt.wit.map(|wit| (show(wit.path), wit.world)))
    }

    #[test]
    fn every_part_but_the_file_may_be_left_out() {
        let text = |text: &str| Some(text.to_string());
        assert_eq!(parsed("a.wasm"), (None, "a.wasm".into(), None));
        assert_eq!(parsed("n=a.wasm"), (text("n"), "a.wasm".into(), None));
        assert_eq!(parsed("a.wat:w.wit"), (None, "a.wat".into(), Some(("w.wit".into(), None))));
        assert_eq!(parsed("my:pkg/i@1.0.0=a:w#x"), (text("my:pkg/i@1.0.0"), "a".into(), Some(("w".into(), text("x")))));
        assert_eq!(parsed(r"n=C:\a.wasm:w"), (text("n"), r"C:\a.wasm".into(), Some(("w".into(), None))));
    }

    #[test]
    fn a_part_that_is_begun_is_not_empty() {
        for text in ["", "=a.wasm", "n=", ":w.wit", "a.wasm:", "a.wasm:#world"] {
            assert!(text.parse::<Adapt>().is_err(), "{text}");
        }
    }
}
