//! Known differences: features that the reference does not support, and errors and unnecessary output of the reference.
//!
//! Each class has a reason and a directory of the same name under `tests/known/` that demonstrates it. A class is as
//! narrow as possible. If the reference fails, the class matches the error message and its cause in the modules. If
//! both encoders produce a component, the class removes the accepted difference, and the rest must be equal.

use crate::compare::{self, Pair, Verdict};
use crate::encoders::{self, Component, Outcome};
use crate::facts::Facts;
use crate::inputs::Binaries;
use crate::needs::Lifted;
use crate::rewrite;

/// A class of known differences.
#[derive(Debug)]
pub struct Class {
    /// Name of the class.
    pub name: &'static str,
    /// Reason for the difference, which is not an error of this project.
    pub reason: &'static str,
    matches: fn(&Question<'_>) -> bool,
}

impl PartialEq for Class {
    fn eq(&self, other: &Class) -> bool {
        self.name == other.name
    }
}

/// A difference and its inputs.
struct Question<'a> {
    binaries: &'a Binaries,
    pair: &'a Pair,
    main: Facts,
    /// Adapters by name.
    adapters: Vec<(&'a str, Facts)>,
}

/// All classes. The first match applies.
pub const CLASSES: &[Class] = &[
    Class {
        name: "error-instead-of-failure",
        reason: "the input is invalid and rejected; the reference panics or produces an invalid component",
        matches: |q| q.we_refuse("") && matches!(q.pair.reference, Outcome::Panicked(_) | Outcome::Invalid(_)),
    },
    Class {
        name: "order-of-exports",
        reason: "the reference exports main's items first, then the adapters'; this encoder keeps the order of the \
                 merged world, in which dependencies come first. The order has no meaning",
        matches: |q| q.components().is_some_and(|(ours, reference)| same_but_order(ours, reference)),
    },
    Class {
        name: "main-realloc-for-adapters",
        reason: "an adapter without its own realloc uses main's; the reference rejects it",
        matches: |q| {
            let Outcome::Component(ours) = &q.pair.ours else { return false };
            let main = |(module, _): (&str, &str)| module == "main";
            q.it_refuses("does not export a function named `cabi_realloc`") && reallocs(ours).any(main)
        },
    },
    Class {
        name: "adapter-sections",
        reason: "adapters may have tables, elements, data and a start function; the reference rejects these sections, \
                 even if they are unused",
        matches: |q| {
            let words = q.it_refuses("unsupported section `") || q.it_refuses("tables should not be present");
            q.we_encode() && words && q.any_adapter(|_, facts| facts.unusual_sections)
        },
    },
    Class {
        name: "dead-adapter-imports",
        reason: "imports that only unused functions of an adapter need may be missing; the reference validates all \
                 imports before garbage collection",
        matches: |q| {
            let words = ["is only allowed to import functions", "requires an import interface", "does not specify"];
            let missing = ["is missing function", "no top-level imported function", "unknown function", "mismatch"];
            let adapter = q.it_refuses("failed to validate the imports of the adapter module");
            q.we_encode() && adapter && words.iter().chain(&missing).any(|words| q.it_refuses(words))
        },
    },
    Class {
        name: "adapter-imports-twice",
        reason: "an adapter may import an item twice; the reference permits that for main only",
        matches: |q| {
            let words = q.it_refuses("module has duplicate import for") || q.it_refuses("multiple imports for memory");
            q.we_encode() && words && q.any_adapter(|_, facts| facts.imports_twice())
        },
    },
    Class {
        name: "adapter-named-like-memory",
        reason: "an adapter may have the name of the module from which main imports its memory (`env`); the reference \
                 panics",
        matches: |q| {
            let named = q.any_adapter(|name, _| q.main.imports.iter().any(|(from, _, f)| from == name && !f));
            q.we_encode() && q.it_fails("entered unreachable code") && named
        },
    },
    Class {
        name: "part-of-an-interface",
        reason: "an adapter named like an interface may lack some of its functions: the component imports them; the \
                 reference requires them from the adapter",
        matches: |q| {
            let lacks = |name: &str, facts: &Facts| {
                let mut fields = q.main.imports.iter().filter(|(from, ..)| from == name).map(|(_, field, _)| field);
                name.contains(':') && fields.any(|field| !facts.exports.contains(field))
            };
            q.we_encode() && q.it_refuses("adapter module did not export") && q.any_adapter(lacks)
        },
    },
    Class {
        name: "memory-of-another-name",
        reason: "an adapter that imports `memory` from main receives main's memory, even if main imports it or names it \
                 by the standard mangling; the reference produces an invalid component",
        matches: |q| {
            let asks = |_: &str, facts: &Facts| {
                let mut imports = facts.imports.iter();
                imports.any(|(from, field, function)| from == "__main_module__" && field == "memory" && !function)
            };
            let other = q.main.exports.iter().all(|export| export != "memory");
            q.we_encode() && q.it_fails("has no export named `memory`") && other && q.any_adapter(asks)
        },
    },
    Class {
        name: "hook-around-no-realloc",
        reason: "a function with the name of a realloc and another type is not a realloc and needs no task hook; the \
                 reference produces an invalid component",
        matches: |q| {
            let hooked = q.main.exports.iter().any(|export| export == "__wasm_task_hook");
            q.we_encode() && hooked && q.it_fails("type mismatch for export") && q.it_fails("realloc`")
        },
    },
    Class {
        name: "chain",
        reason: "adapters may import from adapters; the reference computes the used functions of an adapter from \
                 main's imports only, and omits the others or panics",
        matches: |q| {
            let words = ["has no export named", "no entry found for key", "missing module instantiation argument"];
            let chain = q.any_adapter(|name, facts| {
                q.adapters.iter().any(|(other, _)| *other != name && facts.imports_from(other))
            });
            q.we_encode() && words.iter().any(|words| q.it_fails(words)) && chain
        },
    },
    Class {
        name: "adapter-over-its-own-interface",
        reason: "an adapter named like an interface may import that interface: the component's, not itself; the \
                 reference passes the same instance as to main",
        matches: |q| {
            let words = ["type mismatch for export", "has no export named", "no entry found for key"];
            let own = q.any_adapter(|name, facts| facts.imports_from(name));
            let fails = q.we_encode() && words.iter().any(|words| q.it_fails(words));
            own && (fails || q.only_lowers_of_own_names())
        },
    },
    Class {
        name: "adapter-exports-no-function",
        reason: "an adapter's world may export an interface without functions; the reference drops the adapter and \
                 then fails to find it",
        matches: |q| q.we_encode() && q.it_fails("no entry found for key"),
    },
    Class {
        name: "stack-without-memory",
        reason: "an adapter with a stack pointer or an import from main may have functions that use no memory; the \
                 reference generates a `memory.grow` without a memory",
        matches: |q| {
            let wants =
                |_: &str, facts: &Facts| facts.has_global("__stack_pointer") || facts.imports_from("__main_module__");
            q.we_encode() && q.it_fails("unknown memory") && q.any_adapter(wants)
        },
    },
    Class {
        name: "stack-in-no-memory",
        reason: "a shadow stack requires a memory; without one, the reference still initializes the stack pointer",
        matches: |q| {
            let memory = q.main.imports_memory || q.main.exports_memory;
            let stack = q.any_adapter(|_, facts| facts.has_global("__stack_pointer"));
            q.we_refuse("needs one: the adapter works in main's memory") && q.it_encodes() && !memory && stack
        },
    },
    Class {
        name: "renumbered-globals",
        reason: "the reference uses the index that the stack pointer or the allocation state had before dead globals \
                 were dropped",
        matches: |q| {
            let stack = q.any_adapter(|_, facts| facts.has_global("__stack_pointer"));
            let state = q.any_adapter(|_, facts| facts.has_global("allocation_state"));
            let words = ["unknown global", "type mismatch", "global is immutable"];
            q.we_encode() && stack && state && words.iter().any(|words| q.it_fails(words))
        },
    },
    Class {
        name: "stack-pointer-type",
        reason: "a global named `__stack_pointer` that is not a mutable i32 is rejected; the reference uses some other \
                 global, and the adapter has no stack",
        matches: |q| q.we_refuse("must be a mutable i32 defined in the module") && q.it_encodes(),
    },
    Class {
        name: "unneeded-realloc",
        reason: "the reference keeps every realloc of an adapter with its callees and imports; this encoder keeps those \
                 that a lift or lower uses",
        matches: |q| q.unneeded_realloc(),
    },
];

/// Returns the class of a known difference.
pub fn class(binaries: &Binaries, pair: &Pair) -> Option<&'static Class> {
    // An internal error of this encoder is never a known difference.
    if matches!(pair.ours, Outcome::Panicked(_) | Outcome::Invalid(_)) {
        return None;
    }
    let adapters = binaries.adapters.iter().map(|(name, wasm)| (name.as_str(), Facts::read(wasm)));
    let question = Question { binaries, pair, main: Facts::read(&binaries.main), adapters: adapters.collect() };
    CLASSES.iter().find(|class| (class.matches)(&question))
}

