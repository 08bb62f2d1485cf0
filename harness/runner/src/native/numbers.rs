//! Calls of core functions with numeric arguments and results in WAVE notation.

use wasmtime::{FuncType, Val, ValType};

/// Splits `name(1, 2)` into the name and the arguments.
pub(super) fn parse_call(invoke: &str) -> Result<(&str, Vec<&str>), String> {
    let parts = invoke.trim().strip_suffix(')').and_then(|call| call.split_once('('));
    let (name, inner) = parts.ok_or_else(|| format!("`{invoke}` is not a call; expected `function(numbers)`"))?;
    let arguments = inner.split(',').map(str::trim);
    Ok((name.trim(), if inner.trim().is_empty() { Vec::new() } else { arguments.collect() }))
}

/// Parses the arguments as values of the function's type.
pub(super) fn arguments(invoke: &str, ty: &FuncType, given: &[&str]) -> Result<Vec<Val>, String> {
    if given.len() != ty.params().len() {
        return Err(format!(
            "`{invoke}`: the core function takes {} argument(s), found {}",
            ty.params().len(),
            given.len()
        ));
    }
    let values = ty
        .params()
        .zip(given)
        .map(|(ty, text)| parse(&ty, text).ok_or_else(|| format!("`{invoke}`: `{text}` is not a valid {ty}")));
    values.collect()
}

/// Parses a signed or unsigned integer that fits into the type's bits.
fn parse(ty: &ValType, text: &str) -> Option<Val> {
    match ty {
        ValType::I32 => text.parse::<i32>().ok().or_else(|| Some(text.parse::<u32>().ok()? as i32)).map(Val::I32),
        ValType::I64 => text.parse::<i64>().ok().or_else(|| Some(text.parse::<u64>().ok()? as i64)).map(Val::I64),
        ValType::F32 => text.parse::<f32>().ok().map(Val::from),
        ValType::F64 => text.parse::<f64>().ok().map(Val::from),
        _ => None,
    }
}

/// Returns a placeholder for a result.
pub(super) fn zero(ty: &ValType) -> Option<Val> {
    match ty {
        ValType::I32 => Some(Val::I32(0)),
        ValType::I64 => Some(Val::I64(0)),
        ValType::F32 => Some(Val::F32(0)),
        ValType::F64 => Some(Val::F64(0)),
        _ => None,
    }
}

/// Formats the results: `None` for no result, a tuple for several. Integers are signed.
pub(super) fn text(results: &[Val]) -> Option<String> {
    let number = |value: &Val| match value {
        Val::I32(number) => number.to_string(),
        Val::I64(number) => number.to_string(),
        Val::F32(bits) => f32::from_bits(*bits).to_string(),
        Val::F64(bits) => f64::from_bits(*bits).to_string(),
        other => format!("{other:?}"),
    };
    match results {
        [] => None,
        [one] => Some(number(one)),
        several => Some(format!("({})", several.iter().map(number).collect::<Vec<_>>().join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_a_name_and_numbers() {
        assert_eq!(parse_call("f()"), Ok(("f", vec![])));
        assert_eq!(parse_call(" f( 1, -2 ) "), Ok(("f", vec!["1", "-2"])));
        assert!(parse_call("f").is_err() && parse_call("f(1").is_err());
    }

    #[test]
    fn numbers_must_fit_their_type() {
        let shown = |ty, text| parse(&ty, text).map(|value| format!("{value:?}"));
        assert_eq!(shown(ValType::I32, "4294967295"), shown(ValType::I32, "-1"));
        assert_eq!(shown(ValType::I32, "4294967296"), None);
        assert_eq!(shown(ValType::I64, "\"1\""), None);
        assert_eq!(text(&[Val::I32(-1), Val::F64(1.5_f64.to_bits())]).as_deref(), Some("(-1, 1.5)"));
        assert_eq!(text(&[]), None);
    }
}
