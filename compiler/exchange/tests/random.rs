//! Random orders, legal or not, of random programs come back from both languages.

mod common;

use common::{loops, renamed, runs};
use loopwright_exchange::{FormatError, from_isl, from_looperset, to_isl, to_looperset};
use loopwright_ir::{Program, Schedule, ScheduleTree, Step};
use loopwright_synth::{SynthOptions, generate};
use loopwright_transform::rewrite;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A step that may or may not make sense.
fn step(program: &Program, tree: &ScheduleTree, random: &mut ChaCha8Rng) -> Option<Step> {
    let leaves = tree.leaves();
    let mut pick = |count: usize| random.random_range(0..count.max(1));
    let (path, leaf) = leaves.get(pick(leaves.len()))?;
    let name = leaf.id().name(program);
    let other = leaves.get(pick(leaves.len()))?.1.id().name(program);
    let at = pick(path.len());
    let one = &path.get(at)?.name;
    let two = &path.get(pick(path.len()))?.name;
    let next = path.get(at + 1).map_or(one, |inner| &inner.name);
    let (small, size) = (pick(4), pick(7) + 2);
    let text = match pick(16) {
        0 | 1 => format!("interchange({name}, {one}, {two})"),
        2 | 3 => format!("tile({name}, {one}, {size})"),
        4 | 5 => format!("tile({name}, {one}, {next}, {size}, {})", small + 2),
        6 => format!("distribute({name}, {one})"),
        7 => format!("reverse({name}, {one})"),
        8 => format!("shift({name}, {one}, {small})"),
        9 | 10 => format!("skew({name}, {one}, {two}, {small})"),
        11 => format!("split({name}, {one}, {size})"),
        12 => format!("peel({name}, {one}, {})", small as i64 - 2),
        13 => format!("fuse({name}, {other}, {one}, {small})"),
        14 => format!("wavefront({name}, {one}, {next})"),
        _ => format!("unroll({name}, {one}, {size})"),
    };
    text.parse().ok()
}

#[test]
fn random_orders_come_back() {
    let (mut trees, mut strings, mut beyond) = (0, 0, 0);
    for seed in 0..150 {
        let program = generate(seed, &SynthOptions::tiny()).program;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut tree = ScheduleTree::original(&program);
        let mut schedule = Schedule::original();
        for _ in 0..seed % 9 {
            let Some(step) = step(&program, &tree, &mut random) else { continue };
            if let Ok(changed) = rewrite(&program, &tree, &step) {
                tree = changed;
                schedule = schedule.then(step);
            }
        }
        match to_isl(&program, &tree) {
            Ok(text) => {
                let back = from_isl(&program, &text)
                    .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{schedule}\n{text}"));
                let (wanted, found) = (runs(&program, &tree), runs(&program, &back.tree));
                assert_eq!(found, wanted, "seed {seed}\n{schedule}\n{text}");
                trees += 1;
            }
            Err(FormatError::NotExpressible { .. }) => beyond += 1,
            Err(error) => panic!("seed {seed}: {error}\n{schedule}"),
        }
        if let Ok(written) = to_looperset(&program, &schedule, false) {
            let original = ScheduleTree::original(&program);
            let read = from_looperset(&program, &original, &written.text).unwrap_or_else(|error| {
                panic!("seed {seed}: {error}\n{schedule}\n{}", written.text)
            });
            let back = read.steps().iter().fold(original, |tree, step| {
                let step = match step.clone() {
                    Step::Fuse { statement, other, loop_name, shift: None } => {
                        Step::Fuse { statement, other, loop_name, shift: Some(0) }
                    }
                    step => step,
                };
                rewrite(&program, &tree, &step).unwrap()
            });
            assert_eq!(
                renamed(&back).display(&program),
                renamed(&tree).display(&program),
                "seed {seed}\n{schedule}\n{}",
                written.text
            );
            assert_eq!(loops(&program, &back), loops(&program, &tree), "seed {seed}");
            strings += 1;
        }
    }
    assert!(trees > 100 && strings > 40, "{trees} trees, {strings} strings, {beyond} beyond");
}
