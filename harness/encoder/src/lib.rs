//! Welds a core module and its adapters into a component.
//!
//! Pure: bytes in, bytes out. No files, no environment, and the same bytes for the same input.
//!
//! ```text
//! bytes -- read --> Module --+
//!                            +- demand (bind, trim) --> Parts -- order, wire --> Plan -- emit --> component
//! WIT   -- join --> World ---+                                                    |
//!                                                            audit, explain <-----+
//! ```

mod audit;
mod bind;
mod canon;
mod dedupe;
mod demand;
mod emit;
mod error;
mod explain;
mod hint;
mod hooks;
mod input;
mod names;
mod order;
mod plan;
mod read;
mod thread_local;
mod trim;
mod unite;
mod wire;
mod world;

pub use error::{Error, Errors};
pub use input::{Forwarding, Input, Options, Region, Source, Wit};
pub use plan::Plan;
pub use trim::TrimError;

/// A component and how it came to be.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The component in binary form.
    pub component: Vec<u8>,
    /// What it was made from.
    pub plan: Plan,
}

/// Welds main and its adapters into a component.
pub fn encode(input: &Input<'_>, options: &Options) -> Result<Encoded, Errors> {
    let modules = read_all(input)?;
    let world = world::join(&modules, &given(input))?;
    let parts = demand::close(&modules, &world, options)?;
    let order = order::order(&parts);
    let plan = wire::wire(&modules, &world, &parts, order, options)?;
    if cfg!(any(debug_assertions, test)) {
        let found = audit::audit(&plan, &world, &parts);
        Errors::check(found.iter().map(|violation| Error::Audit { message: violation.to_string() }).collect())?;
    }
    let component = emit::emit(&plan, &world, &parts, options);
    if options.validate {
        validate(&component)?;
    }
    Ok(Encoded { component, plan })
}

/// What an adapter may not contain or lacks: all findings at once, none for a good one.
///
/// All of its exports are looked at, as if somebody asked for every one of them.
pub fn check(adapter: &Source<'_>) -> Vec<Error> {
    let module = match read::read(&adapter.name, adapter.wasm) {
        Ok(module) => module,
        Err(error) => return vec![error],
    };
    let mut errors: Vec<Error> = trim::check(&adapter.name, adapter.wasm).into_iter().map(Error::Trim).collect();
    // Binding looks adapters up behind main, so an empty main goes before this one.
    let modules = [read::Module::empty("main"), module];
    match world::join(&modules, &[None, adapter.wit.as_ref()]) {
        Ok(world) => {
            let binder = bind::Binder::new(&world, &modules);
            let id = plan::ModuleId(1);
            binder.imports(id, &modules[1], &mut errors);
            binder.exports(id, &modules[1], &mut errors);
        }
        Err(found) => errors.extend(found.iter().cloned()),
    }
    errors
}

fn read_all<'a>(input: &Input<'a>) -> Result<Vec<read::Module<'a>>, Errors> {
    let mut errors = Vec::new();
    let mut modules = Vec::new();
    for (index, source) in std::iter::once(&input.main).chain(&input.adapters).enumerate() {
        if index > 0 && input.adapters[..index - 1].iter().any(|other| other.name == source.name) {
            errors.push(Error::AdapterTwice { name: source.name.clone() });
        }
        match read::read(&source.name, source.wasm) {
            // An adapter that is one is refused with more to say, when it is trimmed.
            Ok(module) if module.is_library && index == 0 => {
                errors.push(Error::Library { module: source.name.clone() });
            }
            Ok(module) => modules.push(module),
            Err(error) => errors.push(error),
        }
    }
    Errors::check(errors)?;
    Ok(modules)
}

fn given<'a>(input: &'a Input<'_>) -> Vec<Option<&'a Wit>> {
    std::iter::once(&input.main).chain(&input.adapters).map(|source| source.wit.as_ref()).collect()
}

fn validate(component: &[u8]) -> Result<(), Error> {
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    validator
        .validate_all(component)
        .map(drop)
        .map_err(|error| Error::Invalid { offset: error.offset(), message: error.message().to_string() })
}
