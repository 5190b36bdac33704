//! The shipped model, and files that must be refused.

mod common;

use common::*;
use loopwright_costmodel::features::layout::{STATEMENT_WIDTH, STATEMENTS, schema_hash};
use loopwright_costmodel::model::SCHEMA_KEY;
use loopwright_costmodel::{CostModel, Features, ModelError, Scorer, extract};
use loopwright_ir::{LoopTree, Mark, Program};
use std::path::Path;
use tract_onnx::prelude::Framework;

const SHIPPED: &[u8] = include_bytes!("../model/cost_model.onnx");

fn trees() -> Vec<LoopTree> {
    let mut trees = vec![register_tiled_gemm(256)];
    for mark in [
        Mark::Sequential,
        Mark::Parallel,
        Mark::UnrollJam { factor: 4 },
        Mark::Vector { width: 4, unroll: 1 },
    ] {
        trees.push(source_order(256, &[mark, Mark::Sequential, Mark::Sequential]));
        trees.push(source_order(256, &[Mark::Sequential, mark, Mark::Sequential]));
    }
    let mut twice = source_order(256, &[Mark::Sequential; 3]);
    twice.roots.extend(source_order(32, &[Mark::Sequential; 3]).roots);
    trees.push(twice);
    trees
}

fn features() -> Vec<Features> {
    let program = gemm(256);
    trees().iter().map(|tree| extract(&program, tree, &MACHINE)).collect()
}

fn close(left: f32, right: f32) -> bool {
    (left - right).abs() < 1e-3
}

#[test]
fn a_batch_is_its_members_one_by_one() {
    let model = CostModel::shipped().unwrap();
    let features = features();
    let batch = model.predict(&features).unwrap();
    assert_eq!(batch.len(), features.len());
    for (one, expected) in features.iter().zip(&batch) {
        let alone = model.predict(std::slice::from_ref(one)).unwrap();
        assert!(close(alone[0], *expected), "{} {expected}", alone[0]);
    }
    assert_eq!(model.predict(&features).unwrap(), batch);
    assert!(model.metadata().contains(&(SCHEMA_KEY.to_owned(), schema_hash())));
    assert!(model.predict(&[]).unwrap().is_empty());
}

#[test]
fn absent_statements_and_their_order_change_nothing() {
    let model = CostModel::shipped().unwrap();
    let two = features().pop().unwrap();
    assert_eq!(two.statement_count(), 2);
    let list = two.to_list();
    let (globals, rows) = list.split_at(list.len() - 2 * STATEMENT_WIDTH);
    let expected = model.predict(std::slice::from_ref(&two)).unwrap()[0];
    let (first, second) = rows.split_at(STATEMENT_WIDTH);
    let swapped = Features::from_list(&[globals, second, first].concat()).unwrap();
    assert!(close(model.predict(&[swapped]).unwrap()[0], expected));
    let mut padded = list.clone();
    padded.resize(globals.len() + STATEMENTS * STATEMENT_WIDTH, 0.0);
    let padded = Features::from_list(&padded).unwrap();
    assert!(close(model.predict(&[padded]).unwrap()[0], expected));
}

#[test]
fn what_is_not_a_model_is_refused() {
    let missing = CostModel::load(Path::new("/nonexistent/model.onnx"));
    assert!(matches!(missing, Err(ModelError::Missing { .. })), "{missing:?}");
    for length in [0, 1, 100, SHIPPED.len() / 2, SHIPPED.len() - 1] {
        let cut = CostModel::from_bytes(&SHIPPED[..length]);
        assert!(matches!(cut, Err(ModelError::Corrupt { .. })), "{length}: {cut:?}");
    }
    let text = CostModel::from_bytes(b"this is no model, but some text of some length");
    assert!(matches!(text, Err(ModelError::Corrupt { .. })), "{text:?}");
}

/// The shipped file with every occurrence of some bytes replaced by as many others.
fn patched(from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = SHIPPED.to_vec();
    let mut found = false;
    for position in 0..bytes.len() - from.len() {
        if bytes[position..].starts_with(from) {
            bytes[position..position + to.len()].copy_from_slice(to);
            found = true;
        }
    }
    assert!(found);
    bytes
}

#[test]
fn another_schema_is_refused_by_name() {
    let other = "0".repeat(64);
    let error = CostModel::from_bytes(&patched(schema_hash().as_bytes(), other.as_bytes()));
    match error {
        Err(ModelError::SchemaMismatch { expected, found }) => {
            assert_eq!((expected, found), (schema_hash(), other));
        }
        other => panic!("{other:?}"),
    }
    let error = CostModel::from_bytes(&patched(b"loopwright.feature_schema", &[b'x'; 25]));
    assert!(matches!(error, Err(ModelError::NoSchema)), "{error:?}");
}

