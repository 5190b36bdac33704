//! Shards survive what can happen to a long measurement.

mod common;

use common::*;
use loopwright_costmodel::dataset::{
    Circumstances, ShardWriter, key, read_shard, shards, write_shard,
};
use loopwright_costmodel::{DatasetError, ProgramRecord, ScheduleRecord, extract, schema_hash};
use loopwright_ir::Mark;
use std::io::Write;

fn record(name: &str) -> ProgramRecord {
    let features = extract(&gemm(16), &source_order(16, &[Mark::Sequential; 3]), &MACHINE);
    ProgramRecord {
        program_name: name.to_owned(),
        shape: "contraction".to_owned(),
        seed: 7,
        key: key(7, "schedules=2"),
        options: "schedules=2".to_owned(),
        source: "void f(void) {\n}\n".to_owned(),
        feature_schema: schema_hash(),
        machine: MACHINE,
        circumstances: Circumstances::default(),
        initial_execution_time: 1.5,
        schedules_list: vec![
            ScheduleRecord {
                features: features.to_list(),
                ..ScheduleRecord::new(String::new(), "", vec![1.75, 1.5])
            },
            ScheduleRecord {
                features: features.to_list(),
                ..ScheduleRecord::new("parallelize(S1, i)".to_owned(), "walk", vec![])
            },
        ],
        left_out: None,
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
    assert_eq!(present, [record("one"), record("two")]);
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
    assert_eq!(present, [record("one")]);
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

#[test]
fn labels_that_are_no_times_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shard.jsonl");
    let good = serde_json::to_string(&record("good")).unwrap();
    for (text, wrong, words) in [
        ("[1.75,1.5]", "[1.75,null]", "schedule 0 of `good` has the label NaN"),
        ("[1.75,1.5]", "[1.75,-1.0]", "the label -1"),
        ("[1.75,1.5]", "[1.75,0.0]", "the label 0"),
        (
            "\"initial_execution_time\":1.5",
            "\"initial_execution_time\":0.0",
            "the initial execution time",
        ),
        ("\"sched_str\":\"\"", "\"sched_str\":\"tile(S1, i, 4)\"", "is not the original order"),
    ] {
        let bad = good.replacen(text, wrong, 1);
        assert_ne!(bad, good, "{text}");
        std::fs::write(&path, format!("{good}\n{bad}\n")).unwrap();
        let error = read_shard(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains(words), "{error}");
    }
    // A number that JSON has no word for, as Python writes it, is no JSON.
    std::fs::write(&path, good.replace("1.75", "NaN") + "\n").unwrap();
    assert!(matches!(read_shard(&path), Err(DatasetError::BadLine { line: 1, .. })));
}

#[test]
fn a_key_says_which_seed_and_which_options() {
    let keys = [key(1, "schedules=2"), key(2, "schedules=2"), key(1, "schedules=3")];
    assert_eq!(keys[0], key(1, "schedules=2"));
    assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2]);
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.jsonl");
    write_shard(&path, &[record("one"), record("two")]).unwrap();
    assert_eq!(read_shard(&path).unwrap().len(), 2);
    let nowhere = folder.path().join("none").join("all.jsonl");
    assert!(matches!(write_shard(&nowhere, &[record("one")]), Err(DatasetError::File { .. })));
    // A folder in its place: nothing is left of the attempt.
    let taken = folder.path().join("taken.jsonl");
    std::fs::create_dir(&taken).unwrap();
    std::fs::write(taken.join("file"), "").unwrap();
    assert!(write_shard(&taken, &[record("one")]).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn records_of_old_are_read() {
    let mut document = serde_json::to_value(record("old")).unwrap();
    let fields = document.as_object_mut().unwrap();
    for new in ["key", "options", "circumstances"] {
        assert!(fields.remove(new).is_some(), "{new}");
    }
    let old: ProgramRecord = serde_json::from_value(document).unwrap();
    assert!(old.key.is_empty() && old.measured().unwrap().len() == 1);
}
