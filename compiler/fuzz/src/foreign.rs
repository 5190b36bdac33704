//! Legal schedules in the languages of others: written, read back, and changed at random.
//!
//! What is read back must run the same instances in the same order with the same marks, or be refused with a
//! reason that says what cannot be expressed. Changed texts may mean anything or nothing; reading them must
//! end, and end well.

use crate::draw::{Drawn, guarded, random_of};
use crate::failure::{Finding, View};
use crate::subject::Subject;
use loopwright_analysis::check;
use loopwright_exchange::{FormatError, from_isl, from_looperset, to_isl, to_looperset};
use loopwright_ir::{LoopTree, LoopTreeNode, Mark, Program, Schedule, ScheduleTree, Variable};
use loopwright_transform::{lower, replay};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How many times a text is changed.
const CHANGED: usize = 6;

/// The most instances and iterations of which the order is compared.
const MOST: usize = 20_000;

/// Reading a short text takes no longer; isl's own bounds end it long before.
const LIMIT: Duration = Duration::from_secs(20);

/// Compares a legal schedule with what it is in each other language, and reads changed texts.
pub fn compare(subject: &Subject, drawn: &Drawn, seed: u64) -> Option<Finding> {
    let mut random = random_of(seed, subject.index, drawn.pair.wrapping_add(0xf0_4e16));
    let (program, applied) = (&subject.program, &drawn.applied);
    if drawn.ground.is_some() {
        // The program is another one, which only steps of ours can say.
        let refused = to_looperset(program, &applied.schedule, false);
        let fits = matches!(refused, Err(FormatError::NotExpressible { .. }));
        return (!fits).then(|| wrong("a program of another text was written"));
    }
    // What is read is for all sizes, not for those that are known.
    let mut program = program.clone();
    program.parameters.iter_mut().for_each(|parameter| parameter.value = None);
    let pair = Pair { program: &program, subject };
    let order = order_of(&drawn.loops, &subject.parameters)?;
    guarded(|| {
        isl(pair, &applied.tree, &order, &mut random)
            .or_else(|| looperset(pair, &applied.schedule, &order, &mut random))
            .or_else(|| steps(pair, &applied.schedule, &mut random))
    })
    .unwrap_or_else(Some)
}

/// The program, and what is known of it.
#[derive(Clone, Copy)]
struct Pair<'a> {
    program: &'a Program,
    subject: &'a Subject,
}

fn wrong(what: impl std::fmt::Display) -> Finding {
    Finding::new(View::Foreign, what)
}

/// Instances in their order, each with the marks of the loops around it of which several iterations run something: how
/// many others a loop has depends on what the scan of an order leaves to the conditions inside.
type Order = Vec<(usize, Vec<i64>, Vec<Mark>)>;

fn is_named(error: &FormatError) -> bool {
    matches!(error, FormatError::NotExpressible { .. } | FormatError::Set { .. })
}

fn same(pair: Pair<'_>, tree: &ScheduleTree, wanted: &Order) -> Result<(), String> {
    let Pair { program, subject } = pair;
    let loops = lower(program, tree).map_err(|error| error.to_string())?;
    let Some(order) = order_of(&loops, &subject.parameters) else { return Ok(()) };
    if order == *wanted {
        return Ok(());
    }
    let alone = |order: &Order| -> Vec<(usize, Vec<i64>)> {
        order.iter().map(|(statement, values, _)| (*statement, values.clone())).collect()
    };
    let what = if alone(&order) == alone(wanted) { "marks" } else { "another order" };
    Err(format!("{what}:\n{}", loops.display(program)))
}

fn isl(
    pair: Pair<'_>,
    tree: &ScheduleTree,
    order: &Order,
    random: &mut ChaCha8Rng,
) -> Option<Finding> {
    let Pair { program, subject } = pair;
    let text = match to_isl(program, tree) {
        Ok(text) => text,
        Err(error) if is_named(&error) => return None,
        Err(error) => return Some(wrong(format!("to isl: {error}"))),
    };
    let back = match from_isl(program, &text) {
        Ok(back) => back,
        Err(error) if is_named(&error) => return None,
        Err(error) => return Some(wrong(format!("from isl: {error}\n{text}"))),
    };
    if let Err(what) = same(pair, &back.tree, order) {
        return Some(wrong(format!("isl: {what}\n{text}")));
    }
    if let Err(error) = check(program, &subject.dependences, &back.tree) {
        let read = back.tree.display(program);
        return Some(wrong(format!("isl: no longer legal: {error}\n{text}\n{read}")));
    }
    changed(&text, random, |text| drop(from_isl(program, text)))
}

fn looperset(
    pair: Pair<'_>,
    schedule: &Schedule,
    order: &Order,
    random: &mut ChaCha8Rng,
) -> Option<Finding> {
    let Pair { program, subject } = pair;
    let original = ScheduleTree::original(program);
    let text = match to_looperset(program, schedule, false) {
        Ok(written) => written.text,
        Err(error) if is_named(&error) => return None,
        Err(error) => return Some(wrong(format!("to LOOPerSet: {error}"))),
    };
    let steps = match from_looperset(program, &original, &text) {
        Ok(steps) => steps,
        Err(error) if is_named(&error) => return None,
        Err(error) => return Some(wrong(format!("from LOOPerSet: {error}\n{text}"))),
    };
    match replay(program, &subject.dependences, &steps) {
        Ok(again) => {
            if let Err(what) = same(pair, &again.tree, order) {
                return Some(wrong(format!("LOOPerSet: {what}\n{text}\n{steps}")));
            }
        }
        Err(error) => {
            return Some(wrong(format!("LOOPerSet: no longer legal: {error}\n{text}\n{steps}")));
        }
    }
    changed(&text, random, |text| drop(from_looperset(program, &original, text)))
}

