//! Prints the programs of a C file, or why its regions are rejected.

use loopwright_frontend::{Options, parse, validate};

fn main() {
    let mut options = Options::default();
    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some((name, value)) if !argument.starts_with('-') => {
                options.parameters.push((name.to_owned(), value.parse().unwrap_or(0)));
            }
            _ if argument.starts_with('-') => options.compiler_arguments.push(argument),
            _ => files.push(argument),
        }
    }
    for file in files {
        let begin = std::time::Instant::now();
        match parse(file.as_ref(), &options) {
            Ok(unit) => {
                for region in &unit.regions {
                    match &region.result {
                        Ok(program) => {
                            println!("{program}");
                            if let Err(reject) = validate(program) {
                                println!("{:?}", miette::Report::new(reject));
                            }
                        }
                        Err(reject) => println!("{:?}", miette::Report::new(reject.clone())),
                    }
                }
            }
            Err(error) => println!("{:?}", miette::Report::new(error)),
        }
        println!("# {file}: {:.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    }
}
