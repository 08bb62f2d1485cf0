//! Text output for main's start function: the calls that it may make, and the modules that are instantiated before main
//! for them.

use std::fmt;

use crate::plan::{CoreRef, Plan, Via};
use crate::start::{Remedy, Start};

impl Plan {
    pub(super) fn start(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Start { calls, remedy }) = &self.start else { return Ok(()) };
        writeln!(f, "\nstart")?;
        writeln!(f, "  main has a start function, which runs while main is instantiated and may call")?;
        for (module, field) in calls {
            writeln!(f, "    {module} {field}")?;
        }
        match remedy {
            Remedy::Early { hoisted } => {
                writeln!(f, "  the modules that these need are instantiated before main")?;
                if *hoisted {
                    writeln!(f, "  main's memory is defined by the shim, because it must exist before main, too")?;
                }
            }
            Remedy::None(why) => {
                writeln!(f, "  the modules that these need cannot be instantiated before main: {why}")?
            }
        }
        if let Some(prepare) = &self.prepare {
            writeln!(f, "  prepared before main")?;
            for slot in &prepare.slots {
                writeln!(f, "    slot {}: {}", slot.0, self.slots[slot.0].name)?;
            }
            for CoreRef { module, export } in &prepare.initialize {
                writeln!(f, "    initialized: {} `{export}`", self.name(*module))?;
            }
        }
        let mut heading = "  traps if called during main's instantiation\n";
        for wire in self.unusable_at_start() {
            let Via::Slot(slot, why) = &wire.via else { continue };
            let why = self.why(why, wire.importer);
            let importer = self.name(wire.importer);
            writeln!(
                f,
                "{heading}    {} {} of {importer}, indirect, through slot {}: {why}",
                wire.module, wire.field, slot.0
            )?;
            heading = "";
        }
        self.uninitialized(f)
    }

    /// Writes the adapters that main may call before they are initialized.
    fn uninitialized(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before_main = self.order.iter().take_while(|id| **id != crate::plan::ModuleId::MAIN);
        for id in before_main {
            if let Some(core) = self.initialize.iter().find(|core| core.module == *id) {
                writeln!(
                    f,
                    "  {} is not initialized before main: `{}` is called after main's instantiation",
                    self.name(*id),
                    core.export
                )?;
            }
        }
        Ok(())
    }
}
