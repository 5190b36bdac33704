//! Assembly that names the loops and statements that it came from.
//!
//! While code is emitted, each place in the loop tree gets a line of a [`LineTable`], and LLVM carries the
//! line's number along as a debug location. In LLVM's assembly the locations are directives; here they
//! become comments, and the sections that only a debugger reads are left out.

use std::collections::HashMap;

/// The line of what runs where a condition does not hold, inside of the condition's.
pub(crate) const ELSE: &str = "else";

/// The lines of the loops' text, in the order in which code was emitted for them. Numbers count from 1; 0
/// is what belongs to no line.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineTable {
    lines: Vec<Line>,
    known: HashMap<(u32, String), u32>,
}

#[derive(Clone, Debug)]
struct Line {
    parent: u32,
    text: String,
}

impl LineTable {
    /// The number of a line inside of another one, the same each time.
    pub fn number(&mut self, parent: u32, text: String) -> u32 {
        let lines = &mut self.lines;
        *self.known.entry((parent, text.clone())).or_insert_with(|| {
            lines.push(Line { parent, text });
            u32::try_from(lines.len()).unwrap_or(0)
        })
    }

    fn line(&self, number: u32) -> Option<&Line> {
        self.lines.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The numbers of a line and of those around it, outermost first.
    fn path(&self, number: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut current = number;
        while let Some(line) = self.line(current) {
            path.push(current);
            current = line.parent;
        }
        path.reverse();
        path
    }

    /// All lines, indented and numbered, each a comment.
    fn listing(&self, comment: &str) -> String {
        let mut text =
            format!("{comment} The loops, by the numbers that the code below refers to:\n");
        for number in self.children(0) {
            self.list(number, 0, comment, &mut text);
        }
        text.push_str(comment);
        text.push('\n');
        text
    }

    fn children(&self, parent: u32) -> Vec<u32> {
        let numbered = (1_u32..).zip(&self.lines);
        numbered.filter(|(_, line)| line.parent == parent).map(|(number, _)| number).collect()
    }

    fn list(&self, number: u32, depth: usize, comment: &str, text: &mut String) {
        let Some(line) = self.line(number) else { return };
        // An alternative stands inside of its condition and is printed below it.
        let depth = if line.text == ELSE { depth.saturating_sub(1) } else { depth };
        text.push_str(&format!("{comment} {number:>4}  {}{}\n", "  ".repeat(depth), line.text));
        for child in self.children(number) {
            self.list(child, depth + 1, comment, text);
        }
    }

    /// What is said where code of a line begins: the line, and the loops around it by their first words.
    fn remark(&self, number: u32, comment: &str) -> String {
        let path = self.path(number);
        let (Some(line), Some((_, around))) = (self.line(number), path.split_last()) else {
            return format!("{comment} [-] of no single line\n");
        };
        let names: Vec<String> = around
            .iter()
            .filter_map(|outer| Some((outer, iterator(&self.line(*outer)?.text)?)))
            .map(|(outer, name)| format!("{name} [{outer}]"))
            .collect();
        let inside =
            if names.is_empty() { String::new() } else { format!("   in {}", names.join(", ")) };
        format!("{comment} [{number}] {}{inside}\n", line.text)
    }

    /// LLVM's assembly with remarks in place of the locations; `comment` begins a comment.
    pub fn annotate(&self, assembly: &str, comment: &str) -> String {
        let kept = code_lines(assembly);
        let referred: Vec<&str> = kept.iter().copied().filter(|line| !is_label(line)).collect();
        let referred = referred.join("\n");
        let mut text = self.listing(comment);
        let mut last = None;
        for line in kept {
            if let Some(number) = location(line) {
                if last != Some(number) {
                    text.push_str(&self.remark(number, comment));
                }
                last = Some(number);
                continue;
            }
            if line.trim_start().starts_with(".type") {
                last = None;
            }
            // Labels that only the left out sections mention.
            let label = line
                .strip_suffix(':')
                .filter(|label| label.starts_with(".Ltmp") || label.starts_with(".Lfunc_begin"));
            if label.is_some_and(|label| !mentions(&referred, label)) {
                continue;
            }
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// The loop variable of a loop's line.
fn iterator(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("for ")?;
    rest.split_once(" = ").map(|(name, _)| name)
}

fn is_label(line: &str) -> bool {
    line.ends_with(':') && !line.starts_with(char::is_whitespace)
}

/// Whether a label occurs as a whole.
fn mentions(text: &str, label: &str) -> bool {
    text.match_indices(label).any(|(start, _)| {
        let next = text.get(start + label.len()..).and_then(|rest| rest.chars().next());
        !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
    })
}

/// The line's number in `.loc FILE LINE COLUMN …`.
fn location(line: &str) -> Option<u32> {
    let rest = line.trim_start().strip_prefix(".loc")?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// The lines without those of debugging sections, and without the call frames that go there.
fn code_lines(assembly: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut debugging = false;
    let frames = assembly.contains(".cfi_sections .debug_frame");
    for line in assembly.lines() {
        let directive = line.trim_start();
        let section = directive.strip_prefix(".section").map(str::trim_start);
        if let Some(name) = section {
            debugging = name.starts_with(".debug_");
        } else if directive.starts_with(".text") {
            debugging = false;
        }
        let frame = frames && directive.starts_with(".cfi_");
        if !debugging && !frame && !directive.starts_with(".file") {
            kept.push(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_become_remarks_and_debugging_sections_go() {
        let mut table = LineTable::default();
        let outer = table.number(0, "parallel for i = 0 .. 9".to_owned());
        let inner = table.number(outer, "vector(4) for j = 0 .. i".to_owned());
        let statement = table.number(inner, "S1(i, j)".to_owned());
        assert_eq!(table.number(outer, "vector(4) for j = 0 .. i".to_owned()), inner);
        assert_eq!((outer, inner, statement), (1, 2, 3));
        let assembly = "\t.text\n\t.file\t1 \"\" \"loops\"\nf:\n.Ltmp1:\n\t.loc\t1 3 0 prologue_end\n\
                        \tvmulpd\t%ymm0\n.Ltmp12:\n\t.loc\t1 3 0\n\tjmp\t.Ltmp12\n\t.loc\t1 0 0\n\tretq\n\
                        \t.section\t.debug_line,\"\",@progbits\n\t.long\t1\n\
                        \t.section\t\".note.GNU-stack\"\n";
        let text = table.annotate(assembly, "#");
        let expected = "\
# The loops, by the numbers that the code below refers to:
#    1  parallel for i = 0 .. 9
#    2    vector(4) for j = 0 .. i
#    3      S1(i, j)
#
\t.text
f:
# [3] S1(i, j)   in i [1], j [2]
\tvmulpd\t%ymm0
.Ltmp12:
\tjmp\t.Ltmp12
# [-] of no single line
\tretq
\t.section\t\".note.GNU-stack\"
";
        assert_eq!(text, expected);
    }
}
