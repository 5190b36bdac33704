//! The processes behind a worker: one for all that compute alike, one for each library that changes how the
//! processor computes.

use super::connection::Connection;
use crate::protocol::EntryPoint;
use std::collections::HashSet;
use std::path::PathBuf;

/// Which process: the common one, or that of a library by its position.
pub type Route = Option<usize>;

/// One process, which is started when it is needed, and what it has loaded.
#[derive(Debug, Default)]
struct Slot {
    connection: Option<Connection>,
    loaded: HashSet<PathBuf>,
}

#[derive(Debug, Default)]
pub struct Processes {
    common: Slot,
    apart: Vec<(PathBuf, Slot)>,
    /// The one that ran something last.
    last: Option<Route>,
    started: u64,
}

impl Processes {
    /// Where a function is called.
    pub fn route(&self, entry: &EntryPoint) -> Route {
        self.apart.iter().position(|(library, _)| *library == entry.library)
    }

    /// Gives a library a process of its own from now on. If it changed something in the common one, that
    /// is replaced.
    pub fn set_apart(&mut self, entry: &EntryPoint, tainted: bool) {
        if tainted {
            self.end(None);
        }
        self.apart.push((entry.library.clone(), Slot::default()));
    }

    /// The library whose process it is.
    pub fn library_of(&self, route: Route) -> Option<PathBuf> {
        self.apart.get(route?).map(|(library, _)| library.clone())
    }

    pub fn connection(&mut self, route: Route) -> Option<&mut Connection> {
        self.slot(route)?.connection.as_mut()
    }

    /// Whether the common process is there.
    pub fn is_running(&self) -> bool {
        self.common.connection.is_some()
    }

    /// Takes over a process that was just started.
    pub fn started_one(&mut self, route: Route, connection: Connection) {
        self.started += 1;
        if let Some(slot) = self.slot(route) {
            *slot = Slot { connection: Some(connection), loaded: HashSet::new() };
        }
    }

    /// How many were started in all.
    pub fn started(&self) -> u64 {
        self.started
    }

    /// Makes this process the one that ran something last. Gives whether another one was, with threads that may
    /// still spin.
    pub fn switch_to(&mut self, route: Route) -> bool {
        let last = self.last.replace(route).filter(|last| *last != route);
        last.and_then(|last| self.connection(last)).is_some_and(|last| last.has_threads())
    }

    pub fn has_loaded(&mut self, route: Route, entry: &EntryPoint) -> bool {
        self.slot(route).is_some_and(|slot| slot.loaded.contains(&entry.library))
    }

    pub fn set_loaded(&mut self, route: Route, entry: &EntryPoint) {
        if let Some(slot) = self.slot(route) {
            slot.loaded.insert(entry.library.clone());
        }
    }

    /// Ends a process.
    pub fn end(&mut self, route: Route) {
        if let Some(slot) = self.slot(route) {
            *slot = Slot::default();
        }
    }

    /// Ends those of single libraries.
    pub fn end_apart(&mut self) {
        self.apart.iter_mut().for_each(|(_, slot)| *slot = Slot::default());
    }

    /// Ends all.
    pub fn end_all(&mut self) {
        self.end(None);
        self.end_apart();
    }

    fn slot(&mut self, route: Route) -> Option<&mut Slot> {
        match route {
            None => Some(&mut self.common),
            Some(position) => self.apart.get_mut(position).map(|(_, slot)| slot),
        }
    }
}
