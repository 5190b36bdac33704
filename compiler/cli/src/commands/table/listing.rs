//! How the table looks, and its JSON.

use super::Arguments;
use super::row::{Measured, Peer, Row};
use crate::benchmark::peak::{Share, Yardstick};
use crate::report::{duration, geometric_mean, ratio, short, table};
use loopwright_runtime::Timing;
use serde_json::{Value, json};

fn share(yardstick: &Yardstick, measured: &Measured) -> Option<Share> {
    yardstick.share(&measured.program, measured.work.as_ref()?, &measured.rates()?)
}

/// The measured rows.
fn all(rows: &[Row]) -> impl Iterator<Item = (&str, &Measured)> {
    rows.iter().filter_map(|row| Some((row.name.as_str(), row.measured.as_ref().ok()?)))
}

/// Prints the table, its means, and what is to be said of single rows.
pub fn print(arguments: &Arguments, peers: &[Peer], yardstick: &Yardstick, rows: &[Row]) {
    let search = &arguments.search;
    let source = Peer::of(&search.compiler);
    let mut headers = vec!["program".to_owned()];
    let names = std::iter::once(&source).chain(peers).map(|peer| format!(">{}", peer.name));
    headers.extend(names.chain([">tuned", ">over best", ">of peak", ">lanes"].map(str::to_owned)));
    if crate::terminal::is_wide() {
        headers.push("~schedule".to_owned());
    }
    let lines = all(rows).map(|(name, measured)| line(name, measured, yardstick)).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    println!("{}", table(&headers, lines));
    let over_best: Vec<f64> = all(rows).filter_map(|(_, found)| found.over_best()).collect();
    let over_source: Vec<f64> = all(rows).map(|(_, found)| found.over_source()).collect();
    if let (Some(best), Some(source_mean)) =
        (geometric_mean(&over_best), geometric_mean(&over_source))
    {
        let least = over_best.iter().copied().fold(f64::INFINITY, f64::min);
        println!(
            "geometric mean over {} regions, {} threads, {}: {} over the best of the others, {} over {} \
             -O3 -march={}; the least {}",
            over_best.len(),
            yardstick.threads,
            search.cache.text(),
            ratio(best),
            ratio(source_mean),
            search.compiler,
            search.march,
            ratio(least),
        );
    }
    println!("{}", counts(rows));
    println!("{}", yardstick.origin());
    notes(peers, rows);
}

/// What is slower than another compiler's by less is noise.
const NOISE: f64 = 0.97;

/// How many regions were accepted, run in vectors, and which are slower than another compiler's.
fn counts(rows: &[Row]) -> String {
    let vectors = all(rows).filter(|(_, found)| found.lanes.is_some_and(|lanes| lanes > 1)).count();
    let source = all(rows).filter(|(_, found)| found.source_stays).count();
    let mut slower: Vec<String> = all(rows)
        .filter_map(|(name, found)| Some((name, found.over_best().filter(|over| *over < NOISE)?)))
        .map(|(name, over)| format!("{name} ({})", ratio(over)))
        .collect();
    if slower.is_empty() {
        slower.push("none".to_owned());
    }
    format!(
        "{} of {} regions measured; {vectors} run in vectors, {source} stay the source; slower than the \
         best of the others: {}",
        all(rows).count(),
        rows.len(),
        slower.join(", "),
    )
}

fn line(name: &str, measured: &Measured, yardstick: &Yardstick) -> Vec<String> {
    let time = |timing: &Timing| duration(timing.minimum_ns as f64);
    let mut cells = vec![name.to_owned(), time(&measured.source)];
    cells
        .extend(measured.rivals.iter().map(|rival| rival.timing.as_ref().map_or("–".into(), time)));
    cells.push(time(&measured.tuned));
    cells.push(measured.over_best().map_or("–".to_owned(), ratio));
    cells.push(share(yardstick, measured).map_or("–".to_owned(), |share| share.text()));
    cells.push(measured.lanes.map_or("source".to_owned(), |lanes| lanes.to_string()));
    if crate::terminal::is_wide() {
        cells.push(short::schedule(&measured.schedule, short::COLUMNS));
    }
    cells
}

/// On standard error: who has no time, whose bits differ, where nothing beat the source.
fn notes(peers: &[Peer], rows: &[Row]) {
    for row in rows {
        let measured = match &row.measured {
            Ok(measured) => measured,
            Err(failure) => {
                eprintln!("{}: {}", row.name, failure.text());
                continue;
            }
        };
        for (peer, rival) in peers.iter().zip(&measured.rivals) {
            if let Err(reason) = &rival.timing {
                let reason = reason.lines().next().unwrap_or_default();
                eprintln!("{}: no time of {}: {reason}", row.name, peer.name);
            } else if let Some(rounding) = &rival.rounding {
                eprintln!("{}: {} has other bits ({rounding})", row.name, peer.name);
            }
        }
        if measured.source_stays {
            eprintln!("{}: nothing was faster than the source", row.name);
        }
        if measured.data.is_remarkable() {
            eprintln!("{}: {}", row.name, measured.data.line());
        }
    }
}

/// The whole table as JSON.
pub fn document(
    arguments: &Arguments,
    peers: &[Peer],
    yardstick: &Yardstick,
    rows: &[Row],
) -> Value {
    let search = &arguments.search;
    let time = |timing: &Timing| {
        json!({
            "minimum_nanoseconds": timing.minimum_ns,
            "median_nanoseconds": timing.median_ns,
            "runs": timing.runs.len(),
        })
    };
    let over_best: Vec<f64> = all(rows).filter_map(|(_, found)| found.over_best()).collect();
    let row = |row: &Row| match &row.measured {
        Err(failure) => json!({"name": row.name, "failure": failure.document()}),
        Ok(measured) => json!({
            "name": row.name,
            "program": measured.program.name,
            "source": time(&measured.source),
            "tuned": time(&measured.tuned),
            "others": peers.iter().zip(&measured.rivals).map(|(peer, rival)| json!({
                "name": peer.name,
                "time": rival.timing.as_ref().ok().map(time),
                "failure": rival.timing.as_ref().err(),
                "rounding": rival.rounding,
            })).collect::<Vec<_>>(),
            "over_best": measured.over_best(),
            "over_source": measured.over_source(),
            "rates": measured.rates().map(|rates| rates.json()),
            "share_of_peak": share(yardstick, measured).map(|share| share.json()),
            "schedule": measured.schedule.to_string(),
            "source_stays": measured.source_stays,
            "lanes": measured.lanes,
            "accuracy": measured.accuracy.as_ref().map(|accuracy| accuracy.json()),
            "data": measured.data.json(),
            "search_seconds": measured.seconds,
        }),
    };
    json!({
        "machine": yardstick.machine,
        "threads": yardstick.threads,
        "march": search.march,
        "cache": search.cache.name(),
        "compiler": format!("{} -O3 -march={}", search.compiler, search.march),
        "against": peers.iter().map(|peer| json!({"name": peer.name, "text": peer.text})).collect::<Vec<_>>(),
        "peak": yardstick.json(),
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
        "geometric_mean_over_best": geometric_mean(&over_best),
    })
}
