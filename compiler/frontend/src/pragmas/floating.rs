//! How the C compiler computes with floating-point numbers at each place of the main file, as pragmas say:
//! they hold to the end of the block that they stand in, at file scope to the end of the file.

use super::found::{Found, Pragma};
use crate::libclang::Token;
use std::collections::BTreeMap;

/// The state at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    /// `a * b + c` in one expression becomes a fused multiply-add.
    contracts: bool,
    /// What changes results in a way that is not reproduced: the setting, and the pragma that made it.
    relaxed: BTreeMap<&'static str, (String, Token)>,
}

impl State {
    fn relax(&mut self, setting: &'static str, relaxed: bool, by: &Pragma) {
        if relaxed {
            let words: Vec<&str> = by.words.iter().map(String::as_str).collect();
            let text = format!("#pragma {}", spaced(&words));
            self.relaxed.insert(setting, (text, by.at.clone()));
        } else {
            self.relaxed.remove(setting);
        }
    }
}

/// The states of a file.
#[derive(Clone, Debug)]
pub(crate) struct Floating {
    default: bool,
    /// From which byte on each state holds.
    changes: Vec<(usize, State)>,
}

/// A part of the file, in its order.
enum Event<'a> {
    Open,
    Close,
    Pragma(&'a Pragma),
}

