//! Compares two WAVE texts by value, without knowing the type.

use std::collections::{BTreeMap, BTreeSet};

use wasmtime::component::wasm_wave::ast::{Node, NodeType};
use wasmtime::component::wasm_wave::untyped::UntypedValue;

/// Returns true if both texts denote the same value. White space, the spelling of numbers and strings, and the order of
/// fields are insignificant; `some(..)` and `none` fields may be omitted; bytes may be written as a string. Fails if
/// the expected text is not valid WAVE.
pub(crate) fn same(expected: &str, actual: &str) -> Result<bool, String> {
    if expected.trim() == actual {
        return Ok(true);
    }
    let expected = UntypedValue::parse(expected).map_err(|error| error.to_string())?;
    // The actual text may contain handles (`$1`), which are not WAVE: compare the texts verbatim.
    let Ok(actual) = UntypedValue::parse(actual) else { return Ok(false) };
    let left = Value { node: expected.node(), source: expected.source() };
    let right = Value { node: actual.node(), source: actual.source() };
    Ok(left.same(&right).unwrap_or(false))
}

/// Parsed node with its source text.
struct Value<'a> {
    node: &'a Node,
    source: &'a str,
}

impl<'a> Value<'a> {
    /// Returns `None` if the node does not match its node type.
    fn same(&self, other: &Self) -> Option<bool> {
        use NodeType::*;
        Some(match (self.node.ty(), other.node.ty()) {
            (OptionSome, OptionSome) => self.payload()?.same(&other.payload()?)?,
            (OptionSome, _) => self.payload()?.same(other)?,
            (_, OptionSome) => self.same(&other.payload()?)?,
            (Number, Number) => same_number(&self.number()?, &other.number()?),
            (Char, Char) => self.node.as_char(self.source).ok()? == other.node.as_char(other.source).ok()?,
            (String | MultilineString, String | MultilineString) => self.string()? == other.string()?,
            (String | MultilineString, List) => Some(self.string()?.into_bytes()) == other.bytes(),
            (List, String | MultilineString) => self.bytes() == Some(other.string()?.into_bytes()),
            (Tuple, Tuple) => self.all_same(self.node.as_tuple().ok()?, other, other.node.as_tuple().ok()?)?,
            (List, List) => self.all_same(self.node.as_list().ok()?, other, other.node.as_list().ok()?)?,
            (Record, Record) => self.same_fields(other)?,
            (Flags, Flags) => self.flags()? == other.flags()?,
            (VariantWithPayload, VariantWithPayload) => {
                let (name, value) = self.node.as_variant(self.source).ok()?;
                let (other_name, other_value) = other.node.as_variant(other.source).ok()?;
                name == other_name && self.at(value?).same(&other.at(other_value?))?
            }
            (ResultOk, ResultOk) | (ResultErr, ResultErr) => match (self.result()?, other.result()?) {
                (Some(value), Some(other)) => value.same(&other)?,
                (value, other) => value.is_none() && other.is_none(),
            },
            (Label, Label) => self.node.as_enum(self.source).ok()? == other.node.as_enum(other.source).ok()?,
            (ty, other) => ty == other && matches!(ty, BoolTrue | BoolFalse | OptionNone),
        })
    }

    fn all_same<'n>(
        &self,
        mut nodes: impl ExactSizeIterator<Item = &'n Node>,
        other: &Self,
        mut others: impl ExactSizeIterator<Item = &'n Node>,
    ) -> Option<bool> {
        if nodes.len() != others.len() {
            return Some(false);
        }
        while let (Some(node), Some(other_node)) = (nodes.next(), others.next()) {
            let here = Value { node, source: self.source };
            if !here.same(&Value { node: other_node, source: other.source })? {
                return Some(false);
            }
        }
        Some(true)
    }

    fn same_fields(&self, other: &Self) -> Option<bool> {
        let (fields, others) = (self.fields()?, other.fields()?);
        let names: BTreeSet<&str> = fields.keys().chain(others.keys()).copied().collect();
        for name in names {
            let same = match (fields.get(name), others.get(name)) {
                (Some(value), Some(other)) => value.same(other)?,
                (Some(value), None) | (None, Some(value)) => value.node.ty() == NodeType::OptionNone,
                (None, None) => true,
            };
            if !same {
                return Some(false);
            }
        }
        Some(true)
    }

    fn fields(&self) -> Option<BTreeMap<&'a str, Value<'a>>> {
        Some(self.node.as_record(self.source).ok()?.map(|(name, node)| (name, self.at(node))).collect())
    }

    fn flags(&self) -> Option<BTreeSet<&'a str>> {
        Some(self.node.as_flags(self.source).ok()?.collect())
    }

    fn payload(&self) -> Option<Value<'a>> {
        Some(self.at(self.node.as_option().ok()??))
    }

    /// Returns the payload of `ok(..)` or `err(..)`.
    fn result(&self) -> Option<Option<Value<'a>>> {
        let (Ok(value) | Err(value)) = self.node.as_result().ok()?;
        Some(value.map(|node| self.at(node)))
    }

    fn number(&self) -> Option<std::string::String> {
        self.node.as_number(self.source).ok()
    }

    fn string(&self) -> Option<std::string::String> {
        self.node.as_str(self.source).ok().map(|text| text.into_owned())
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        self.node.as_list().ok()?.map(|node| node.as_number(self.source).ok()).collect()
    }

    fn at(&self, node: &'a Node) -> Value<'a> {
        Value { node, source: self.source }
    }
}

fn same_number(a: &str, b: &str) -> bool {
    match (a.parse::<i128>(), b.parse::<i128>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a == b || a.is_nan() && b.is_nan(),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn spelling_is_insignificant() {
        for (expected, actual) in [
            ("[1,2 , 3]", "[1, 2, 3]"),
            ("1.0", "1"),
            ("nan", "nan"),
            (r#""\u{41}""#, r#""A""#),
            ("{b: 2, a: 1}", "{a: 1, b: 2, c: none}"),
            ("{x, y}", "{y, x}"),
            ("some(3)", "3"),
            ("ok((1, 'x'))", "ok((1,'x'))"),
            ("%none(some(1))", "%none(1)"),
            (r#""hi""#, "[104, 105]"),
            ("$1", "$1"),
        ] {
            assert_eq!(same(expected, actual), Ok(true), "{expected} and {actual}");
        }
    }

    #[test]
    fn different_values_are_not_equal() {
        for (expected, actual) in
            [("[1, 2]", "[1, 2, 3]"), ("ok", "err"), ("ok(1)", "ok"), ("a(1)", "b(1)"), ("{x}", "{y}"), ("1", "\"1\"")]
        {
            assert_eq!(same(expected, actual), Ok(false), "{expected} and {actual}");
        }
        assert!(same("[1,", "[1]").is_err());
    }
}
