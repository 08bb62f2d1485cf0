//! x
use super::Finding;
/// x
pub struct EmitError;
/// x
pub struct Emitted;
/// x
pub fn emit(_: &Finding) {}