impl Floating {
    /// `default` is what the command line says. `headers` have what included files leave behind, with the
    /// byte of the `#include`.
    pub fn of(found: &Found, headers: &[(usize, Found)], default: bool) -> Self {
        let initial = State { contracts: default, ..State::default() };
        let mut events: Vec<(usize, Event<'_>)> = events_of(found);
        for (offset, header) in headers {
            events.extend(events_of(header).into_iter().map(|(_, event)| (*offset, event)));
        }
        // Stable, so that what a header has stays in its order.
        events.sort_by_key(|event| event.0);
        let mut floating = Self { default, changes: vec![(0, initial.clone())] };
        let mut state = initial;
        let mut blocks: Vec<State> = Vec::new();
        let mut pushed: Vec<State> = Vec::new();
        for (offset, event) in events {
            let before = state.clone();
            match event {
                Event::Open => blocks.push(state.clone()),
                Event::Close => state = blocks.pop().unwrap_or(state),
                Event::Pragma(pragma) => floating.obey(pragma, &mut state, &mut pushed),
            }
            if state != before {
                floating.changes.push((offset, state.clone()));
            }
        }
        floating
    }

    fn obey(&self, pragma: &Pragma, state: &mut State, pushed: &mut Vec<State>) {
        let words: Vec<&str> = pragma.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["STDC", "FP_CONTRACT", value] => {
                state.relax("contract", false, pragma);
                state.contracts = match *value {
                    "ON" => true,
                    "OFF" => false,
                    _ => self.default,
                };
            }
            ["STDC", "FENV_ACCESS", value] => state.relax("environment", *value == "ON", pragma),
            ["fenv_access", "(", value, ..] => state.relax("environment", *value == "on", pragma),
            ["STDC", "FENV_ROUND", value] => {
                let other = !matches!(*value, "FE_TONEAREST" | "FE_DYNAMIC");
                state.relax("rounding", other, pragma);
            }
            ["clang", "fp", rest @ ..] => {
                for clause in rest.split(|word| *word == ")") {
                    let [name, "(", value] = clause else { continue };
                    match *name {
                        "contract" => {
                            state.relax("contract", *value == "fast", pragma);
                            state.contracts = *value != "off";
                        }
                        "reassociate" => state.relax("reassociate", *value == "on", pragma),
                        "reciprocal" => state.relax("reciprocal", *value == "on", pragma),
                        "exceptions" => state.relax("exceptions", *value == "strict", pragma),
                        "eval_method" => state.relax("evaluation", *value != "source", pragma),
                        _ => {}
                    }
                }
            }
            ["float_control", "(", rest @ ..] => {
                if rest.contains(&"pop") {
                    *state = pushed.pop().unwrap_or_else(|| state.clone());
                    return;
                }
                if rest.contains(&"push") {
                    pushed.push(state.clone());
                }
                match rest {
                    ["precise", ",", "on", ..] => {
                        state.relax("precise", false, pragma);
                        state.relax("contract", false, pragma);
                        state.contracts = true;
                    }
                    ["precise", ",", "off", ..] => state.relax("precise", true, pragma),
                    ["except", ",", value, ..] => {
                        state.relax("exceptions", *value == "on", pragma);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Whether multiplications and additions are contracted at a byte.
    pub fn contracts(&self, offset: usize) -> bool {
        self.state(offset).is_some_and(|state| state.contracts)
    }

    /// The same where a pragma has a say in it.
    pub fn said_at(&self, offset: usize) -> Option<bool> {
        (self.changes.len() > 1).then(|| self.contracts(offset))
    }

    /// A pragma between two bytes, or before them, that changes results there in a way that is not
    /// reproduced.
    pub fn relaxed_within(&self, start: usize, end: usize) -> Option<(String, Token)> {
        let inside = self.changes.iter().filter(|(offset, _)| (start..end).contains(offset));
        let states = self.state(start).into_iter().chain(inside.map(|change| &change.1));
        states.flat_map(|state| state.relaxed.values()).next().cloned()
    }

    fn state(&self, offset: usize) -> Option<&State> {
        self.changes.iter().rev().find(|change| change.0 <= offset).map(|change| &change.1)
    }
}

fn events_of(found: &Found) -> Vec<(usize, Event<'_>)> {
    let braces = found.tokens.iter().filter_map(|token| match token.text.as_str() {
        "{" => Some((token.start, Event::Open)),
        "}" => Some((token.start, Event::Close)),
        _ => None,
    });
    let pragmas = found.pragmas.iter().map(|pragma| (pragma.start, Event::Pragma(pragma)));
    let mut events: Vec<_> = braces.chain(pragmas).collect();
    events.sort_by_key(|event| event.0);
    events
}

/// Words as they are usually written.
fn spaced(words: &[&str]) -> String {
    let mut text = String::new();
    for word in words {
        let tight = matches!(*word, "(" | ")" | ",") || text.ends_with('(');
        if !tight && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// Whether a flag for the C compiler changes floating-point results in a way that is not reproduced.
pub(crate) fn relaxes(flag: &str) -> bool {
    matches!(
        flag,
        "-Ofast"
            | "-ffast-math"
            | "-funsafe-math-optimizations"
            | "-fassociative-math"
            | "-freciprocal-math"
            | "-ffinite-math-only"
            | "-fno-honor-nans"
            | "-fno-honor-infinities"
            | "-fno-signed-zeros"
            | "-fapprox-func"
            | "-frounding-math"
            | "-ffp-model=fast"
            | "-ffp-model=aggressive"
            | "-ffp-model=strict"
            | "-ffp-contract=fast"
            | "-ffp-contract=fast-honor-pragmas"
            | "-ffp-exception-behavior=strict"
            | "-ffp-exception-behavior=maytrap"
            | "-ffp-eval-method=double"
            | "-ffp-eval-method=extended"
    ) || (flag.starts_with("-fdenormal-fp-math") && !flag.ends_with("=ieee"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pragmas::found::in_tokens;
    use crate::pragmas::macros::Macros;
    use crate::pragmas::tests::tokens;

    fn found(text: &str) -> Found {
        in_tokens(tokens(text), text.as_bytes(), &Macros::default())
    }

    #[test]
    fn pragmas_hold_to_the_end_of_their_block() {
        let text = "A\n# pragma STDC FP_CONTRACT OFF\nB {\n# pragma clang fp contract ( on )\nC } D\n\
                    # pragma STDC FP_CONTRACT DEFAULT\nE";
        let contracts = |default: bool| {
            let floating = Floating::of(&found(text), &[], default);
            ["A", "B", "C }", "D", "E"].map(|at| {
                let offset = text.find(&format!("\n{at}")).or_else(|| text.find(&format!(" {at}")));
                floating.contracts(offset.map_or(0, |offset| offset + 1))
            })
        };
        assert_eq!(contracts(true), [true, false, true, false, true]);
        assert_eq!(contracts(false), [false, false, true, false, false]);
    }

    #[test]
    fn relaxed_arithmetic_is_named_where_it_holds() {
        let relaxed = |text: &str| {
            let floating = Floating::of(&found(text), &[], true);
            let at = text.find("HERE").expect("marked");
            floating.relaxed_within(at, at + 4).map(|found| found.0)
        };
        let named = |text: &str| relaxed(text).expect("relaxed");
        assert_eq!(
            named("# pragma clang fp reassociate ( on ) contract ( off )\nHERE"),
            "#pragma clang fp reassociate(on) contract(off)"
        );
        assert_eq!(
            named("# pragma clang fp contract ( fast )\nHERE"),
            "#pragma clang fp contract(fast)"
        );
        assert_eq!(
            named("# pragma float_control ( precise , off , push )\nHERE"),
            "#pragma float_control(precise, off, push)"
        );
        assert_eq!(named("# pragma STDC FENV_ACCESS ON\nHERE"), "#pragma STDC FENV_ACCESS ON");
        assert_eq!(relaxed("{\n# pragma clang fp reassociate ( on )\n}\nHERE"), None);
        assert_eq!(
            relaxed(
                "# pragma float_control ( precise , off , push )\n# pragma float_control ( pop )\nHERE"
            ),
            None
        );
        assert_eq!(relaxed("# pragma clang fp contract ( off )\nHERE"), None);
    }
}
