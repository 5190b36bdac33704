//! The user's file with a region replaced: what runs where the loops' conditions fail is the source's own text.

mod common;

use common::parse_bytes;
use loopwright_frontend::{Options, Replacement, program_unit};

const SOURCE: &str = "\
void f(int n, int m, double B[][m + 3])
{
#pragma scop
    for (int i = 1; i < n; i++)
        for (int j = 0; j < m; j++)
            B[i][j] = B[i - 1][j + 1];
#pragma endscop
}
";

#[test]
fn the_text_has_arrays_of_the_sources_extents_not_of_those_it_was_tuned_for() {
    let parameters = vec![("n".to_owned(), 40), ("m".to_owned(), 19)];
    let options = Options { parameters, ..Options::default() };
    let unit = parse_bytes(SOURCE.as_bytes(), &options).expect("C");
    let region = &unit.regions[0];
    let program = region.result.as_ref().expect("accepted").specialize();
    let scheduled = Some("loops".to_owned());
    let replacement = Replacement { region, program: &program, scheduled };
    let text = program_unit(&unit, &[replacement]).expect("a file");
    let text = String::from_utf8(text).expect("C");
    let line = text.lines().find(|line| line.contains("void loopwright_text_f("));
    let line = line.expect("the text's function");
    assert!(line.contains("(*B)[m + 3]"), "{line}");
}
