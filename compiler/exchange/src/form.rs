//! Telling the languages of schedules apart by their look.

/// The language of a schedule's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Our own steps, as `tile(S1, i, j, 32, 32)`: everything that is not one of the others.
    Steps,
    /// A string of LOOPerSet: it begins with a prefix `{comp00}:`, or with a command, whose name
    /// begins with a capital letter, as in `P(L0)`.
    Looperset,
    /// An isl schedule tree: it begins with the key `domain`, perhaps in a brace.
    Isl,
}

impl Form {
    /// The language of a text; comments that begin with `#` and YAML's `---` may stand before it.
    pub fn of(text: &str) -> Self {
        let lines = text.lines().map(str::trim);
        let first = lines.into_iter().find(|line| {
            !line.is_empty() && !line.starts_with('#') && *line != "---" && *line != "{"
        });
        let first = first.unwrap_or_default();
        let key = first.trim_start_matches(['{', ' ', '"', '\'']);
        let after = key.strip_prefix("domain").map(|rest| rest.trim_start_matches(['"', '\'']));
        if after.is_some_and(|rest| rest.trim_start().starts_with(':')) {
            return Self::Isl;
        }
        let command = first.split_once('(').map(|(name, _)| name.trim());
        let capital = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric())
        };
        if first.starts_with('{') || command.is_some_and(capital) {
            return Self::Looperset;
        }
        Self::Steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        for (text, form) in [
            ("", Form::Steps),
            ("# blocking\ntile(S1, i, 32)", Form::Steps),
            ("distribute(S2, i); P(L0)", Form::Steps),
            ("{comp00,comp01}:P(L0)", Form::Looperset),
            ("T2(L0,L1,32,32,comps=['S1'])|P(L0)", Form::Looperset),
            ("domain: \"{ S1[i] }\"", Form::Isl),
            ("# from isl\n---\ndomain : \"{ S1[i] }\"", Form::Isl),
            ("{ domain: \"{ S1[i] }\" }", Form::Isl),
            ("{\n  \"domain\": \"{ S1[i] }\"\n}", Form::Isl),
            ("domain_tile(S1, i, 32)", Form::Steps),
        ] {
            assert_eq!(Form::of(text), form, "{text}");
        }
    }
}
