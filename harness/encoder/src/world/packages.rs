//! Packages of a world under construction: their interfaces, and the dependencies between them.

use foldhash::{HashMap, HashSet};
use wasmparser::names::KebabStr;
use wit_parser::{Interface, InterfaceId, Package, PackageId, PackageName, Resolve, Span, TypeOwner, WorldId};

/// Maximum number of packages. Ordinary worlds have fewer.
const MOST: usize = 256;

/// Packages before they are created in a `Resolve`.
#[derive(Default)]
pub(super) struct Packages {
    /// Packages in the order of their first use, with their interfaces.
    packages: Vec<(PackageName, Vec<InterfaceId>)>,
    /// Interface names, with the index of their package.
    names: HashSet<(usize, String)>,
    /// Package of each named interface, as an index in `packages`.
    of: HashMap<InterfaceId, usize>,
    /// Dependencies between interfaces, by used types.
    uses: Vec<(InterfaceId, InterfaceId)>,
    /// Interfaces that are defined inline in the world.
    inline: Vec<InterfaceId>,
}

impl Packages {
    /// Adds an unnamed interface.
    pub fn interface(&mut self, resolve: &mut Resolve) -> InterfaceId {
        resolve.interfaces.alloc(Interface {
            name: None,
            types: Default::default(),
            functions: Default::default(),
            docs: Default::default(),
            package: None,
            stability: Default::default(),
            span: Span::default(),
            clone_of: None,
        })
    }

    /// Names an interface: `ns:pkg/interface`, with or without a version. Returns `None` if the name is invalid or a
    /// duplicate, or if there are too many packages.
    pub fn name(&mut self, resolve: &mut Resolve, id: InterfaceId, name: &str) -> Option<()> {
        let (package, interface) = interface_name(name)?;
        let index = self.packages.iter().position(|(known, _)| *known == package).unwrap_or_else(|| {
            self.packages.push((package, Vec::new()));
            self.packages.len() - 1
        });
        (index < MOST).then_some(())?;
        let known = &mut self.packages[index].1;
        self.names.insert((index, interface.to_string())).then_some(())?;
        resolve.interfaces[id].name = Some(interface.to_string());
        known.push(id);
        self.of.insert(id, index);
        Some(())
    }

    /// Marks an interface as inline.
    pub fn inline(&mut self, id: InterfaceId) -> Option<()> {
        self.inline.push(id);
        Some(())
    }

    /// Records that `to` uses a type of `from`. Returns `None` if WIT cannot express this.
    pub fn uses(&mut self, from: TypeOwner, to: TypeOwner) -> Option<()> {
        match (from, to) {
            (TypeOwner::Interface(from), TypeOwner::Interface(to)) => self.uses.push((to, from)),
            (_, TypeOwner::World(_)) => {}
            _ => return None,
        }
        Some(())
    }

    /// Returns the dependencies between packages. Returns `None` if an interface of a package uses a type of an inline
    /// interface.
    fn edges(&self) -> Option<Vec<(usize, usize)>> {
        let mut edges = Vec::new();
        for (to, from) in &self.uses {
            match (self.of.get(to), self.of.get(from)) {
                (Some(to), Some(from)) if to != from => edges.push((*to, *from)),
                (Some(_), None) => return None,
                _ => {}
            }
        }
        edges.sort_unstable();
        edges.dedup();
        Some(edges)
    }

    /// Creates the packages, and adds the world to package `name`. Returns `None` for cyclic dependencies.
    pub fn finish(self, resolve: &mut Resolve, name: PackageName, world: WorldId) -> Option<()> {
        (self.of.len() + self.inline.len() == resolve.interfaces.len()).then_some(())?;
        let edges = self.edges()?;
        let mut marks = vec![Mark::New; self.packages.len()];
        for package in 0..self.packages.len() {
            visit(package, &edges, &mut marks)?;
        }
        for (name, interfaces) in self.packages {
            let package = make(resolve, name);
            for id in interfaces {
                let interface = &mut resolve.interfaces[id];
                interface.package = Some(package);
                let name = interface.name.clone().expect("an interface of a package has been named");
                resolve.packages[package].interfaces.insert(name, id);
            }
        }
        let package = make(resolve, name);
        for id in self.inline {
            resolve.interfaces[id].package = Some(package);
        }
        let world_name = resolve.worlds[world].name.clone();
        resolve.packages[package].worlds.insert(world_name, world);
        resolve.worlds[world].package = Some(package);
        Some(())
    }
}

/// Returns the package of this name, and creates it if necessary.
fn make(resolve: &mut Resolve, name: PackageName) -> PackageId {
    if let Some(known) = resolve.package_names.get(&name) {
        return *known;
    }
    let package = Package {
        name: name.clone(),
        docs: Default::default(),
        interfaces: Default::default(),
        worlds: Default::default(),
    };
    let id = resolve.packages.alloc(package);
    resolve.package_names.insert(name, id);
    id
}

/// State of a package in the depth-first search for cycles.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

fn visit(package: usize, edges: &[(usize, usize)], marks: &mut [Mark]) -> Option<()> {
    match marks[package] {
        Mark::Done => return Some(()),
        Mark::Open => return None,
        Mark::New => marks[package] = Mark::Open,
    }
    for (_, to) in edges.iter().filter(|(from, _)| *from == package) {
        visit(*to, edges, marks)?;
    }
    marks[package] = Mark::Done;
    Some(())
}

/// Parses `ns:pkg/interface`, with or without `@version`.
pub(super) fn interface_name(name: &str) -> Option<(PackageName, &str)> {
    let (package, rest) = name.split_once('/')?;
    let (namespace, package) = package.split_once(':')?;
    let (interface, version) = match rest.split_once('@') {
        Some((interface, version)) => (interface, Some(semver::Version::parse(version).ok()?)),
        None => (rest, None),
    };
    for part in [namespace, package, interface] {
        KebabStr::new(part)?;
    }
    // `wit-parser` has other rules for uppercase letters in these names.
    let lower = |part: &str| !part.contains(|c: char| c.is_ascii_uppercase());
    (lower(namespace) && lower(package)).then_some(())?;
    Some((PackageName { namespace: namespace.to_string(), name: package.to_string(), version }, interface))
}
