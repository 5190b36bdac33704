//! Where the time goes: terms of each loop, added up over the tree.

use super::body::{Body, body};
use super::footprint::{Footprints, footprints};
use super::nodes::{Kind, Nodes};
use super::rates::Rates;
use super::rings::rings;
use super::sampling::{Executions, executions};
use super::threads::{Team, team};
use super::traffic::{Traffic, traffic};
use crate::MachineFeatures;
use loopwright_ir::{LoopTree, Program};

/// Share of the smaller of computing and memory that the larger does not hide.
const NOT_OVERLAPPED: f64 = 0.35;
/// Cycles to enter a loop, and those of a mispredicted exit.
const ENTRY: f64 = 4.0;
const MISPREDICTION: f64 = 12.0;
/// Exits after fewer iterations, always the same number, are predicted.
const LEARNED: f64 = 24.0;
/// Instructions in a cycle.
const WIDTH: f64 = 4.5;
/// Instructions among which the processor finds independent ones.
const WINDOW: f64 = 250.0;
/// What lines that are fetched one by one, far from each other, take over lines in a row.
const SCATTERED: f64 = 2.0;
/// Cycles of an element that is copied by itself, and of 32 bytes that are copied together.
const COPIED: f64 = 1.2;

/// Nanoseconds by what takes them, on the clock of the wall; computing and memory overlap, so that `total` is less than
/// the sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Terms {
    pub arithmetic: f64,
    pub loads: f64,
    pub stores: f64,
    pub chains: f64,
    /// Instructions that are none of the above, entering loops, exits.
    pub overhead: f64,
    /// Waiting for the second cache, the last one, and memory.
    pub waiting: [f64; 3],
    pub copies: f64,
    pub forks: f64,
    pub waits: f64,
    pub total: f64,
}

impl Terms {
    /// All but the total, with their names.
    pub fn parts(&self) -> [(&'static str, f64); 11] {
        let [l2, l3, memory] = self.waiting;
        [
            ("arithmetic", self.arithmetic),
            ("loads", self.loads),
            ("stores", self.stores),
            ("chains", self.chains),
            ("overhead", self.overhead),
            ("L2", l2),
            ("L3", l3),
            ("memory", memory),
            ("copies", self.copies),
            ("forks", self.forks),
            ("waits", self.waits),
        ]
    }

    pub fn add(&mut self, other: &Terms) {
        self.arithmetic += other.arithmetic;
        self.loads += other.loads;
        self.stores += other.stores;
        self.chains += other.chains;
        self.overhead += other.overhead;
        for (sum, more) in self.waiting.iter_mut().zip(other.waiting) {
            *sum += more;
        }
        self.copies += other.copies;
        self.forks += other.forks;
        self.waits += other.waits;
        self.total += other.total;
    }
}

/// A tree with all that is known of its nodes.
#[derive(Debug)]
pub struct Analysis<'a> {
    pub nodes: Nodes<'a>,
    pub executions: Vec<Executions>,
    pub footprints: Footprints,
    /// Bytes into the first, the second and the last cache.
    pub traffic: [Traffic; 3],
    /// Each node's own terms, without those of what is inside.
    pub own: Vec<Terms>,
    /// Of each statement's node.
    pub bodies: Vec<Body>,
    pub teams: Vec<Team>,
}

impl<'a> Analysis<'a> {
    /// Analyses a tree of a specialised program.
    pub fn new(
        program: &'a Program,
        tree: &LoopTree,
        machine: &MachineFeatures,
        rates: &Rates,
    ) -> Self {
        let nodes = Nodes::new(program, tree);
        let executions = executions(&nodes);
        let footprints = footprints(&nodes, &executions);
        let threads = machine.thread_count();
        let teams: Vec<Team> = (0..nodes.list.len())
            .map(|node| team(&nodes, &executions, node, threads, rates))
            .collect();
        let [l1, l2, l3] = machine.caches();
        let of = |cache: f64, shared: bool| {
            traffic(&nodes, &executions, &footprints, &teams, (cache, shared))
        };
        let traffic = [of(l1, false), of(l2, false), of(l3, true)];
        let mut analysis = Self {
            own: vec![Terms::default(); nodes.list.len()],
            bodies: vec![Body::default(); nodes.list.len()],
            nodes,
            executions,
            footprints,
            traffic,
            teams,
        };
        analysis.fill(machine, rates);
        analysis
    }

