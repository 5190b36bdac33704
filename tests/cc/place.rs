//! A folder in which `loopwright cc` is tried.

#![allow(dead_code)]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with a cache of its own.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    pub fn copy(&self, folder: &str) {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_owned();
            fs::copy(&path, self.0.path().join(name)).expect("copied");
        }
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).env("XDG_CACHE_HOME", self.path(".cache"));
        command.env_remove("LOOPWRIGHT_RECORDS");
        command.env_remove("LOOPWRIGHT_HOST_CC").env("OMP_NUM_THREADS", "2");
        command
    }

    pub fn run(&self, program: &str, words: &str) -> Output {
        let words = words.split_whitespace();
        self.command(program).args(words).output().expect("the program is installed")
    }

    pub fn cc(&self, words: &str) -> Output {
        self.run(env!("CARGO_BIN_EXE_loopwright"), &format!("cc {words}"))
    }

    pub fn succeeds(&self, program: &str, words: &str) -> Vec<u8> {
        let output = self.run(program, words);
        assert!(output.status.success(), "{program} {words}: {}", text(&output.stderr));
        output.stdout
    }

    pub fn cc_succeeds(&self, words: &str) -> String {
        let output = self.cc(words);
        let error = text(&output.stderr);
        assert!(output.status.success(), "cc {words}: {error}");
        error
    }

    pub fn report(&self, name: &str) -> Value {
        let bytes = fs::read(self.path(name)).expect("a report");
        serde_json::from_slice(&bytes).expect("JSON")
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// All regions of a report: function, status, sizes of the versions.
pub fn regions(report: &Value) -> Vec<(String, String, Vec<String>)> {
    let files = report["files"].as_array().expect("files");
    let regions = files.iter().flat_map(|file| file["regions"].as_array().expect("regions"));
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    regions
        .map(|region| {
            let versions = region["versions"].as_array().expect("versions");
            let sizes = versions.iter().map(|version| word(&version["sizes"])).collect();
            (word(&region["function"]), word(&region["status"]), sizes)
        })
        .collect()
}
