//! How a candidate came about, so that it can be said.

use std::fmt;

/// A structure of the program, and what recipes did to its nests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The order of the whole program, or in words where the candidate is from elsewhere.
    pub structure: String,
    /// The treated nests, the heaviest first.
    pub nests: Vec<Treatment>,
}

/// What a recipe did to a nest.
#[derive(Clone, Debug, PartialEq)]
pub struct Treatment {
    /// The names of the nest's statements.
    pub statements: String,
    /// The nest's part of the program's work, from 0 to 1.
    pub share: f64,
    pub recipe: &'static str,
    pub numbers: Vec<Number>,
}

/// A hole of a sketch, filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    pub name: &'static str,
    pub value: u32,
    /// What the rule says, from the machine's caches and registers and the loops' lengths.
    pub rule: u32,
}

impl Origin {
    /// Of what no recipe made.
    pub fn named(words: impl Into<String>) -> Self {
        Self { structure: words.into(), nests: Vec::new() }
    }

    /// What is different here from another one, in words; empty where nothing is.
    pub fn changes_from(&self, other: &Self) -> Vec<String> {
        if self.structure != other.structure || self.nests.is_empty() {
            return vec![self.to_string()];
        }
        let mut changes = Vec::new();
        for nest in &self.nests {
            let same_nest = |one: &&Treatment| one.statements == nest.statements;
            let before: Vec<&Treatment> = other.nests.iter().filter(same_nest).collect();
            if before.contains(&nest) {
                continue;
            }
            let alike = before.iter().find(|one| {
                let names = |one: &Treatment| one.numbers.iter().map(|hole| hole.name).collect();
                let (left, right): (Vec<_>, Vec<_>) = (names(one), names(nest));
                one.recipe == nest.recipe && left == right
            });
            let Some(alike) = alike else {
                changes.push(nest.to_string());
                continue;
            };
            let moved = alike.numbers.iter().zip(&nest.numbers).filter(|(from, to)| from != to);
            let moved: Vec<String> = moved
                .map(|(from, to)| format!("{} {} → {}", to.name, from.value, to.value))
                .collect();
            changes.push(format!("{}: {}", nest.statements, moved.join(", ")));
        }
        let left = other
            .nests
            .iter()
            .filter(|one| !self.nests.iter().any(|nest| nest.statements == one.statements));
        changes.extend(left.map(|one| format!("{}: as it is", one.statements)));
        changes
    }
}

impl fmt::Display for Treatment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.numbers.iter().map(|hole| format!("{} {}", hole.name, hole.value));
        let values = values.collect::<Vec<_>>().join(", ");
        write!(formatter, "{}: {} ({values})", self.statements, self.recipe)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.structure)?;
        self.nests.iter().try_for_each(|nest| write!(formatter, "; {nest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn treatment(statements: &str, recipe: &'static str, value: u32) -> Treatment {
        let numbers = vec![Number { name: "rows", value, rule: 8 }];
        Treatment { statements: statements.to_owned(), share: 0.5, recipe, numbers }
    }

    fn of(nests: Vec<Treatment>) -> Origin {
        Origin { structure: "one band".to_owned(), nests }
    }

    #[test]
    fn changes_are_said_in_the_fewest_words() {
        let before = of(vec![treatment("S1", "contract", 8), treatment("S2", "lanes", 4)]);
        let moved = of(vec![treatment("S1", "contract", 6), treatment("S2", "lanes", 4)]);
        assert_eq!(moved.changes_from(&before), ["S1: rows 8 → 6"]);
        let other = of(vec![treatment("S1", "stream", 1), treatment("S2", "lanes", 4)]);
        assert_eq!(other.changes_from(&before), ["S1: stream (rows 1)"]);
        let less = of(vec![treatment("S1", "contract", 8)]);
        assert_eq!(less.changes_from(&before), ["S2: as it is"]);
        assert!(before.changes_from(&before).is_empty());
        let elsewhere = Origin { structure: "distributed".to_owned(), ..before.clone() };
        let whole = "distributed; S1: contract (rows 8); S2: lanes (rows 4)";
        assert_eq!(elsewhere.changes_from(&before), [whole]);
    }
}
