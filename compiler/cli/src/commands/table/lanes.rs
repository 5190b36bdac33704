//! What code generation made vectors of, read off LLVM's own text behind its last pass.

/// What moves and computes elements.
const OPERATIONS: [&str; 12] = [
    "load", "store", "fadd", "fsub", "fmul", "fdiv", "fneg", "add", "sub", "mul", "select", "call",
];

/// The most lanes of a vector of numbers that is loaded, stored or computed; 1 where there is none.
pub(super) fn lanes(llvm: &str) -> usize {
    let lines = llvm.lines().filter(|line| line.starts_with("  "));
    let operations = lines.filter(|line| {
        let text = line.split_once(" = ").map_or(line.trim(), |(_, text)| text);
        let text = text.trim_start_matches("tail ");
        OPERATIONS.contains(&text.split_whitespace().next().unwrap_or_default())
    });
    operations.flat_map(vectors).max().unwrap_or(1)
}

/// The lanes of the vectors of numbers in a line: `<16 x float>`, not the masks `<16 x i1>`.
fn vectors(line: &str) -> impl Iterator<Item = usize> {
    line.split('<').skip(1).filter_map(|rest| {
        let (count, rest) = rest.split_once(" x ")?;
        let element = rest.split('>').next()?;
        let number = ["float", "double", "i8", "i16", "i32", "i64"].contains(&element);
        number.then(|| count.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::lanes;

    #[test]
    fn the_widest_vector_of_numbers_counts() {
        let text = "\
define void @f(ptr %0) {
  %1 = load <8 x float>, ptr %0
  %2 = fcmp ogt <8 x float> %1, %1
  %3 = tail call <16 x double> @llvm.masked.load(ptr %0, <16 x i1> %2)
  store i32 0, ptr %0
}
";
        assert_eq!(lanes(text), 16);
        assert_eq!(lanes("  %1 = load double, ptr %0\n  %2 = icmp eq <4 x i32> %a, %b\n"), 1);
        assert_eq!(lanes("declare <4 x float> @g()\n"), 1);
    }
}
