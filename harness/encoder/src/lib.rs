//! Encodes a core module and its adapters into a component.
//!
//! The crate is pure: it reads no files and no environment variables, and the same input always results in the same
//! bytes.
//!
//! * [`encode`] encodes one guest; [`Prepared`] encodes many guests with the same adapters.
//! * [`check`] validates an adapter.
//! * [`relay()`] generates a proxy component, and [`watch()`] instruments the adapters of a component.
//! * [`provenance()`] reads the origin of each core item of a component.
//!
//! Stages:
//!
//! ```text
//! bytes -- read --> Module --+
//!                            +- demand (bind, trim) --> Parts -- order, wire --> Plan -- emit --> component
//! WIT   -- join --> World ---+                                                    |
//!                                                            audit, explain <-----+
//! ```

mod abi;
mod audit;
mod bind;
mod canon;
mod dedupe;
mod demand;
mod emit;
mod error;
mod explain;
mod frame;
mod frame_cache;
mod hint;
mod hoist;
mod hooks;
mod input;
mod interpose;
mod layers;
mod memory;
mod names;
mod near;
mod order;
mod parts;
mod plan;
mod prepared;
pub mod provenance;
mod read;
mod relay;
mod roles;
mod start;
mod stub;
mod thread_local;
mod trim;
mod trim_cache;
mod unite;
mod unknown;
mod validate;
pub mod versions;
mod warning;
mod watch;
mod wildcard;
mod wire;
mod world;

pub use abi::{core_type, definition};
pub use error::{Definition, Error, Errors};
pub use input::{Adapter, Code, Copies, Form, Forwarding, Input, Options, Region, ShadowStack, Source, Wit};
pub use interpose::CALLS;
pub use layers::is_named;
pub use near::near;
pub use plan::{Growth, Kept, Plan};
pub use prepared::Prepared;
pub use provenance::{Provenance, ProvenanceError, provenance};
pub use relay::{MODULE as RELAY_MODULE, Relay, RelayError, Relayed, relay};
pub use stub::Answer;
pub use trim::TrimError;
pub use warning::Warning;
pub use watch::{WatchError, watch};
pub use wildcard::fits;

use frame::Frame;
use read::Module;
use trim_cache::TrimCache;
use world::World;

/// A component and how it was encoded.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The component in binary form.
    pub component: Vec<u8>,
    /// All decisions about the component, for example the source of each import. Its `Display` output describes them.
    pub plan: Plan,
    /// Problems of the input that do not prevent encoding.
    pub warnings: Vec<Warning>,
}

/// Encodes main and its adapters into a component.
///
/// For many guests with the same adapters, use [`Prepared`].
///
/// # Errors
///
/// Encoding stops after the first stage that fails. All errors of that stage are returned, at most 100 of each kind. If
/// [`Options::validate`] is set, an invalid component is an error, too.
///
/// # Examples
///
#[doc = "```rust"]
#[doc = include_str!("../examples/encode.rs")]
#[doc = "```"]
pub fn encode(input: &Input<'_>, options: &Options) -> Result<Encoded, Errors> {
    let (main, layers) = layers::read(&input.main, &input.adapters)?;
    let modules = layers::line_up(main, &input.adapters, layers)?;
    let world = world::join(&modules)?;
    let EncodedModules { component, plan, warnings, .. } =
        encode_modules(&modules, &world, options, &TrimCache::default())?;
    Ok(Encoded { component, plan, warnings })
}

/// A component and the data that it was built from.
struct EncodedModules {
    component: Vec<u8>,
    frame: Frame,
    plan: Plan,
    warnings: Vec<Warning>,
}

/// Encodes modules whose worlds have been merged.
fn encode_modules(
    modules: &[Module<'_>],
    world: &World,
    options: &Options,
    trims: &TrimCache,
) -> Result<EncodedModules, Errors> {
    put_together(modules, world, options, trims).map_err(|errors| memory::once(&modules[0], errors))
}

fn put_together(
    modules: &[Module<'_>],
    world: &World,
    options: &Options,
    trims: &TrimCache,
) -> Result<EncodedModules, Errors> {
    let parts = demand::close(modules, world, options, trims)?;
    let order = order::order(&parts)?;
    let plan = wire::wire(modules, world, &parts, order, options)?;
    if let Some(error) = memory::full(&parts, options) {
        return Err(error.into());
    }
    if cfg!(any(debug_assertions, test)) {
        let found = audit::audit(&plan, world, &parts);
        Errors::check(found.iter().map(|violation| Error::Audit { message: violation.to_string() }).collect())?;
    }
    let frame = emit::emit(&plan, world, &parts, options);
    let component = frame.around(&parts.main.module);
    if options.validate {
        validate::validate(&component, modules)?;
    }
    let warnings = warning::find(modules, world, &parts);
    Ok(EncodedModules { component, frame, plan, warnings })
}

/// Validates an adapter. Returns all reasons why the encoder would reject it, at most 100 of each kind.
///
/// All exports of the adapter are checked, as if each of them were required. The result is empty if the adapter is
/// valid.
///
/// # Examples
///
#[doc = "```rust"]
#[doc = include_str!("../examples/check.rs")]
#[doc = "```"]
pub fn check(adapter: &Adapter<'_>) -> Vec<Error> {
    let mut modules = match layers::read_adapter(adapter) {
        Ok(modules) => modules,
        Err(error) => return vec![error],
    };
    let mut errors = Vec::new();
    for module in &modules {
        let form = demand::form(module);
        let found = trim::check(&module.name, &module.whole(), form, module.layer.stack.into());
        errors.extend(found.into_iter().map(Error::Trim));
    }
    // Binding expects main as the first module and adapters after it, so an empty main is added.
    modules.insert(0, read::Module::empty("main"));
    match world::join(&modules) {
        Ok(world) => {
            let binder = bind::Binder::new(&world, &modules);
            for (id, module) in modules.iter().enumerate().skip(1) {
                let id = plan::ModuleId(id);
                binder.imports(id, module, &mut errors);
                binder.exports(id, module, &mut errors);
            }
        }
        Err(found) => errors.extend(found.iter().cloned()),
    }
    error::limited(errors)
}
