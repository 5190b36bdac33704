//! What a command does with each region of a file: one that cannot be used does not keep the others from it.

use crate::failure::{Failure, Kind, Outcome};
use crate::input::Accepted;
use crate::terminal;
use loopwright_frontend::{Region, Unit};
use serde_json::Value;

/// What became of a file's regions.
#[must_use]
pub struct Done {
    json: bool,
    regions: usize,
    documents: Vec<Value>,
    failures: Vec<(String, Failure)>,
}

/// Does the work with each of a file's regions that is represented, and says of the others why they are not.
/// The work gives the region's document.
pub fn for_each<'a>(
    unit: &'a Unit,
    regions: &[&'a Region],
    json: bool,
    mut work: impl FnMut(&Accepted<'a>) -> Outcome<Value>,
) -> Done {
    let alone = regions.len() == 1;
    if !alone {
        // Before the work, which may take long.
        let rejections = regions.iter().filter_map(|region| rejection(unit, region));
        rejections.for_each(|failure| failure.print());
    }
    let mut done = Done { json, regions: regions.len(), documents: vec![], failures: vec![] };
    for region in regions {
        let result = match &region.result {
            Ok(program) => work(&Accepted { region, program })
                .map_err(|failure| failure.about(&unit.file, Some(&region.function)))
                .inspect_err(|failure| {
                    if !alone {
                        failure.print();
                    }
                }),
            Err(_) => rejection(unit, region).map_or(Ok(Value::Null), Err),
        };
        match result {
            Ok(document) => done.documents.push(document),
            Err(failure) => {
                done.documents.push(failure.document());
                done.failures.push((region.function.clone(), failure));
            }
        }
    }
    done
}

impl Done {
    /// Prints, where JSON is wanted, a list with an entry for each region in the order of the file: its document
    /// or its failure's, and one more for the failure of what was done with all of them.
    ///
    /// # Errors
    /// Some region could not be used, or that failed. Whatever else there is to do is done by then.
    pub fn conclude(mut self, last: Outcome<()>) -> Outcome<()> {
        if let Err(failure) = &last {
            self.documents.push(failure.document());
        }
        if self.json {
            terminal::print_json(&self.documents)?;
        }
        last?;
        conclusion(self.regions, self.failures)
    }
}

/// Whether all regions are represented.
///
/// # Errors
/// Some are not.
pub fn require_all(unit: &Unit, regions: &[&Region]) -> Outcome<()> {
    let rejected = regions.iter().filter_map(|region| {
        let failure = rejection(unit, region)?;
        Some((region.function.clone(), failure))
    });
    conclusion(regions.len(), rejected.collect())
}

fn rejection(unit: &Unit, region: &Region) -> Option<Failure> {
    let reject = region.result.as_ref().err()?;
    let failure = Failure::diagnostic(Kind::Input, reject.clone());
    Some(failure.about(&unit.file, Some(&region.function)))
}

/// The only region's failure, or one that says how many of several could not be used.
fn conclusion(regions: usize, mut failures: Vec<(String, Failure)>) -> Outcome<()> {
    if regions == 1 {
        return failures.pop().map_or(Ok(()), |(_, failure)| Err(failure));
    }
    let Some(first) = failures.first() else { return Ok(()) };
    // A region that is not represented is the least that can be wrong with a file.
    let worse = failures.iter().map(|(_, failure)| failure.kind).find(|kind| *kind != Kind::Input);
    let kind = worse.unwrap_or(first.1.kind);
    let names: Vec<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
    let text = format!(
        "{} of {regions} regions could not be used: {} (see above)",
        failures.len(),
        names.join(", ")
    );
    Err(Failure::new(kind, text))
}
