//! Random core function types.

use wasmparser::{FuncType, ValType};

use crate::random::Random;

/// Returns a function type for an import.
pub fn core_type(random: &mut Random) -> FuncType {
    const TYPES: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
    let mut some = |most: usize| {
        let count = random.below(most + 1);
        (0..count).map(|_| if random.chance(60) { ValType::I32 } else { TYPES[random.below(4)] }).collect::<Vec<_>>()
    };
    let params = some(4);
    // Few modules use multiple results.
    let results = some(if params.len() == 3 { 2 } else { 1 });
    FuncType::new(params, results)
}
