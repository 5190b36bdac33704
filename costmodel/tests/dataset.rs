//! Shards survive what can happen to a long measurement.

mod common;

use common::*;
use loopwright_costmodel::dataset::{ShardWriter, read_shard, shards};
use loopwright_costmodel::{DatasetError, ProgramRecord, ScheduleRecord, extract, schema_hash};
use loopwright_ir::Mark;
use std::io::Write;

fn record(name: &str) -> ProgramRecord {
    let features = extract(&gemm(16), &source_order(16, &[Mark::Sequential; 3]), &MACHINE);
    ProgramRecord {
        program_name: name.to_owned(),
        shape: "contraction".to_owned(),
        seed: 7,
        source: "void f(void) {\n}\n".to_owned(),
        feature_schema: schema_hash(),
        machine: MACHINE,
        initial_execution_time: 1.5,
        schedules_list: vec![
            ScheduleRecord::new(String::new(), vec![1.75, 1.5], &features),
            ScheduleRecord::new("parallelize(S1, i)".to_owned(), vec![], &features),
        ],
    }
}

#[test]
fn records_come_back_and_a_torn_line_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shard-0000.jsonl");
    let (mut writer, present) = ShardWriter::open(&path).unwrap();
    assert!(present.is_empty());
    writer.append(&record("one")).unwrap();
    writer.append(&record("two")).unwrap();
    drop(writer);
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"program_name\": \"torn").unwrap();
    drop(file);
    assert_eq!(read_shard(&path).unwrap(), [record("one"), record("two")]);

    let (mut writer, present) = ShardWriter::open(&path).unwrap();
    assert_eq!(present.len(), 2);
    assert!(present.contains("one") && present.contains("two"));
    writer.append(&record("three")).unwrap();
    let names: Vec<_> =
        read_shard(&path).unwrap().into_iter().map(|record| record.program_name).collect();
    assert_eq!(names, ["one", "two", "three"]);
    std::fs::write(folder.path().join("notes.txt"), "no shard").unwrap();
    assert_eq!(shards(&[folder.path().to_owned()]).unwrap(), [path]);
}

#[test]
fn a_second_writer_refuses_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shard.jsonl");
    let (mut first, _) = ShardWriter::open(&path).unwrap();
    first.append(&record("one")).unwrap();
    // As if the first were in the middle of a line.
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"program_name\"").unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(ShardWriter::open(&path), Err(DatasetError::InUse { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    drop(first);
    assert_eq!(ShardWriter::open(&path).unwrap().1.len(), 1);
}

#[test]
fn a_record_without_its_line_end_and_other_files_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shard.jsonl");
    let whole = serde_json::to_string(&record("one")).unwrap();
    std::fs::write(&path, &whole).unwrap();
    let (mut writer, present) = ShardWriter::open(&path).unwrap();
    assert!(present.contains("one"));
    writer.append(&record("two")).unwrap();
    assert_eq!(read_shard(&path).unwrap(), [record("one"), record("two")]);
    drop(writer);
    std::fs::write(&path, "my notes").unwrap();
    assert!(matches!(ShardWriter::open(&path), Err(DatasetError::NoShard { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "my notes");
}

#[test]
fn measured_schedules_have_times_and_features() {
    let one = record("one");
    let measured = one.measured().unwrap();
    assert_eq!(measured.len(), 1);
    assert_eq!(measured[0].2, 1.5);
    let mut old = record("old");
    old.feature_schema = "of old".to_owned();
    assert!(matches!(old.measured(), Err(DatasetError::OtherSchema { .. })));
    let mut short = record("short");
    short.schedules_list[0].features.pop();
    assert!(matches!(short.measured(), Err(DatasetError::BadFeatures { .. })));
}

#[test]
fn a_broken_line_in_the_middle_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shard.jsonl");
    std::fs::write(&path, "\n{\"program_name\": 3}\n").unwrap();
    match read_shard(&path) {
        Err(DatasetError::BadLine { line, .. }) => assert_eq!(line, 2),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        read_shard(folder.path().join("none").as_path()),
        Err(DatasetError::File { .. })
    ));
}
