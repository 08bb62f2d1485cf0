//! Two small languages of the command line: which adapter, and which WIT.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use polyfill_build::Element;

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

/// A layer of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Adapt {
    /// `[NAME=]FILE[:WIT[#WORLD]]`: an adapter.
    File(AdapterArg),
    /// `interpose(NAME)`: an interposer, for import modules by a name or pattern.
    Interposer(String),
}

/// An adapter in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdapterArg {
    /// The import module that it implements; from the file's name without it.
    pub(crate) name: Option<String>,
    pub(crate) file: PathBuf,
    pub(crate) wit: Option<WitArg>,
}

impl FromStr for Adapt {
    type Err = String;

    fn from_str(text: &str) -> Result<Adapt, String> {
        if let Element::Interposer(modules) = Element::parse(text) {
            return Ok(Adapt::Interposer(modules.to_string()));
        }
        let (name, rest) = match text.split_once('=') {
            Some(("", _)) => return Err("there is no name before `=`".to_string()),
            Some((name, rest)) => (Some(name.to_string()), rest),
            None => (None, text),
        };
        // On Windows the second character may be the colon behind a drive's letter.
        let skipped = if cfg!(windows) { 2 } else { 0 };
        let colon = rest.char_indices().skip(skipped).find(|(_, c)| *c == ':').map(|(at, _)| at);
        let (file, wit) = match colon {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        if file.is_empty() {
            return Err("there is no file in it".to_string());
        }
        if wit.is_some_and(|wit| wit.is_empty() || wit.starts_with('#')) {
            return Err("there is no path of WIT behind `:`".to_string());
        }
        let Ok(wit) = wit.map(WitArg::from_str).transpose();
        Ok(Adapt::File(AdapterArg { name, file: file.into(), wit }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: Option<&str>, file: &str, wit: Option<(&str, Option<&str>)>) {
        let wit = wit.map(|(path, world)| WitArg { path: path.into(), world: world.map(str::to_string) });
        let expected = Adapt::File(AdapterArg { name: name.map(str::to_string), file: file.into(), wit });
        assert_eq!(text.parse::<Adapt>(), Ok(expected));
    }

    #[test]
    fn every_part_but_the_file_may_be_left_out() {
        check("a.wasm", None, "a.wasm", None);
        check("n=a.wasm", Some("n"), "a.wasm", None);
        check("a.wat:w.wit", None, "a.wat", Some(("w.wit", None)));
        check("my:pkg/i@1.0.0=a.wasm:w#x", Some("my:pkg/i@1.0.0"), "a.wasm", Some(("w", Some("x"))));
    }

    #[test]
    fn interposers_have_parentheses() {
        assert_eq!("interpose(a:b/*)".parse(), Ok(Adapt::Interposer("a:b/*".to_string())));
        check("interpose()", None, "interpose()", None);
    }

    #[test]
    fn a_part_that_is_begun_is_not_empty() {
        for text in ["", "=a.wasm", "n=", ":w.wit", "a.wasm:", "a.wasm:#world"] {
            assert!(text.parse::<Adapt>().is_err(), "{text}");
        }
    }
}
