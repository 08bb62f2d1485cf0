//! Counters that two guests import: host code of a suite, written with `bindgen!`.

use polyfill_runner::State;
use polyfill_runner::wasmtime::Result;
use polyfill_runner::wasmtime::component::{HasSelf, Linker, Resource, bindgen};

bindgen!({
    path: "wit/resources",
    world: "imported-resource",
    with: { "polyfill:resources/counters.counter": Counter },
    imports: { default: trappable },
    wasmtime_crate: polyfill_runner::wasmtime,
});

use polyfill::resources::counters::{self, Host, HostCounter};

/// A host resource: the value of a counter.
pub struct Counter(u32);

/// Number of existing counters.
#[derive(Default)]
struct Alive(u32);

pub fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    counters::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl HostCounter for State {
    fn new(&mut self, start: u32) -> Result<Resource<Counter>> {
        self.with::<Alive>().0 += 1;
        Ok(self.table().push(Counter(start))?)
    }

    fn add(&mut self, counter: Resource<Counter>, n: u32) -> Result<u32> {
        let counter = self.table().get_mut(&counter)?;
        counter.0 = counter.0.wrapping_add(n);
        Ok(counter.0)
    }

    fn get(&mut self, counter: Resource<Counter>) -> Result<u32> {
        Ok(self.table().get(&counter)?.0)
    }

    fn merge(&mut self, a: Resource<Counter>, b: Resource<Counter>) -> Result<Resource<Counter>> {
        let sum = self.table().delete(a)?.0.wrapping_add(self.table().delete(b)?.0);
        self.with::<Alive>().0 -= 2;
        self.new(sum)
    }

    fn drop(&mut self, counter: Resource<Counter>) -> Result<()> {
        self.table().delete(counter)?;
        self.with::<Alive>().0 -= 1;
        Ok(())
    }
}

impl Host for State {
    fn total(&mut self, counters: Vec<Resource<Counter>>) -> Result<u32> {
        let mut total: u32 = 0;
        for counter in &counters {
            total = total.wrapping_add(self.table().get(counter)?.0);
        }
        Ok(total)
    }

    fn alive(&mut self) -> Result<u32> {
        Ok(self.with::<Alive>().0)
    }
}