/// Our own language, changed; what can be read is applied.
fn steps(pair: Pair<'_>, schedule: &Schedule, random: &mut ChaCha8Rng) -> Option<Finding> {
    changed(&schedule.to_string(), random, |text| {
        if let Ok(steps) = text.parse::<Schedule>() {
            drop(replay(pair.program, &pair.subject.dependences, &steps));
        }
    })
}

/// Reads changed texts; a finding where one takes too long.
fn changed(text: &str, random: &mut ChaCha8Rng, read: impl Fn(&str)) -> Option<Finding> {
    for _ in 0..CHANGED {
        let mut other = text.to_owned();
        for _ in 0..random.random_range(1..4) {
            other = mutated(&other, random);
        }
        let started = Instant::now();
        if let Err(finding) = guarded(|| read(&other)) {
            return Some(Finding::new(View::Panic, format!("{}\n{other}", finding.detail)));
        }
        if started.elapsed() > LIMIT {
            return Some(Finding::new(View::Hang, format!("{:?}\n{other}", started.elapsed())));
        }
    }
    None
}

/// What takes the place of a part of a text.
const PIECES: [&str; 18] = [
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999",
    "0",
    "-1",
    "(",
    ")",
    "[",
    "{ ",
    "\"",
    "S1",
    "S99",
    "L-1",
    "L7",
    "floor((i)/0)",
    "*a",
    "&a ",
    "\u{e9}",
];

/// A text with one part taken out, doubled, moved, or replaced.
fn mutated(text: &str, random: &mut ChaCha8Rng) -> String {
    let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
    if places.is_empty() {
        return "(".to_owned();
    }
    let one = random.random_range(0..places.len());
    let mut two = (one + random.random_range(1..12)).min(places.len());
    // Numbers and names as a whole, most of the time.
    if random.random_bool(0.7) {
        let word = |at: usize| {
            let rest = places.get(at).and_then(|place| text.get(*place..));
            rest.and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric)
        };
        two = one + 1;
        while two < places.len() && word(two) && word(one) {
            two += 1;
        }
    }
    let at = |index: usize| places.get(index).copied().unwrap_or(text.len());
    let (start, end) = (at(one), at(two));
    let [before, part, after] =
        [text.get(..start), text.get(start..end), text.get(end..)].map(Option::unwrap_or_default);
    match random.random_range(0..4) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{part}{part}{after}"),
        2 => format!("{part}{before}{after}"),
        _ => {
            let piece = PIECES.get(random.random_range(0..PIECES.len())).copied();
            format!("{before}{}{after}", piece.unwrap_or_default())
        }
    }
}

/// What the loops run; `None` where that is too much, or a number does not fit.
fn order_of(loops: &LoopTree, parameters: &[i64]) -> Option<Order> {
    let mut walk = Walk {
        parameters,
        values: HashMap::new(),
        marks: Vec::new(),
        result: Vec::new(),
        left: MOST,
    };
    walk.sequence(&loops.roots)?;
    Some(walk.result)
}

struct Walk<'a> {
    parameters: &'a [i64],
    values: HashMap<u32, i64>,
    marks: Vec<Mark>,
    result: Order,
    left: usize,
}

impl Walk<'_> {
    fn sequence(&mut self, nodes: &[LoopTreeNode]) -> Option<()> {
        for node in nodes {
            self.left = self.left.checked_sub(1)?;
            let Self { parameters, values, .. } = &*self;
            let value_of = |variable| match variable {
                Variable::Loop(id) => values.get(&id).copied().unwrap_or(0),
                Variable::Parameter(at) => parameters.get(at as usize).copied().unwrap_or(0),
                Variable::Iterator(_) => 0,
            };
            match node {
                LoopTreeNode::For(inner) => {
                    let lower = inner.lower.evaluate(true, &value_of)?;
                    let upper = inner.upper.evaluate(false, &value_of)?;
                    let marked = inner.mark != Mark::Sequential;
                    let (at, first) = (self.marks.len(), self.result.len());
                    self.marks.extend(marked.then_some(inner.mark));
                    let mut running = 0;
                    for value in lower..=upper {
                        self.left = self.left.checked_sub(1)?;
                        self.values.insert(inner.id.0, value);
                        let before = self.result.len();
                        self.sequence(&inner.body)?;
                        running += usize::from(self.result.len() > before);
                    }
                    self.marks.truncate(at);
                    if marked && running < 2 {
                        let inside = self.result.get_mut(first..).unwrap_or_default();
                        for (_, _, marks) in inside {
                            marks.remove(at);
                        }
                    }
                }
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let holds = conditions.iter().all(|one| one.holds(value_of) == Some(true));
                    self.sequence(if holds { body } else { otherwise })?;
                }
                LoopTreeNode::Pack(pack) => self.sequence(&pack.body)?,
                LoopTreeNode::Statement(instance) => {
                    let values = instance.iterators.iter().map(|one| one.evaluate(value_of));
                    let values = values.collect::<Option<_>>()?;
                    self.result.push((instance.statement.0, values, self.marks.clone()));
                }
            }
        }
        Some(())
    }
}