    /// The whole run.
    pub fn total(&self) -> Terms {
        let mut sum = Terms::default();
        for own in &self.own {
            sum.add(own);
        }
        sum
    }

    /// A node's terms with those of what is inside.
    pub fn with_inside(&self, node: usize) -> Terms {
        let mut sum = Terms::default();
        for position in self.nodes.inside(node) {
            if let Some(own) = self.own.get(position) {
                sum.add(own);
            }
        }
        sum
    }

    /// Bytes into the first, the second and the last cache for a node in the whole run.
    pub fn bytes(&self, node: usize) -> [f64; 3] {
        [0, 1, 2].map(|level: usize| {
            let traffic = self.traffic.get(level);
            traffic.and_then(|one| one.bytes.get(node)).map_or(0.0, |row| row.iter().sum())
        })
    }

    fn fill(&mut self, machine: &MachineFeatures, rates: &Rates) {
        for position in 0..self.nodes.list.len() {
            let mut terms = self.statements(position, machine, rates);
            let Some(node) = self.nodes.list.get(position) else { continue };
            let team = self.teams.get(position).copied().unwrap_or_default();
            match &node.kind {
                Kind::Loop { .. } => {
                    let found = self.executions.get(position);
                    let (count, trip) = found.map_or((0.0, 0.0), |one| (one.count, one.trip));
                    let steady = found.is_some_and(|one| {
                        one.trips.iter().all(|trip| Some(trip) == one.trips.first())
                    });
                    let exit = match steady && trip <= LEARNED || trip <= 1.0 {
                        true => 0.15 * MISPREDICTION,
                        false => MISPREDICTION,
                    };
                    let inner = node.children.iter().any(|child| {
                        matches!(
                            self.nodes.list.get(*child).map(|one| &one.kind),
                            Some(Kind::Loop { .. })
                        )
                    });
                    let around = if inner { 2.0 * trip } else { 0.0 };
                    let cycles = count * (ENTRY + exit + around);
                    let overhead = cycles / rates.gigahertz / team.speed;
                    terms.overhead += overhead;
                    terms.forks = team.forks;
                    terms.waits = team.waits;
                    terms.total += overhead + team.forks + team.waits;
                }
                Kind::Copy { elements, row, straight } => {
                    let count = self.executions.get(position).map_or(0.0, |one| one.count);
                    let bytes = node.groups.first().map_or(8.0, |group| {
                        self.nodes.storages.get(group.storage).map_or(8.0, |one| one.element_bytes)
                    });
                    let lanes = if *straight { (32.0 / bytes).max(1.0) } else { 1.0 };
                    let rows = elements / row.max(1.0);
                    let cycles = count * (COPIED * elements / lanes + 3.0 * rows + 10.0);
                    terms.copies = cycles / rates.gigahertz / team.speed;
                    terms.waiting = self.waiting(position, rates, &team);
                    terms.total = overlapped(terms.copies, terms.waiting.iter().sum());
                }
                Kind::Root | Kind::Side { .. } | Kind::Statement { .. } => {}
            }
            if let Some(place) = self.own.get_mut(position) {
                *place = terms;
            }
        }
    }

