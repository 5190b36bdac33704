//! C files around the region that a test is about.

#![allow(dead_code, reason = "each test binary uses a part")]

use loopwright_frontend::{FrontendError, Options, Reject, Unit, parse};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

const PREFIX: &str = "double a[100], b[100];
int h[100];
struct { double member; } record;
long double precise;
volatile double flicker;
double unknown(double);
double (*pointer)(double);

void function(int n, int m, double *p, double **rows)
{
    int i, j, k;
    double x;
#pragma scop
";

const SUFFIX: &str = "
#pragma endscop
}
";

/// A C file, and the range that its region marks with `«` and `»`.
pub struct Source {
    pub text: String,
    pub marked: Option<(usize, usize)>,
}

impl Source {
    /// A file whose region has the given text.
    pub fn new(body: &str) -> Self {
        let start = body.find('«');
        let plain = body.replace('«', "");
        let end = plain.find('»');
        let plain = plain.replace('»', "");
        let marked = start.zip(end).map(|(start, end)| (PREFIX.len() + start, PREFIX.len() + end));
        Self { text: format!("{PREFIX}{plain}{SUFFIX}"), marked }
    }
}

/// A file in a folder of its own, removed at the end.
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir()
            .join(format!("loopwright-frontend-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a writable temporary folder");
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("writable");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Parses a text as a file.
pub fn parse_bytes(bytes: &[u8], options: &Options) -> Result<Unit, FrontendError> {
    let scratch = Scratch::new();
    parse(&scratch.write("input.c", bytes), options)
}

/// The rejection of the only region, or what came in its place.
pub fn first_reject(source: &Source) -> Result<Reject, String> {
    let unit = parse_bytes(source.text.as_bytes(), &Options::default())
        .map_err(|error| format!("no region: {error}"))?;
    match unit.regions.into_iter().next() {
        Some(region) => match region.result {
            Ok(program) => Err(format!("accepted:\n{program}")),
            Err(reject) => Ok(reject),
        },
        None => Err("no region".to_owned()),
    }
}
