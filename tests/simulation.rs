//! Traffic against a cache that is simulated: random programs under random schedules, line by line.
//!
//! The cache is fully associative and forgets what was used longest ago. As the estimate, it begins with what
//! an earlier run has left.

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_costmodel::MachineFeatures;
use loopwright_costmodel::cost::{Analysis, Rates};
use loopwright_ir::{
    Access, Affine, LoopTree, LoopTreeNode, Mark, Program, ScheduleTree, Variable,
};
use loopwright_search::Machine;
use loopwright_synth::{ScheduleSampler, SynthOptions, generate};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, HashMap};

/// Longer runs take the simulation too long.
const MOST_INSTANCES: f64 = 150_000.0;
const LINE: i64 = 64;

/// Lines in the order of their last use.
struct Cache {
    lines: usize,
    clock: u64,
    used: HashMap<i64, u64>,
    order: BTreeMap<u64, i64>,
    misses: u64,
}

impl Cache {
    fn touch(&mut self, line: i64) {
        self.clock += 1;
        match self.used.insert(line, self.clock) {
            Some(before) => {
                self.order.remove(&before);
            }
            None => {
                self.misses += 1;
                if self.used.len() > self.lines
                    && let Some((_, oldest)) = self.order.pop_first()
                {
                    self.used.remove(&oldest);
                }
            }
        }
        self.order.insert(self.clock, line);
    }
}

struct Run<'a> {
    program: &'a Program,
    bases: Vec<i64>,
    values: HashMap<u32, i64>,
    cache: Cache,
}

impl Run<'_> {
    fn nodes(&mut self, nodes: &[LoopTreeNode]) {
        for node in nodes {
            match node {
                LoopTreeNode::For(inner) => {
                    let value = |values: &HashMap<u32, i64>, variable| match variable {
                        Variable::Loop(id) => values.get(&id).copied().unwrap_or(0),
                        _ => 0,
                    };
                    let low = inner.lower.evaluate(true, &|one| value(&self.values, one)).unwrap();
                    let high =
                        inner.upper.evaluate(false, &|one| value(&self.values, one)).unwrap();
                    for at in low..=high {
                        self.values.insert(inner.id.0, at);
                        self.nodes(&inner.body);
                    }
                }
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let holds = conditions.iter().all(|condition| {
                        condition.holds(|variable| self.value(variable)).unwrap_or(false)
                    });
                    self.nodes(if holds { body } else { otherwise });
                }
                LoopTreeNode::Pack(pack) => self.nodes(&pack.body),
                LoopTreeNode::Statement(instance) => {
                    let iterators: Vec<i64> =
                        instance.iterators.iter().map(|one| self.evaluate(one, &[])).collect();
                    let statement = self.program.statement(instance.statement);
                    for access in statement.reads.iter().chain([&statement.write]) {
                        self.access(access, &iterators);
                    }
                }
            }
        }
    }

    fn value(&self, variable: Variable) -> i64 {
        match variable {
            Variable::Loop(id) => self.values.get(&id).copied().unwrap_or(0),
            _ => 0,
        }
    }

    fn evaluate(&self, affine: &Affine, iterators: &[i64]) -> i64 {
        affine
            .evaluate(|variable| match variable {
                Variable::Iterator(depth) => iterators[depth as usize],
                other => self.value(other),
            })
            .unwrap()
    }

    fn access(&mut self, access: &Access, iterators: &[i64]) {
        let extents = self.program.extents(access.array).unwrap();
        let mut element = 0;
        for (subscript, extent) in access.subscripts.iter().zip(extents) {
            element = element * extent + self.evaluate(subscript, iterators);
        }
        let bytes = self.program.array(access.array).element.bytes() as i64;
        self.cache.touch((self.bases[access.array.0] + element * bytes).div_euclid(LINE));
    }
}

