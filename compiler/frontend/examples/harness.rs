//! Prints the harness of the first region of a C file.

use loopwright_frontend::{Options, original_harness, parse};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in std::env::args().skip(1) {
        let unit = parse(file.as_ref(), &Options::default())?;
        for region in &unit.regions {
            if let Ok(program) = &region.result {
                let harness = original_harness(&unit, region, program, None)?;
                println!("{}", harness.source);
                eprintln!("{:?} {:?}", harness.initializer_symbol, harness.note);
            }
        }
    }
    Ok(())
}
