//! What main's start function may call, and how that is made possible.

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
                writeln!(f, "  so what these need comes before main")?;
                if *hoisted {
                    writeln!(f, "  and main's memory is defined by the shim, as it has to exist by then, too")?;
                }
            }
            Remedy::None(why) => writeln!(f, "  but they cannot come before main: {why}")?,
        }
        if let Some(prepare) = &self.prepare {
            writeln!(f, "  prepared before main")?;
            for slot in &prepare.slots {
                writeln!(f, "    slot {}: {}", slot.0, self.slots[slot.0].name)?;
            }
            for CoreRef { module, export } in &prepare.initialize {
                writeln!(f, "    initialised: {} `{export}`", self.name(*module))?;
            }
        }
        let mut heading = "  not to be called by then, which would be a trap\n";
        for wire in self.unusable_at_start() {
            let Via::Slot(slot, why) = &wire.via else { continue };
            let why = self.why(why, wire.importer);
            let importer = self.name(wire.importer);
            writeln!(f, "{heading}    {} {} of {importer}, through slot {}: {why}", wire.module, wire.field, slot.0)?;
            heading = "";
        }
        self.uninitialized(f)
    }

    /// Adapters that start before they are initialised.
    fn uninitialized(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before_main = self.order.iter().take_while(|id| **id != crate::plan::ModuleId::MAIN);
        for id in before_main {
            if let Some(core) = self.initialize.iter().find(|core| core.module == *id) {
                writeln!(f, "  {} is not initialised by then: `{}` comes after main", self.name(*id), core.export)?;
            }
        }
        Ok(())
    }
}
