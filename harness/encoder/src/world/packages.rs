//! The packages of a world in the making: which interface belongs to which, and which package uses which.

use foldhash::HashMap;
use wasmparser::names::KebabStr;
use wit_parser::{Interface, InterfaceId, Package, PackageId, PackageName, Resolve, Span, TypeOwner, WorldId};

/// No ordinary world has interfaces of more packages.
const MOST: usize = 256;

/// What is known of packages before they are made.
#[derive(Default)]
pub(super) struct Packages {
    /// In the order in which they are mentioned, with their interfaces.
    packages: Vec<(PackageName, Vec<InterfaceId>)>,
    /// The package of each interface that has one, by its index in `packages`.
    of: HashMap<InterfaceId, usize>,
    /// From package to package, by types in use.
    edges: Vec<(usize, usize)>,
    /// Interfaces that belong to the world alone.
    inline: Vec<InterfaceId>,
}

impl Packages {
    /// A new interface with a name of its own: `ns:pkg/interface`, with or without a version. None if it comes twice.
    pub fn named(&mut self, resolve: &mut Resolve, name: &str) -> Option<InterfaceId> {
        let (package, interface) = interface_name(name)?;
        let index = self.packages.iter().position(|(known, _)| *known == package).unwrap_or_else(|| {
            self.packages.push((package, Vec::new()));
            self.packages.len() - 1
        });
        (index < MOST).then_some(())?;
        let known = &self.packages[index].1;
        if known.iter().any(|id| resolve.interfaces[*id].name.as_deref() == Some(interface)) {
            return None;
        }
        let id = resolve.interfaces.alloc(empty(Some(interface.to_string())));
        self.packages[index].1.push(id);
        self.of.insert(id, index);
        Some(id)
    }

    /// A new interface that belongs to the world alone.
    pub fn inline(&mut self, resolve: &mut Resolve) -> InterfaceId {
        let id = resolve.interfaces.alloc(empty(None));
        self.inline.push(id);
        id
    }

    /// Notes that `to` uses a type of `from`. None if there are no words for that in WIT.
    pub fn uses(&mut self, from: TypeOwner, to: TypeOwner) -> Option<()> {
        let (TypeOwner::Interface(from), TypeOwner::Interface(to)) = (from, to) else {
            return matches!(to, TypeOwner::World(_)).then_some(());
        };
        match (self.of.get(&from), self.of.get(&to)) {
            (Some(from), Some(to)) => self.edges.extend((from != to).then_some((*to, *from))),
            (None, Some(_)) => return None,
            (_, None) => {}
        }
        Some(())
    }

    /// Makes the packages; the world goes into the one called `name`. None if packages need each other in a circle.
    pub fn finish(self, resolve: &mut Resolve, name: PackageName, world: WorldId) -> Option<()> {
        let mut marks = vec![Mark::New; self.packages.len()];
        for package in 0..self.packages.len() {
            visit(package, &self.edges, &mut marks)?;
        }
        for (name, interfaces) in self.packages {
            let package = make(resolve, name);
            for id in interfaces {
                let interface = &mut resolve.interfaces[id];
                interface.package = Some(package);
                let name = interface.name.clone().unwrap_or_default();
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

/// The package of that name, made if it is not there yet.
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

/// How far a walk through packages has come.
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

/// `ns:pkg/interface`, with or without `@version`.
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
    // The rules for capitals there are others.
    let lower = |part: &str| !part.contains(|c: char| c.is_ascii_uppercase());
    (lower(namespace) && lower(package)).then_some(())?;
    Some((PackageName { namespace: namespace.to_string(), name: package.to_string(), version }, interface))
}

fn empty(name: Option<String>) -> Interface {
    Interface {
        name,
        types: Default::default(),
        functions: Default::default(),
        docs: Default::default(),
        package: None,
        stability: Default::default(),
        span: Span::default(),
        clone_of: None,
    }
}
