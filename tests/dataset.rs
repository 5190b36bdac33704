//! Data sets through the command line: made, resumed, refused, read again, and in LOOPerSet's form.

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

fn error_of(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    // Without the frame of a report.
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

fn text(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", error_of(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn document(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&text(folder, &[arguments, &["--json"]].concat())).expect("JSON")
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("it is there");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

const SMALL: [&str; 8] = [
    "dataset",
    "generate",
    "--out=data",
    "--schedules=5",
    "--threads=1",
    "--march=native",
    "--milliseconds=0.02..0.1",
    "--shape=elementwise",
];

/// Makes programs, in as many sittings as a busy machine needs.
fn make(folder: &Path, count: usize) -> Vec<Value> {
    let programs = format!("--programs={count}");
    for _ in 0..20 {
        let made = document(folder, &[&SMALL[..], &[&programs]].concat());
        assert_eq!(made["wrong"], 0);
        let records = lines(&folder.join("data/shard-1-of-1.jsonl"));
        if records.len() == count {
            return records;
        }
    }
    panic!("the machine is too busy for any label");
}

#[test]
fn a_data_set_is_made_resumed_and_read_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let records = make(folder, 2);
    for record in &records {
        for field in ["key", "options", "source", "circumstances", "machine"] {
            assert!(!record[field].is_null(), "{field}");
        }
        assert!(record.get("feature_schema").is_none());
        let schedules = record["schedules_list"].as_array().expect("a list");
        assert!(schedules.len() >= 2);
        assert_eq!(schedules[0]["sched_str"], "");
        assert!(schedules.iter().all(|one| one["execution_times"].as_array().unwrap().len() >= 2));
    }
    // More of the same: what is there stays as it is.
    let more = make(folder, 3);
    assert_eq!(more[..2], records[..]);
    // Another seed or another number of schedules is another data set.
    for other in ["--schedules=6", "--memory=1M", "--milliseconds=0.02..0.2"] {
        let mut words: Vec<&str> = SMALL.to_vec();
        let name = other.split('=').next().unwrap();
        words.retain(|word| !word.starts_with(name));
        let refused = run(folder, &[&words[..], &[other]].concat());
        let error = error_of(&refused);
        assert_eq!(refused.status.code(), Some(3), "{error}");
        assert!(error.contains("made with other options") && error.contains("--out"), "{error}");
    }
    // Labels of another compiler are stale.
    let path = folder.join("data/shard-1-of-1.jsonl");
    let whole = std::fs::read_to_string(&path).expect("it is there");
    let compiler = more[0]["circumstances"]["compiler"].as_str().unwrap();
    std::fs::write(&path, whole.replace(compiler, "0.0.9 of old")).expect("written");
    let stale = run(folder, &[&SMALL[..], &["--programs=3"]].concat());
    let error = error_of(&stale);
    assert!(error.contains("with another compiler there: 0.0.9 of old"), "{error}");
    assert_eq!(
        document(folder, &[&SMALL[..], &["--programs=3", "--mixed"]].concat())["present"],
        3
    );
    std::fs::write(&path, &whole).expect("written");

    let featured = document(folder, &["dataset", "refeature", "data", "--out", "train.jsonl"]);
    assert_eq!((&featured["programs"], &featured["lost_points"]), (&json!(3), &json!(0)));
    let with_features = lines(&folder.join("train.jsonl"));
    assert!(with_features.iter().all(|one| one["feature_schema"].is_string()));
    let judged = text(folder, &["model", "eval", "data"]);
    assert_eq!(
        judged,
        text(folder, &["model", "eval", "train.jsonl"]),
        "features are made on the fly"
    );
    let info = text(folder, &["dataset", "info", "data", "--svg", "plots.svg"]);
    assert!(info.contains("elementwise") && info.contains('█'), "{info}");
    assert!(std::fs::read_to_string(folder.join("plots.svg")).unwrap().starts_with("<svg"));
    let same = document(folder, &["dataset", "compare", "data", "train.jsonl"]);
    assert_eq!(same["largest_percent"], 0.0);

    // There and back again: the same records, with every time and schedule.
    let exported = document(folder, &["dataset", "export", "data", "--out", "theirs.jsonl"]);
    assert_eq!(exported["programs"], 3, "{exported}");
    document(folder, &["dataset", "import", "theirs.jsonl", "--out", "back.jsonl"]);
    assert_eq!(lines(&folder.join("back.jsonl")), more);
    // As a reader of theirs sees it, who knows nothing of ours.
    let foreign: Vec<String> = lines(&folder.join("theirs.jsonl"))
        .into_iter()
        .map(|mut record| {
            record.as_object_mut().unwrap().remove("loopwright");
            for schedule in record["schedules_list"].as_array_mut().unwrap() {
                schedule.as_object_mut().unwrap().remove("loopwright_schedule");
            }
            record.to_string()
        })
        .collect();
    std::fs::write(folder.join("foreign.jsonl"), foreign.join("\n")).expect("written");
    let read =
        document(folder, &["dataset", "import", "foreign.jsonl", "--out", "foreign_back.jsonl"]);
    assert_eq!(read["programs"], 3, "{read}");
}

/// A computation of a record, as the published schema has it.
fn computation(order: u32, write: (&str, u32), reduction: bool, expression: &Value) -> Value {
    json!({
        "absolute_order": order, "iterators": ["i", "j"], "comp_is_reduction": reduction,
        "write_access_relation": write.0, "write_buffer_id": write.1, "data_type": "float64",
        "data_type_size": 8, "accesses": [], "expression_representation": expression,
    })
}

fn record() -> Value {
    let access = |buffer: u32, matrix: Value| {
        json!({"expr_type": "access", "dtype": "float64", "children": [], "access_matrix": matrix,
               "buffer_id": buffer})
    };
    let product = json!({"expr_type": "mul", "dtype": "float64", "children": [
        access(1, json!([[0, 1, 0], [1, 0, 0]])),
        {"expr_type": "value", "dtype": "float64", "children": []},
    ]});
    let sum = json!({"expr_type": "add", "dtype": "float64", "children": [
        access(0, json!([[1, 0, 0], [0, 1, 0]])), product,
    ]});
    let none = json!({"shiftings": null, "tiling": {}, "unrolling_factor": null,
                      "parallelized_dim": null, "transformations_list": []});
    let tiled = json!({"shiftings": null, "unrolling_factor": "4", "parallelized_dim": "i",
                       "tiling": {"tiling_depth": 2, "tiling_dims": ["i", "j"], "tiling_factors": ["32", "16"]},
                       "transformations_list": []});
    let tree = json!({"roots": [{"loop_name": "i", "computations_list": [], "child_list": [
        {"loop_name": "j", "computations_list": ["comp00"], "child_list": []}]}]});
    json!({
        "filename": "function000001.cpp", "node_name": "node", "parameters": {"beam_size": 3},
        "program_annotation": {
            "function_name": "function000001", "memory_size": "0.12",
            "iterators": {
                "i": {"lower_bound": "0", "upper_bound": "64", "parent_iterator": null,
                      "child_iterators": ["j"], "computations_list": []},
                "j": {"lower_bound": 0, "upper_bound": "i + 1", "parent_iterator": "i",
                      "child_iterators": [], "computations_list": ["comp00"]},
            },
            "buffers": {"buffers_info": {
                "buf00": {"buffer_id": 0, "buffer_dimensions": ["64", "96"], "dtype": "float64", "argtype": "a_output"},
                "buf01": {"buffer_id": 1, "buffer_dimensions": [96, 64], "dtype": "float64", "argtype": "a_input"},
            }, "comp_buf_mapping": {"comp00": "buf00"}},
            "computations": {
                "comp00": computation(1, ("{ comp00[i, j] -> buf00[i, j] }", 0), true, &sum),
            },
        },
        "initial_execution_time": 0.5,
        "schedules_list": [
            {"comp00": none, "fusions": null, "sched_str": "", "tree_structure": tree,
             "legality_check": true, "exploration_method": 0, "execution_times": [0.6, 0.5]},
            {"comp00": tiled, "fusions": null, "sched_str": "{comp00}:P(L0)T2(L0,L1,32,16)U(L3,4)",
             "tree_structure": tree, "legality_check": true, "exploration_method": 0,
             "execution_times": [0.25, 0.3]},
            {"comp00": tiled, "fusions": null, "tree_structure": tree, "legality_check": true,
             "execution_times": [0.26]},
            {"comp00": none, "fusions": null, "sched_str": "{comp00}:M(1,2)", "tree_structure": tree,
             "legality_check": true, "execution_times": [0.4]},
            {"comp00": none, "fusions": null, "sched_str": "{comp00}:R(L0)", "tree_structure": tree,
             "legality_check": false, "execution_times": null},
        ],
        "exploration_trace": {}, "search_time": 1.0,
        "best_schedule": {"actual_exec_time": 0.25, "sched_str": ""},
    })
}

fn import(folder: &Path, records: &[Value]) -> (Value, Vec<Value>) {
    let texts: Vec<String> = records.iter().map(Value::to_string).collect();
    std::fs::write(folder.join("theirs.jsonl"), texts.join("\n") + "\n").expect("written");
    let summary = document(folder, &["dataset", "import", "theirs.jsonl", "--out", "ours.jsonl"]);
    (summary, lines(&folder.join("ours.jsonl")))
}

#[test]
fn records_of_looperset_are_read_in_both_versions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = record();
    // The second version: named transformations, times by hardware, a list for the initial time.
    let mut second = record();
    second["initial_execution_time"] = json!({"xeon_e5_2695_v2": [0.75, 0.5]});
    second["schedules_list"] = json!([
        {"transformations_list": [], "execution_times": {"xeon_e5_2695_v2": [0.5]}},
        {"transformations_list": [
            {"type": "interchange", "loop_levels": [0, 1], "parameters": [], "computations": ["comp00"]},
            {"type": "parallelization", "loop_levels": [0], "parameters": []},
         ], "execution_times": {"xeon_e5_2695_v2": [0.125, 0.25]}},
        {"transformations_list": [{"type": "matrix", "loop_levels": [0], "parameters": [1]}],
         "execution_times": [0.5]},
    ]);
    // What we have no words for: a bound that is not affine, another expression.
    let mut third = record();
    third["program_annotation"]["iterators"]["j"]["upper_bound"] = json!("i % 7");
    let mut fourth = record();
    fourth["program_annotation"]["computations"]["comp00"]["expression_representation"] =
        json!({"expr_type": "exp", "dtype": "float64", "children": []});
    let (summary, ours) = import(folder.path(), &[first, second, third, fourth]);
    assert_eq!((&summary["records"], &summary["programs"]), (&json!(4), &json!(2)), "{summary}");
    let reasons = summary["not_representable"].to_string();
    for words in
        ["is not affine", "the expression `…` of 0 operands", "a matrix", "it has no times"]
    {
        assert!(reasons.contains(words), "{words}: {reasons}");
    }
    let schedules = |record: &Value| -> Vec<(String, Value)> {
        let list = record["schedules_list"].as_array().expect("a list");
        let one = |one: &Value| {
            (one["sched_str"].as_str().unwrap().to_owned(), one["execution_times"].clone())
        };
        list.iter().map(one).collect()
    };
    let tiled = "tile(S1, i, j, 32, 16)\nparallelize(S1, i_t)\nunroll(S1, j, 4)";
    assert_eq!(
        schedules(&ours[0]),
        [
            (String::new(), json!([0.6, 0.5])),
            (tiled.to_owned(), json!([0.25, 0.3])),
            (tiled.to_owned(), json!([0.26])),
        ]
    );
    assert_eq!(ours[0]["initial_execution_time"], 0.5);
    let source = ours[0]["source"].as_str().unwrap();
    assert!(source.contains("for (int j = 0; j < i+1; j++)"), "{source}");
    assert!(source.contains("buf00[i][j] = (buf00[i][j] + (buf01[j][i] * 1));"), "{source}");
    assert_eq!(
        schedules(&ours[1]),
        [
            (String::new(), json!([0.5])),
            ("interchange(S1, i, j)\nparallelize(S1, j)".to_owned(), json!([0.125, 0.25])),
        ]
    );
    assert_eq!(ours[1]["initial_execution_time"], 0.5);
    // It is a data set like any other.
    let featured =
        document(folder.path(), &["dataset", "refeature", "ours.jsonl", "--out", "train.jsonl"]);
    assert_eq!((&featured["points"], &featured["lost_points"]), (&json!(5), &json!(0)));
}