#[test]
fn weights_that_are_not_numbers_are_refused() {
    let proto = tract_onnx::onnx().proto_model_for_read(&mut &*SHIPPED).unwrap();
    let graph = proto.graph.unwrap();
    let largest = graph.initializer.iter().max_by_key(|tensor| tensor.raw_data.len()).unwrap();
    let nan: Vec<u8> =
        f32::NAN.to_le_bytes().iter().copied().cycle().take(largest.raw_data.len()).collect();
    let error = CostModel::from_bytes(&patched(&largest.raw_data, &nan));
    assert!(matches!(error, Err(ModelError::NotFinite)), "{error:?}");
}

#[test]
fn the_scorer_says_when_it_falls_back() {
    for name in [None, Some("none")] {
        let (scorer, warning) = Scorer::load_or_fallback(name.map(Path::new), None);
        assert!(matches!(scorer, Scorer::Estimate { .. }) && warning.is_none());
    }
    let (scorer, warning) = Scorer::load_or_fallback(Some(Path::new("shipped")), None);
    assert!(matches!(scorer, Scorer::Learned { .. }) && warning.is_none());
    let file = Path::new("/nonexistent/model.onnx");
    let (scorer, warning) = Scorer::load_or_fallback(Some(file), None);
    assert!(matches!(scorer, Scorer::Estimate { .. }));
    assert!(warning.unwrap().to_string().contains("/nonexistent/model.onnx"));
}

#[test]
fn both_scorers_know_a_good_schedule() {
    let program = gemm(256);
    let original = source_order(256, &[Mark::Sequential; 3]);
    let good = register_tiled_gemm(256);
    for name in ["shipped", "none"] {
        let (scorer, _) = Scorer::load_or_fallback(Some(Path::new(name)), None);
        let scores =
            scorer.score((&program, &original), &program, &[&original, &good], &MACHINE).unwrap();
        assert!((scores[0] - 1.0).abs() < 1e-3, "{scores:?}");
        assert!(scores[1] > 3.0, "{scorer:?}: {scores:?}");
    }
}

#[test]
fn the_estimate_ranks_obvious_cases() {
    let scorer = Scorer::Estimate { rates: None };
    let plain = [Mark::Sequential; 2];
    let parallel = [Mark::Parallel, Mark::Sequential];
    let score = |program: &Program, original: &LoopTree, tree: &LoopTree| {
        scorer.score((program, original), program, &[tree], &MACHINE).unwrap()[0]
    };
    // A big loop gains from threads, a tiny one does not pay for them.
    let big = score(&map(2000, false), &source_order(2000, &plain), &source_order(2000, &parallel));
    let tiny = score(&map(8, false), &source_order(8, &plain), &source_order(8, &parallel));
    assert!(big > 1.5 && tiny < 0.5, "{big} {tiny}");
    // Walking along rows beats walking along columns.
    let rows = nest(
        &[ring(1, 2000, Mark::Sequential), ring(0, 2000, Mark::Sequential)],
        vec![loop_variable(0), loop_variable(1)],
    );
    let interchanged = score(&map(2000, true), &source_order(2000, &plain), &rows);
    assert!(interchanged > 2.0, "{interchanged}");
    // Lanes along the columns are gathers.
    let lanes = |outer: u32, inner: u32| {
        let marks = [Mark::Sequential, Mark::Vector { width: 4, unroll: 1 }];
        let rings = [ring(outer, 512, marks[0]), ring(inner, 512, marks[1])];
        let tree = nest(&rings, vec![loop_variable(0), loop_variable(1)]);
        score(&map(512, true), &source_order(512, &plain), &tree)
    };
    assert!(lanes(1, 0) > lanes(0, 1), "{} {}", lanes(1, 0), lanes(0, 1));
}

#[test]
fn five_hundred_candidates_take_little_time() {
    let model = CostModel::shipped().unwrap();
    let (two, one): (Vec<_>, Vec<_>) =
        features().into_iter().partition(|tree| tree.statement_count() == 2);
    let mut widest =
        extract(&gemm(8), &source_order(8, &[Mark::Sequential; 3]), &MACHINE).to_list();
    let row = widest[widest.len() - STATEMENT_WIDTH..].to_vec();
    for _ in 1..STATEMENTS {
        widest.extend(&row);
    }
    let widest = Features::from_list(&widest).unwrap();
    for (tree, limit) in [(&one[0], 0.05), (&two[0], 0.1), (&widest, 0.5)] {
        let batch = vec![tree.clone(); 512];
        model.predict(&batch).unwrap();
        let mut best = f64::MAX;
        for _ in 0..5 {
            let start = std::time::Instant::now();
            model.predict(&batch).unwrap();
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("512 trees of {} statements: {:.2} ms", tree.statement_count(), best * 1e3);
        assert!(best < limit, "{best} s");
    }
}
