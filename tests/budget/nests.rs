//! Regions that ask for more than a budget gives: deep, wide, skewed, long, slow or empty ones.

/// A C file with a region, and how it is tuned.
pub struct Nest {
    pub name: String,
    pub source: String,
    pub budget: f64,
    pub arguments: Vec<String>,
}

fn region(name: &str, budget: f64, declarations: &str, body: &str) -> Nest {
    let source =
        format!("{declarations}\nvoid f(void) {{\n#pragma scop\n{body}\n#pragma endscop\n}}\n");
    Nest { name: name.to_owned(), source, budget, arguments: Vec::new() }
}

fn lines(range: std::ops::Range<usize>, line: impl Fn(usize) -> String) -> String {
    range.map(line).collect::<Vec<_>>().join("\n")
}

/// `depth` loops that know nothing of each other, the outer `twice` of them with two iterations.
pub fn deep(depth: usize, twice: usize, budget: f64) -> Nest {
    let loops = lines(0..depth, |k| {
        format!("for (int i{k} = 0; i{k} < {}; i{k}++)", if k < twice { 2 } else { 1 })
    });
    let last = depth - 1;
    let body = format!("{loops}\nA[i0 + i{last}] += B[i{last}];");
    region(&format!("{depth} loops"), budget, "double A[400], B[400];", &body)
}

/// Each loop begins where the one around it is.
pub fn skewed(depth: usize, budget: f64) -> Nest {
    let loops = lines(1..depth, |k| {
        let outer = k - 1;
        format!("for (int i{k} = i{outer}; i{k} < i{outer} + 2; i{k}++)")
    });
    let sum = (0..depth).map(|k| format!("i{k}")).collect::<Vec<_>>().join(" + ");
    let body = format!("for (int i0 = 0; i0 < 3; i0++)\n{loops}\nA[{sum}] += B[i{}];", depth - 1);
    region(&format!("{depth} skewed loops"), budget, "double A[800], B[800];", &body)
}

/// Each loop ends where the one around it is.
fn triangular(depth: usize, budget: f64) -> Nest {
    let loops = lines(1..depth, |k| format!("for (int i{k} = 0; i{k} <= i{}; i{k}++)", k - 1));
    let body = format!(
        "for (int i0 = 0; i0 < 20; i0++)\n{loops}\nA[i0 + i1] += B[i{}] * A[i1];",
        depth - 1
    );
    region(&format!("{depth} triangular loops"), budget, "double A[400], B[400];", &body)
}

/// Statements of one loop that all work on one array.
pub fn unrolled(count: usize, budget: f64) -> Nest {
    let body = lines(0..count, |k| format!("A[i + {k}] = A[i + {}] + B[i];", 7 * k % count));
    let body = format!("for (int i = 0; i < 1000; i++) {{\n{body}\n}}");
    region(&format!("{count} statements"), budget, "double A[2000], B[2000];", &body)
}

fn straight(count: usize, budget: f64) -> Nest {
    let body = lines(0..count, |k| format!("A[{k}] = A[{}] + 1.0;", 7 * k % count));
    region(&format!("{count} statements without loops"), budget, "double A[2000];", &body)
}

fn scalar(count: usize, budget: f64) -> Nest {
    let body = lines(0..count, |k| format!("s = s + A[i] * {k}.0;"));
    let body = format!("for (int i = 0; i < 1000; i++) {{\n{body}\n}}");
    region(&format!("{count} statements on a scalar"), budget, "double s, A[1000];", &body)
}

pub fn arrays(count: usize, budget: f64) -> Nest {
    let declarations = lines(0..count + 1, |k| format!("double A{k}[1000];"));
    let body = lines(0..count, |k| format!("A{}[i] = A{k}[i] + 1.0;", k + 1));
    let body = format!("for (int i = 0; i < 1000; i++) {{\n{body}\n}}");
    region(&format!("{count} arrays"), budget, &declarations, &body)
}