/// Bytes that the second of two runs misses.
fn simulated(program: &Program, tree: &LoopTree, cache: u64) -> f64 {
    let mut base = 0;
    let bases = (program.arrays.iter().enumerate())
        .map(|(position, array)| {
            let at = base;
            let bytes =
                program.elements(loopwright_ir::ArrayId(position)).unwrap() * array.element.bytes();
            base += (bytes as i64 / LINE + 2) * LINE;
            at
        })
        .collect();
    let cache = Cache {
        lines: (cache as i64 / LINE) as usize,
        clock: 0,
        used: HashMap::new(),
        order: BTreeMap::new(),
        misses: 0,
    };
    let mut run = Run { program, bases, values: HashMap::new(), cache };
    run.nodes(&tree.roots);
    let first = run.cache.misses;
    run.nodes(&tree.roots);
    ((run.cache.misses - first) * LINE as u64) as f64
}

/// Without marks and copies, which change the order of a run or its accesses.
fn plain(nodes: &[LoopTreeNode]) -> Vec<LoopTreeNode> {
    let mut all = Vec::new();
    for node in nodes {
        match node.clone() {
            LoopTreeNode::For(mut inner) => {
                inner.mark = Mark::Sequential;
                inner.body = plain(&inner.body);
                all.push(LoopTreeNode::For(inner));
            }
            LoopTreeNode::If { conditions, body, otherwise } => {
                let (body, otherwise) = (plain(&body), plain(&otherwise));
                all.push(LoopTreeNode::If { conditions, body, otherwise });
            }
            LoopTreeNode::Pack(pack) => all.extend(plain(&pack.body)),
            statement => all.push(statement),
        }
    }
    all
}

#[test]
fn traffic_is_that_of_a_simulated_cache() {
    let search = Machine { vector_bits: 256, threads: 1, l1_bytes: 4096, l2_bytes: 16384 };
    let mut ratios = Vec::new();
    let mut pairs = 0;
    for seed in 0..40 {
        let synthetic =
            generate(seed, &SynthOptions { milliseconds: 0.02..=0.1, ..SynthOptions::tiny() });
        let program = &synthetic.program;
        let Ok(dependences) = Dependences::compute(program, DEFAULT_QUOTA) else { continue };
        let original = ScheduleTree::original(program);
        let mut trees = vec![loopwright_transform::lower(program, &original).unwrap()];
        let Ok(sampler) = ScheduleSampler::new(program, &dependences, &search) else { continue };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        trees.extend((0..4).filter_map(|_| Some(sampler.sample(&mut random, 12)?.loops)));
        for tree in trees {
            let tree = LoopTree { roots: plain(&tree.roots) };
            for cache in [2048, 8192, 32768] {
                let machine = MachineFeatures {
                    l1_bytes: cache,
                    l2_bytes: 4 * cache,
                    l3_bytes: 16 * cache,
                    threads: 1,
                    vector_bits: 256,
                };
                let analysis = Analysis::new(program, &tree, &machine, &Rates::usual(&machine));
                let instances: f64 = analysis
                    .executions
                    .iter()
                    .zip(&analysis.nodes.list)
                    .filter(|(_, node)| !node.reads.is_empty() || node.children.is_empty())
                    .map(|(one, _)| one.count)
                    .sum();
                if instances > MOST_INSTANCES {
                    continue;
                }
                let exact = simulated(program, &tree, cache);
                let estimate = analysis.bytes(0)[0];
                pairs += 1;
                // What fits is in both nothing, or next to nothing.
                let least = 0.02 * 3.0 * 8.0 * instances;
                ratios.push((estimate + least) / (exact + least));
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let at = |share: f64| ratios[(share * (ratios.len() - 1) as f64) as usize];
    println!(
        "{pairs} pairs: 5 % {:.2}, quarter {:.2}, median {:.2}, quarter {:.2}, 95 % {:.2}",
        at(0.05),
        at(0.25),
        at(0.5),
        at(0.75),
        at(0.95)
    );
    assert!(pairs > 200, "{pairs}");
    assert!((0.85..1.2).contains(&at(0.5)), "{}", at(0.5));
    assert!(at(0.25) > 0.7 && at(0.75) < 1.4, "{} {}", at(0.25), at(0.75));
    assert!(at(0.05) > 0.35 && at(0.95) < 1.5, "{} {}", at(0.05), at(0.95));
}