    /// The terms of the statements directly inside of a loop, which run together.
    fn statements(&mut self, position: usize, machine: &MachineFeatures, rates: &Rates) -> Terms {
        let Some(node) = self.nodes.list.get(position) else { return Terms::default() };
        let guarded = matches!(node.kind, Kind::Side { .. });
        let mut terms = Terms::default();
        let (mut arithmetic, mut loads, mut stores, mut instructions) = (0.0, 0.0, 0.0, 0.0);
        let (mut chain, mut outside, mut runs) = (0.0_f64, 0.0, 0.0_f64);
        let children = node.children.clone();
        let team = self.teams.get(position).copied().unwrap_or_default();
        let inside = children.first().and_then(|child| self.teams.get(*child)).copied();
        let team = inside.unwrap_or(team);
        for child in children {
            if !matches!(
                self.nodes.list.get(child).map(|one| &one.kind),
                Some(Kind::Statement { .. })
            ) {
                continue;
            }
            let rings = rings(&self.nodes, &self.executions, child, machine);
            let found = body(&self.nodes, &self.executions, child, &rings, machine, rates);
            let entries = rings.last().map_or(found.runs, |ring| {
                self.executions.get(ring.node).map_or(0.0, |one| one.count)
            });
            arithmetic += found.runs * found.arithmetic;
            loads += found.runs * found.loads;
            stores += found.runs * found.stores;
            instructions += found.runs * found.instructions;
            outside += entries * found.outside;
            // Several runs of a short loop are under way at once.
            let trip = (found.runs / entries.max(1.0)).max(1.0);
            let together = (WINDOW / (trip * found.instructions.max(1.0))).clamp(1.0, 4.0);
            chain = chain.max(found.runs * found.chain / together);
            runs = runs.max(found.runs);
            for (sum, more) in terms.waiting.iter_mut().zip(self.waiting(child, rates, &team)) {
                *sum += more;
            }
            if let Some(place) = self.bodies.get_mut(child) {
                *place = found;
            }
        }
        if runs <= 0.0 {
            return terms;
        }
        let guard = if guarded { 1.5 * runs } else { 0.0 };
        let nanoseconds = |cycles: f64| cycles / rates.gigahertz / team.speed;
        let frontend = (instructions + 2.0 * runs) / WIDTH + guard;
        let busiest = arithmetic.max(loads).max(stores).max(frontend).max(runs);
        let computing = busiest.max(chain) + outside;
        terms.arithmetic = nanoseconds(arithmetic);
        terms.loads = nanoseconds(loads);
        terms.stores = nanoseconds(stores);
        terms.chains = nanoseconds((chain - busiest).max(0.0));
        terms.overhead = nanoseconds(
            (frontend.max(runs) - arithmetic.max(loads).max(stores)).max(0.0) + outside,
        );
        // While a chain waits for itself, memory has time.
        let waiting = (terms.waiting.iter().sum::<f64>()
            - nanoseconds((chain - busiest).max(0.0)) / (1.0 + NOT_OVERLAPPED))
            .max(0.0);
        terms.total = overlapped(nanoseconds(computing), waiting);
        terms
    }

    /// Nanoseconds that a statement or a copy waits for each level.
    fn waiting(&self, position: usize, rates: &Rates, team: &Team) -> [f64; 3] {
        let Some(node) = self.nodes.list.get(position) else { return [0.0; 3] };
        [0, 1, 2].map(|level: usize| {
            let Some(row) = self.traffic.get(level).and_then(|one| one.bytes.get(position)) else {
                return 0.0;
            };
            let mut bytes = 0.0;
            for (storage, fetched) in row.iter().enumerate() {
                let mut all = node.groups.iter().filter(|group| group.storage == storage);
                let written = all.clone().any(|group| group.written.is_some());
                let scattered = all.any(|group| self.is_scattered(position, group));
                // What is written also goes back.
                bytes += fetched
                    * if written { 1.7 } else { 1.0 }
                    * if scattered { SCATTERED } else { 1.0 };
            }
            bytes / rates.bandwidth(level, team.active) / team.speed
        })
    }

    /// Whether an access goes from line to line in its innermost moving loop, far from each other.
    fn is_scattered(&self, position: usize, group: &super::nodes::Group) -> bool {
        let Some(node) = self.nodes.list.get(position) else { return false };
        if !matches!(node.kind, Kind::Statement { .. }) {
            return false;
        }
        let bytes = self.nodes.storages.get(group.storage).map_or(8.0, |one| one.element_bytes);
        let lines =
            |stride: &i64| stride.unsigned_abs() as f64 * bytes >= 4.0 * super::footprint::LINE;
        let blocks = self.executions.get(position).map_or(&[][..], |one| one.blocks.as_slice());
        // What blocks take in a row is no line by itself.
        let run: f64 = (group.strides.iter().zip(blocks))
            .filter(|(stride, block)| stride.unsigned_abs() == 1 && block.size() > 1.0)
            .map(|(_, block)| block.size() * bytes)
            .sum();
        let mut moving = group
            .strides
            .iter()
            .zip(blocks)
            .rev()
            .filter(|(stride, block)| **stride != 0 && block.size() <= 1.0);
        run < 2.0 * super::footprint::LINE && moving.next().is_some_and(|(stride, _)| lines(stride))
    }
}

fn overlapped(computing: f64, waiting: f64) -> f64 {
    computing.max(waiting) + NOT_OVERLAPPED * computing.min(waiting)
}
