//! Notebooks, a resource of the guest, and a count of those that the host has dropped.

wit_bindgen::generate!({ path: "../../../wit/resources", world: "exported-resource" });

use std::cell::{Cell, RefCell};

use exports::polyfill::resources::notebooks::{Guest as Notebooks, GuestNotebook, Notebook as Handle, NotebookBorrow};

thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });

struct ExportedResource;

struct Notebook {
    title: String,
    notes: RefCell<Vec<String>>,
}

impl GuestNotebook for Notebook {
    fn new(title: String) -> Notebook {
        Notebook { title, notes: RefCell::default() }
    }

    fn add(&self, note: String) -> u32 {
        let mut notes = self.notes.borrow_mut();
        notes.push(note);
        notes.len() as u32
    }

    fn text(&self) -> String {
        format!("{}: {}", self.title, self.notes.borrow().join(", "))
    }

    fn bind(a: Handle, b: Handle) -> Handle {
        let a: Notebook = a.into_inner();
        let b: Notebook = b.into_inner();
        let bound = Notebook::new(format!("{} and {}", a.title, b.title));
        bound.notes.borrow_mut().extend(a.notes.take().into_iter().chain(b.notes.take()));
        Handle::new(bound)
    }
}

impl Drop for Notebook {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
        println!("dropped {}", self.title);
    }
}

impl Notebooks for ExportedResource {
    type Notebook = Notebook;

    fn longer(a: NotebookBorrow<'_>, b: NotebookBorrow<'_>) -> String {
        let (a, b) = (a.get::<Notebook>(), b.get::<Notebook>());
        let longer = if a.notes.borrow().len() < b.notes.borrow().len() { b } else { a };
        longer.title.clone()
    }

    fn dropped() -> u32 {
        DROPPED.get()
    }
}

impl Guest for ExportedResource {
    fn self_test() -> Vec<String> {
        let mut results = Vec::new();
        let a = Handle::new(Notebook::new("a".to_owned()));
        let b = Handle::new(Notebook::new("b".to_owned()));
        a.get::<Notebook>().add("one".to_owned());
        b.get::<Notebook>().add("two".to_owned());
        results.push(a.get::<Notebook>().text());
        let bound = Notebook::bind(a, b);
        results.push(bound.get::<Notebook>().text());
        results.push(format!("{} dropped", DROPPED.get()));
        drop(bound);
        results.push(format!("{} dropped", DROPPED.get()));
        results
    }
}

export!(ExportedResource);
