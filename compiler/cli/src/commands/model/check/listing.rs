//! Each schedule of a pool with the estimate's terms.

use super::Loaded;
use crate::report::table;
use crate::tuning::rates_of;
use loopwright_costmodel::cost::Analysis;

/// Prints one pool, the fastest schedule first.
pub fn print(one: &Loaded) {
    let machine = &one.pool.machine;
    let rates = rates_of(machine);
    let mut members: Vec<_> = one.members.iter().collect();
    let best = |member: &super::Scheduled| member.member.best().unwrap_or(f64::INFINITY);
    members.sort_by(|left, right| best(left).total_cmp(&best(right)));
    let rows = members.into_iter().map(|member| {
        let analysis = Analysis::new(&member.program, &member.loops, machine, &rates);
        let terms = analysis.total();
        let milliseconds = |value: f64| format!("{:.3}", value / 1e6);
        let mut row = vec![
            format!("{:.3}", best(member)),
            milliseconds(terms.total),
            format!("{:.2}", terms.total / 1e6 / best(member)),
        ];
        row.extend(terms.parts().map(|(_, value)| milliseconds(value)));
        row.push(member.member.origin.clone());
        row
    });
    let mut headers = vec![">measured ms".to_owned(), ">estimate".to_owned(), ">ratio".to_owned()];
    headers
        .extend(loopwright_costmodel::Terms::default().parts().map(|(name, _)| format!(">{name}")));
    headers.push("~origin".to_owned());
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    println!("{} at {}, {} threads", one.pool.kernel, one.pool.size, machine.threads);
    println!("{}", table(&headers, rows.collect()));
}