fn nests(count: usize, budget: f64) -> Nest {
    let body = lines(0..count, |k| {
        format!("for (int i = 0; i < 1000; i++) A[{k}][i] = A[{}][i] + 1.0;", 7 * k % count)
    });
    region(&format!("{count} nests"), budget, &format!("double A[{count}][1000];"), &body)
}

fn conditions(count: usize, budget: f64) -> Nest {
    let body = lines(0..count, |k| {
        format!(
            "if (i + j > {k} && i - j < {} && 2 * i + 3 * j > {}) A[i][j] += {k}.0;",
            3 * k,
            5 * k
        )
    });
    let body =
        format!("for (int i = 0; i < 500; i++)\nfor (int j = 0; j < 500; j++) {{\n{body}\n}}");
    region(&format!("{count} conditions"), budget, "double A[500][500];", &body)
}

fn disjunctions(count: usize, budget: f64) -> Nest {
    let condition = (0..count)
        .map(|k| format!("(i > {} && j < {})", 10 * k, 7 * k))
        .collect::<Vec<_>>()
        .join(" || ");
    let body = format!(
        "for (int i = 0; i < 500; i++)\nfor (int j = 0; j < 500; j++)\nif ({condition}) A[i][j] += 1.0;"
    );
    region(&format!("{count} alternatives"), budget, "double A[500][500];", &body)
}

fn long(terms: usize, budget: f64) -> Nest {
    let sum = (0..terms).map(|k| format!("B[i + {}] * {k}.0", k % 40)).collect::<Vec<_>>();
    let body = format!("for (int i = 0; i < 900; i++) A[i] = {};", sum.join(" + "));
    region(&format!("{terms} terms"), budget, "double A[1000], B[1000];", &body)
}

fn parameters(count: usize, budget: f64) -> Nest {
    let declared = (0..count).map(|k| format!("int n{k}")).collect::<Vec<_>>().join(", ");
    let loops = lines(0..count.min(6), |k| format!("for (int i{k} = 0; i{k} < n{k}; i{k}++)"));
    let sum = (0..count).map(|k| format!("n{k}")).collect::<Vec<_>>().join(" + ");
    let source = format!(
        "double A[4000], B[4000];\nvoid f({declared}) {{\n#pragma scop\n{loops}\nA[i0 + {sum}] += B[i0];\n#pragma endscop\n}}\n"
    );
    let arguments = (0..count).flat_map(|k| ["--param".to_owned(), format!("n{k}={}", 3 + k % 4)]);
    let name = format!("{count} parameters");
    Nest { name, source, budget, arguments: arguments.collect() }
}

/// A strict sum that takes about a nanosecond and a half for each of `side` times `side` terms.
pub fn slow(side: usize, budget: f64) -> Nest {
    let body = format!(
        "for (int i = 0; i < {side}; i++)\nfor (int j = 0; j < {side}; j++)\ns += A[i] * B[j];"
    );
    let declarations = format!("double s, A[{side}], B[{side}];");
    region(&format!("a sum of {side} squared"), budget, &declarations, &body)
}

pub fn tiny(budget: f64) -> Nest {
    let body = "for (int i = 0; i < 4; i++) A[i] += 1.0;";
    region("four additions", budget, "double A[4];", body)
}