impl Question<'_> {
    fn we_encode(&self) -> bool {
        matches!(self.pair.ours, Outcome::Component(_))
    }

    fn it_encodes(&self) -> bool {
        matches!(self.pair.reference, Outcome::Component(_))
    }

    fn components(&self) -> Option<(&Component, &Component)> {
        match (&self.pair.ours, &self.pair.reference) {
            (Outcome::Component(ours), Outcome::Component(reference)) => Some((ours, reference)),
            _ => None,
        }
    }

    fn we_refuse(&self, words: &str) -> bool {
        matches!(&self.pair.ours, Outcome::Refused(message) if message.contains(words))
    }

    fn it_refuses(&self, words: &str) -> bool {
        matches!(&self.pair.reference, Outcome::Refused(message) if message.contains(words))
    }

    /// Returns true if the reference rejects the input, panics or produces an invalid component with this message.
    fn it_fails(&self, words: &str) -> bool {
        match &self.pair.reference {
            Outcome::Component(_) => false,
            Outcome::Refused(message) | Outcome::Invalid(message) | Outcome::Panicked(message) => {
                message.contains(words)
            }
        }
    }

    fn any_adapter(&self, test: impl Fn(&str, &Facts) -> bool) -> bool {
        self.adapters.iter().any(|(name, facts)| test(name, facts))
    }

    /// Returns true if the only difference is that this encoder lowers functions of an interface for the adapter of
    /// that name.
    fn only_lowers_of_own_names(&self) -> bool {
        let Some((ours, reference)) = self.components() else { return false };
        let diff = reference.needs.diff(&ours.needs);
        let own = self.adapters.iter().filter(|(name, facts)| facts.imports_from(name));
        let starts: Vec<String> = own.map(|(name, _)| format!("+ lower {name}#")).collect();
        !diff.is_empty() && diff.lines().all(|line| starts.iter().any(|start| line.starts_with(start)))
    }

    /// Returns true if there is no difference, or another known one, without the reallocs that this encoder does not
    /// use.
    fn unneeded_realloc(&self) -> bool {
        let Outcome::Component(ours) = &self.pair.ours else { return false };
        let mut lean = self.binaries.clone();
        for (name, wasm) in &mut lean.adapters {
            let used: Vec<&str> = reallocs(ours).filter(|(m, _)| m == name).map(|(_, e)| e).collect();
            *wasm = rewrite::without_exports(wasm, |export| export.ends_with("realloc") && !used.contains(&export));
        }
        let less = lean
            .adapters
            .iter()
            .zip(&self.binaries.adapters)
            .any(|(lean, whole)| Facts::read(&lean.1).exports.len() < Facts::read(&whole.1).exports.len());
        let pair = Pair { ours: self.pair.ours.clone(), reference: encoders::reference(&lean) };
        less && !matches!(compare::judge(&lean, &pair), Verdict::Finding(_))
    }
}

/// Returns the reallocs, as module and export, that a component's lifts and lowers use.
fn reallocs(component: &Component) -> impl Iterator<Item = (&str, &str)> {
    let lowers = component.needs.lowered.values().flatten();
    let lifts = component.needs.lifted.values().filter_map(|lifted| match lifted {
        Lifted::Core { options, .. } => Some(options),
        Lifted::Imported(_) => None,
    });
    lowers.chain(lifts).filter_map(|options| {
        let realloc = options.realloc.as_ref()?;
        Some((realloc.module.as_str(), realloc.export.as_str()))
    })
}

/// Returns true if two components are equal except for the order of the world's exports.
fn same_but_order(ours: &Component, reference: &Component) -> bool {
    let sorted = |component: &Component| rewrite::sorted_exports(&component.wit);
    ours.needs == reference.needs && sorted(ours).is_some_and(|ours| Some(ours) == sorted(reference))
}