#[test]
fn bad_records_end_with_a_word_and_leave_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let mut empty = record();
    empty["program_annotation"]["computations"] = json!({});
    let texts = [
        ("{".to_owned(), "JSON"),
        ("[1, 2]".to_owned(), "there is no `program_annotation`"),
        (empty.to_string(), "there are no computations"),
    ];
    for (bad, words) in texts {
        std::fs::write(folder.join("bad.jsonl"), bad + "\n").expect("written");
        let output = run(folder, &["dataset", "import", "bad.jsonl", "--out", "none.jsonl"]);
        let error = error_of(&output);
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains(words) && error.contains("nothing was written"), "{error}");
        assert!(!folder.join("none.jsonl").exists());
    }
    std::fs::write(folder.join("packed.jsonl"), [0x1f, 0x8b, 8, 0, 0xff, 0xfe]).expect("written");
    let output = run(folder, &["dataset", "import", "packed.jsonl", "--out", "none.jsonl"]);
    assert!(error_of(&output).contains("gunzip"), "{}", error_of(&output));
    let output = run(folder, &["dataset", "compare", "packed.jsonl", "packed.jsonl"]);
    assert_eq!(output.status.code(), Some(3));
}

/// A limit on the size of files stands for a full disk: a write ends in the middle.
#[test]
fn a_full_disk_loses_nothing_and_leaves_no_half_record() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let path = folder.join("data/shard-1-of-1.jsonl");
    // Enough for a shared object and for some records, not for all.
    let words: Vec<String> = SMALL.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "ulimit -f 48; trap '' XFSZ; exec {} {} --programs=60",
        env!("CARGO_BIN_EXE_loopwright"),
        words.join(" ")
    );
    let script = script.replace("--schedules=5", "--schedules=60");
    let output =
        Command::new("bash").args(["-c", &script]).current_dir(folder).output().expect("bash runs");
    let error = error_of(&output);
    assert!(!output.status.success() && error.contains("File too large"), "{error}");
    let text = std::fs::read_to_string(&path).expect("it is there");
    assert!(text.is_empty() || text.ends_with('\n'), "a half record: {error}");
    let records = lines(&path);
    assert!(!records.is_empty() && text.len() <= 48 * 1024, "{}", text.len());
}