/// Sixty of them.
pub fn all() -> Vec<Nest> {
    let mut all = vec![
        deep(20, 0, 2.0),
        deep(40, 0, 2.0),
        deep(70, 0, 2.0),
        deep(100, 0, 2.0),
        deep(100, 0, 1.0),
        deep(16, 16, 2.0),
        deep(24, 14, 2.0),
        deep(40, 14, 2.0),
        deep(100, 14, 2.0),
        skewed(6, 2.0),
        skewed(8, 2.0),
        skewed(10, 2.0),
        skewed(12, 2.0),
        skewed(16, 2.0),
        skewed(16, 5.0),
        skewed(24, 2.0),
        unrolled(100, 2.0),
        unrolled(200, 2.0),
        unrolled(400, 2.0),
        unrolled(800, 2.0),
        unrolled(800, 5.0),
        straight(200, 2.0),
        straight(800, 2.0),
        scalar(100, 2.0),
        scalar(400, 2.0),
        arrays(100, 2.0),
        arrays(400, 2.0),
        arrays(800, 2.0),
        nests(50, 2.0),
        nests(200, 2.0),
        nests(400, 2.0),
        triangular(3, 2.0),
        triangular(5, 2.0),
        triangular(8, 2.0),
        conditions(5, 2.0),
        conditions(10, 2.0),
        conditions(20, 2.0),
        conditions(40, 2.0),
        disjunctions(4, 2.0),
        disjunctions(8, 2.0),
        disjunctions(12, 2.0),
        long(100, 2.0),
        long(800, 2.0),
        long(3000, 1.0),
        parameters(5, 2.0),
        parameters(12, 2.0),
        parameters(30, 2.0),
        slow(30_000, 1.0),
        slow(60_000, 2.0),
        tiny(1.0),
        tiny(0.05),
    ];
    let one = |name: &str, budget: f64, declarations: &str, body: &str| {
        region(name, budget, declarations, body)
    };
    all.extend([
        one("one assignment", 1.0, "double s;", "s = 3.0;"),
        one("no iteration", 1.0, "double A[9];", "for (int i = 5; i < 5; i++) A[i] = 1.0;"),
        one(
            "bounds beyond a billion",
            2.0,
            "double A[1000];",
            "for (long i = 1000000000; i < 1000001000; i++)\nfor (long j = 2000000000; j < 2000000500; j++)\nA[i - 1000000000] += j - 2000000000;",
        ),
        one(
            "strides of thousands",
            2.0,
            "double A[8000000];",
            "for (int i = 0; i < 1000; i++)\nfor (int j = 0; j < 1000; j++)\nA[7001 * i + 977 * j] += A[7001 * j + 977 * i];",
        ),
        one(
            "a product",
            2.0,
            "double A[400][400], B[400][400], C[400][400];",
            "for (int i = 0; i < 400; i++)\nfor (int j = 0; j < 400; j++)\nfor (int k = 0; k < 400; k++)\nC[i][j] += A[i][k] * B[k][j];",
        ),
        one(
            "a stencil in time",
            2.0,
            "double A[60][60][60], B[60][60][60];",
            "for (int t = 0; t < 20; t++) {\nfor (int i = 1; i < 59; i++)\nfor (int j = 1; j < 59; j++)\nfor (int k = 1; k < 59; k++)\nB[i][j][k] = 0.2 * (A[i][j][k] + A[i-1][j][k] + A[i+1][j][k] + A[i][j-1][k] + A[i][j][k+1]);\nfor (int i = 1; i < 59; i++)\nfor (int j = 1; j < 59; j++)\nfor (int k = 1; k < 59; k++)\nA[i][j][k] = 0.2 * (B[i][j][k] + B[i-1][j][k] + B[i+1][j][k] + B[i][j-1][k] + B[i][j][k+1]);\n}",
        ),
        one(
            "remainders",
            2.0,
            "double A[600][600];",
            "for (int i = 0; i < 600; i++)\nfor (int j = 0; j < 600; j++) {\nif (i % 7 == 3 && (i + 2 * j) % 5 != 1) A[i][j] += 1.0;\nif ((3 * i + j) % 11 < 4) A[j][i] += A[i][j];\n}",
        ),
        one(
            "bounds of bounds",
            2.0,
            "#define MIN(a, b) ((a) < (b) ? (a) : (b))\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\ndouble A[900];",
            "for (int i = 0; i < 100; i++)\nfor (int j = MAX(0, i - 7); j < MIN(100, 2 * i + 3); j++)\nfor (int k = MAX(i, j); k < MIN(i + j + 2, 99); k++)\nfor (int l = MAX(k - i, k - j); l < MIN(k + 4, 300 - k); l++)\nA[k + l] += A[i + j];",
        ),
        one(
            "transposed copies",
            2.0,
            "double A[3000][3000], B[3000][3000];",
            "for (int i = 0; i < 3000; i++)\nfor (int j = 0; j < 3000; j++)\nB[j][i] = A[i][j];",
        ),
    ]);
    all
}
