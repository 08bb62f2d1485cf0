//! Argument syntax of adapters and WIT.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use polyfill_builder::Element;
use polyfill_encoder::{Form, ShadowStack};
use wit_component::StringEncoding;

/// WIT argument: `PATH[#WORLD]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WitArg {
    /// A file, or the directory of one package.
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
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Adapt {
    /// An adapter: `[NAME=]FILE[:WIT[#WORLD]]`.
    File(AdapterArg),
    /// An interposition adapter: `interpose(NAME)`, for the import modules with that name or pattern.
    Interposer(String),
}

/// An adapter in a file: `[NAME=]FILE[:WIT[#WORLD]][,OPTION=VALUE]..`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AdapterArg {
    /// Import module that the adapter implements. Default: derived from the file name.
    pub(crate) name: Option<String>,
    pub(crate) file: PathBuf,
    pub(crate) wit: Option<WitArg>,
    pub(crate) settings: Settings,
}

/// Settings of an adapter, with the same names as in a sidecar file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) form: Form,
    pub(crate) stack: ShadowStack,
    /// String encoding of the given WIT.
    pub(crate) encoding: Option<StringEncoding>,
}

/// Options of an adapter, as listed in messages.
const OPTIONS: &str = "`form=shared`, `form=isolated`, `stack.size=BYTES`, `stack.pointer=GLOBAL`, `stack.guard=true`, \
     `encoding=utf8`, `encoding=utf16` and `encoding=latin1+utf16`";

impl Settings {
    /// Sets one option.
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = || value.parse().map_err(|_| format!("`{key}={value}`: expected a number up to 4294967295"));
        match (key, value) {
            ("form", "shared") => self.form = Form::Shared,
            ("form", "isolated") => self.form = Form::Isolated,
            ("stack.size", _) => self.stack.size = Some(number()?),
            ("stack.pointer", _) => self.stack.pointer = Some(number()?),
            ("stack.guard", "true") => self.stack.guard = true,
            ("stack.guard", "false") => self.stack.guard = false,
            ("encoding", _) => self.encoding = Some(encoding(value)?),
            _ => return Err(format!("`{key}={value}` is not an adapter option: expected one of {OPTIONS}")),
        }
        Ok(())
    }
}

/// Parses the name of a string encoding, as used by WIT tools.
pub(crate) fn encoding(text: &str) -> Result<StringEncoding, String> {
    match text {
        "utf8" => Ok(StringEncoding::UTF8),
        "utf16" => Ok(StringEncoding::UTF16),
        "latin1+utf16" => Ok(StringEncoding::CompactUTF16),
        _ => Err(format!("unknown string encoding `{text}`: expected `utf8`, `utf16` or `latin1+utf16`")),
    }
}

impl FromStr for Adapt {
    type Err = String;

    fn from_str(text: &str) -> Result<Adapt, String> {
        match Element::parse(text) {
            Element::Interposer(modules) => Ok(Adapt::Interposer(modules.to_string())),
            Element::Adapter(_) => text.parse().map(Adapt::File),
        }
    }
}

impl FromStr for AdapterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<AdapterArg, String> {
        let mut settings = Settings::default();
        let mut text = text;
        // File names can contain commas, but no `=` after them.
        while let Some((rest, (key, value))) =
            text.rsplit_once(',').and_then(|(rest, option)| Some((rest, option.split_once('=')?)))
        {
            settings.set(key, value)?;
            text = rest;
        }
        let (name, rest) = match text.split_once('=') {
            Some(("", _)) => return Err("missing name before `=`".to_string()),
            Some((name, rest)) => (Some(name.to_string()), rest),
            None => (None, text),
        };
        // On Windows, the second character can be the colon of a drive letter.
        let skipped = if cfg!(windows) { 2 } else { 0 };
        let colon = rest.char_indices().skip(skipped).find(|(_, c)| *c == ':').map(|(at, _)| at);
        let (file, wit) = match colon {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        if file.is_empty() {
            return Err("missing file name".to_string());
        }
        if wit.is_some_and(|wit| wit.is_empty() || wit.starts_with('#')) {
            return Err("missing WIT path after `:`".to_string());
        }
        let Ok(wit) = wit.map(WitArg::from_str).transpose();
        if settings.encoding.is_some() && wit.is_none() {
            return Err(
                "`encoding` requires a WIT path (`FILE:WIT`); a component-type section specifies its own encoding"
                    .to_string(),
            );
        }
        Ok(AdapterArg { name, file: file.into(), wit, settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: Option<&str>, file: &str, wit: Option<(&str, Option<&str>)>) {
        let wit = wit.map(|(path, world)| WitArg { path: path.into(), world: world.map(str::to_string) });
        let settings = Settings::default();
        let expected = Adapt::File(AdapterArg { name: name.map(str::to_string), file: file.into(), wit, settings });
        assert_eq!(text.parse::<Adapt>(), Ok(expected));
    }

    #[test]
    fn every_part_except_the_file_is_optional() {
        check("a.wasm", None, "a.wasm", None);
        check("n=a.wasm", Some("n"), "a.wasm", None);
        check("a.wat:w.wit", None, "a.wat", Some(("w.wit", None)));
        check("my:pkg/i@1.0.0=a.wasm:w#x", Some("my:pkg/i@1.0.0"), "a.wasm", Some(("w", Some("x"))));
    }

    #[test]
    fn options_match_those_of_sidecars() {
        let text = "n=a,b.wasm:w.wit#x,form=isolated,stack.size=8192,stack.pointer=1,stack.guard=true,encoding=utf16";
        let arg: AdapterArg = text.parse().unwrap();
        let stack = ShadowStack { size: Some(8192), guard: true, pointer: Some(1), checked: false };
        let expected = Settings { form: Form::Isolated, stack, encoding: Some(StringEncoding::UTF16) };
        assert_eq!((arg.settings, arg.file.to_str()), (expected, Some("a,b.wasm")));
        assert_eq!(arg.wit, Some(WitArg { path: "w.wit".into(), world: Some("x".to_string()) }));
        for (wrong, part) in [
            ("a.wasm,form=own", "is not an adapter option"),
            ("a.wasm,size=1", "is not an adapter option"),
            ("a.wasm,stack.size=big", "expected a number"),
            ("a.wasm:w.wit,encoding=latin1", "unknown string encoding"),
            ("a.wasm,encoding=utf16", "requires a WIT path"),
        ] {
            let error = wrong.parse::<AdapterArg>().unwrap_err();
            assert!(error.contains(part), "{wrong}: {error}");
        }
    }

    #[test]
    fn interposition_adapters_require_parentheses() {
        assert_eq!("interpose(a:b/*)".parse(), Ok(Adapt::Interposer("a:b/*".to_string())));
        check("interpose()", None, "interpose()", None);
    }

    #[test]
    fn empty_parts_are_rejected() {
        for text in ["", "=a.wasm", "n=", ":w.wit", "a.wasm:", "a.wasm:#world"] {
            assert!(text.parse::<Adapt>().is_err(), "{text}");
        }
    }
}
