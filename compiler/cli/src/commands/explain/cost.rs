//! `explain --cost`: the estimate of a loop tree, loop by loop and term by term.

use crate::report::{duration, table};
use crate::tuning::{machine_features, rates_of, thread_count};
use loopwright_costmodel::Terms;
use loopwright_costmodel::cost::Analysis;
use loopwright_costmodel::cost::nodes::Nodes;
use loopwright_ir::{LoopTree, Program};
use loopwright_runtime::Machine;
use serde_json::{Value, json};

/// Columns of a node's text.
const TEXT: usize = 56;

/// A line of the table.
struct Line {
    depth: usize,
    text: String,
    /// How often the node runs.
    runs: f64,
    /// The node with all inside, on the clock of the wall.
    terms: Terms,
    /// Bytes into the first, second and last cache.
    bytes: [f64; 3],
    /// Threads that run it.
    threads: f64,
}

/// Where the time of a tree goes.
pub struct Explanation {
    lines: Vec<Line>,
    threads: u32,
}

impl Explanation {
    /// On this machine, with all threads or OMP_NUM_THREADS.
    pub fn of(program: &Program, tree: &LoopTree) -> Self {
        let machine = Machine::detect();
        let threads = thread_count(None, &machine);
        let features = machine_features(&machine, threads);
        let analysis = Analysis::new(program, tree, &features, &rates_of(&features));
        let texts = Nodes::lines(program, tree);
        let lines = texts.into_iter().enumerate().map(|(node, (depth, text))| Line {
            depth,
            text,
            runs: analysis.executions.get(node).map_or(0.0, |one| one.count),
            terms: analysis.with_inside(node),
            bytes: analysis.bytes(node),
            threads: analysis.teams.get(node).map_or(1.0, |team| team.active),
        });
        Self { lines: lines.collect(), threads }
    }

    /// The table, without columns that are empty.
    pub fn print(&self) {
        let total = self.lines.first().map_or(0.0, |line| line.terms.total).max(1e-9);
        let names = Terms::default().parts().map(|(name, _)| name);
        let used: Vec<usize> = (0..names.len())
            .filter(|part| self.lines.iter().any(|line| value(&line.terms, *part) > 0.001 * total))
            .collect();
        let levels: Vec<usize> = (0..3)
            .filter(|level| self.lines.iter().any(|line| bytes(line, *level) >= 64.0))
            .collect();
        let mut headers = vec!["loop".to_owned(), ">runs".into(), ">time".into(), ">share".into()];
        headers
            .extend(used.iter().filter_map(|part| names.get(*part)).map(|name| format!(">{name}")));
        headers.extend(levels.iter().map(|level| format!(">into L{}", level + 1)));
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let rows = self.lines.iter().map(|line| {
            let time = |value: f64| match value > 0.0005 * total {
                true => duration(value),
                false => "–".to_owned(),
            };
            let mut row = vec![
                shortened(&format!("{}{}", "  ".repeat(line.depth), line.text)),
                count(line.runs),
                time(line.terms.total),
                match line.terms.total > 0.0 {
                    true => format!("{:.0} %", 100.0 * line.terms.total / total),
                    false => "–".to_owned(),
                },
            ];
            row.extend(used.iter().map(|part| time(value(&line.terms, *part))));
            row.extend(levels.iter().map(|level| size(bytes(line, *level))));
            row
        });
        println!("where the time goes, by the estimate, with {} threads", self.threads);
        println!("{}", table(&headers, rows.collect()));
        println!(
            "each line holds what is inside of it; computing and waiting for caches overlap, so that the terms are more \
             than the time; a statement's time stands in the loop around it\n"
        );
    }

    /// All of it.
    pub fn json(&self) -> Value {
        let lines: Vec<Value> = self
            .lines
            .iter()
            .map(|line| {
                let terms: serde_json::Map<String, Value> = line
                    .terms
                    .parts()
                    .into_iter()
                    .map(|(name, value)| (name.to_lowercase(), json!(value)))
                    .collect();
                json!({
                    "depth": line.depth, "text": line.text, "runs": line.runs, "threads": line.threads,
                    "nanoseconds": line.terms.total, "terms_nanoseconds": terms,
                    "bytes_into_l1": line.bytes[0], "bytes_into_l2": line.bytes[1],
                    "bytes_into_l3": line.bytes[2],
                })
            })
            .collect();
        json!({"threads": self.threads, "lines": lines})
    }
}

fn value(terms: &Terms, part: usize) -> f64 {
    terms.parts().get(part).map_or(0.0, |(_, value)| *value)
}

fn bytes(line: &Line, level: usize) -> f64 {
    line.bytes.get(level).copied().unwrap_or(0.0)
}

/// A text of a bounded length: indents matter more than the ends of bounds.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn count(runs: f64) -> String {
    match runs {
        _ if runs >= 1e9 => format!("{:.1} G", runs / 1e9),
        _ if runs >= 1e6 => format!("{:.1} M", runs / 1e6),
        _ if runs >= 1e4 => format!("{:.1} k", runs / 1e3),
        _ => format!("{runs:.0}"),
    }
}

fn size(bytes: f64) -> String {
    match bytes {
        _ if bytes >= 1e9 => format!("{:.1} GB", bytes / 1e9),
        _ if bytes >= 1e6 => format!("{:.1} MB", bytes / 1e6),
        _ if bytes >= 1e3 => format!("{:.1} kB", bytes / 1e3),
        _ if bytes >= 64.0 => format!("{bytes:.0} B"),
        _ => "–".to_owned(),
    }
}
