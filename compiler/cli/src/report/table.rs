//! Tables that fit whatever width there is.
//!
//! Where no width is known (a file, a pipe), each line is as long as it is and ends with its last letter.
//! Where one is known and the table is wider, its long texts (schedules, command lines) are cut; where
//! that is not enough, texts are wrapped; and where not even their words have room beside each other,
//! each row becomes a paragraph of lines `header: value`.

use crate::terminal;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use std::fmt;
use textwrap::core::display_width;

/// Columns between two columns' texts, and one before and behind all.
const PADDING: usize = 2;
/// A text that would have fewer columns than this is not cut but wrapped.
const LEAST_CUT: usize = 24;

/// What a header says of its column by its first letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// None: aligned to the left.
    Text,
    /// `>`: aligned to the right.
    Number,
    /// `~`: a long text on one line, which may be cut.
    Long,
}

/// Headers and rows.
#[derive(Clone, Debug)]
pub struct Listing {
    kinds: Vec<Kind>,
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A table with a header; columns whose header begins with `>` are aligned to the right, columns whose
/// header begins with `~` may be cut.
pub fn table(headers: &[&str], rows: Vec<Vec<String>>) -> Listing {
    let kinds = headers.iter().map(|header| match header.chars().next() {
        Some('>') => Kind::Number,
        Some('~') => Kind::Long,
        _ => Kind::Text,
    });
    let names = headers.iter().map(|header| header.trim_start_matches(['>', '~']).to_owned());
    Listing { kinds: kinds.collect(), headers: names.collect(), rows }
}

impl Listing {
    fn lay_out(&self, width: Option<usize>) -> String {
        let natural = self.widths(|text| text.lines().map(display_width).max().unwrap_or(0));
        let Some(width) = width.filter(|width| total(&natural) > *width) else {
            return self.rendered(&self.rows, None);
        };
        if let Some(rows) = self.cut(&natural, width) {
            return self.rendered(&rows, None);
        }
        let words = |text: &str| text.split_whitespace().map(display_width).max().unwrap_or(0);
        // Numbers stay with their units.
        let least: Vec<usize> = (self.widths(words).into_iter().zip(&natural).zip(&self.kinds))
            .map(|((words, natural), kind)| if *kind == Kind::Number { *natural } else { words })
            .collect();
        if total(&least) <= width {
            return self.rendered(&self.rows, Some((width, &least)));
        }
        self.paragraphs(width)
    }

    /// The largest measure in each column.
    fn widths(&self, measure: impl Fn(&str) -> usize) -> Vec<usize> {
        let column = |position: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(position));
            let header = self.headers.get(position);
            header.into_iter().chain(cells).map(|text| measure(text)).max().unwrap_or(0)
        };
        (0..self.headers.len()).map(column).collect()
    }

    /// The rows with long texts cut so that all fits; `None` where too little would be left of them.
    fn cut(&self, natural: &[usize], width: usize) -> Option<Vec<Vec<String>>> {
        let long = self.kinds.iter().filter(|kind| **kind == Kind::Long).count();
        let of_others: usize = (natural.iter().zip(&self.kinds))
            .map(|(width, kind)| if *kind == Kind::Long { PADDING } else { width + PADDING })
            .sum();
        let room = width.checked_sub(of_others)?.checked_div(long)?;
        if room < LEAST_CUT {
            return None;
        }
        let cell = |(position, text): (usize, &String)| match self.kinds.get(position) {
            Some(Kind::Long) => shortened(text, room),
            _ => text.clone(),
        };
        Some(self.rows.iter().map(|row| row.iter().enumerate().map(cell).collect()).collect())
    }

    /// Side by side: as wide as the cells are, or wrapped to a width with so much for each column at least.
    fn rendered(&self, rows: &[Vec<String>], wrapped: Option<(usize, &[usize])>) -> String {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(&self.headers);
        for row in rows {
            table.add_row(row);
        }
        for (position, kind) in self.kinds.iter().enumerate() {
            let Some(column) = table.column_mut(position) else { continue };
            if *kind == Kind::Number {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if let Some(least) = wrapped.and_then(|(_, least)| least.get(position)) {
                let least = u16::try_from(least + PADDING).unwrap_or(u16::MAX);
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
            }
        }
        table.set_content_arrangement(match wrapped {
            Some(_) => ContentArrangement::Dynamic,
            None => ContentArrangement::Disabled,
        });
        if let Some((width, _)) = wrapped {
            table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    /// A paragraph for each row.
    fn paragraphs(&self, width: usize) -> String {
        let options = textwrap::Options::new(width).subsequent_indent("  ").break_words(true);
        let paragraph = |row: &Vec<String>| {
            let named = self.headers.iter().zip(row).filter(|(_, text)| !text.is_empty());
            let lines = named.flat_map(|(header, text)| {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let line = if header.is_empty() { text } else { format!("{header}: {text}") };
                textwrap::wrap(&line, &options)
                    .into_iter()
                    .map(|line| line.into_owned())
                    .collect::<Vec<_>>()
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        self.rows.iter().map(paragraph).collect::<Vec<_>>().join("\n\n")
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.lay_out(terminal::width()))
    }
}

fn total(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + PADDING).sum()
}

/// A text on one line in so many columns, with an ellipsis for what is cut.
pub fn shortened(text: &str, room: usize) -> String {
    if display_width(text) <= room && !text.contains('\n') {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut width = 1;
    for letter in text.chars() {
        width += display_width(letter.encode_utf8(&mut [0; 4]));
        if width > room || letter == '\n' {
            break;
        }
        kept.push(letter);
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let long =
            "tile(S1, i, j, 32, 64); parallelize(S1, i_t); vectorize(S1, j, 4, 2); ".repeat(9);
        let row =
            |time: &str, text: &str| vec!["12.34x".to_owned(), time.to_owned(), text.to_owned()];
        table(
            &[">measured", ">time", "~schedule"],
            vec![row("1.0 ms", &long), row("39.6 ms", "(the original order)")],
        )
    }

    fn widest(text: &str) -> usize {
        text.lines().map(display_width).max().unwrap_or(0)
    }

    #[test]
    fn every_width_is_kept() {
        for width in 20..200 {
            let text = listing().lay_out(Some(width));
            assert!(widest(&text) <= width, "{width}:\n{text}");
            assert!(text.contains("39.6 ms"), "{width}:\n{text}");
        }
    }

    #[test]
    fn numbers_in_many_columns_become_paragraphs_where_there_is_no_room() {
        let headers =
            [">original, median", ">slowest", ">median", ">fastest", ">best of a program"];
        let rows = vec![vec!["123.4 ms".to_owned(); 5]];
        for width in 20..120 {
            let text = table(&headers, rows.clone()).lay_out(Some(width));
            assert!(widest(&text) <= width, "{width}:\n{text}");
            assert!(text.contains("123.4"), "{width}:\n{text}");
        }
    }

    #[test]
    fn without_a_width_nothing_is_cut_and_nothing_is_padded() {
        let text = listing().lay_out(None);
        assert!(!text.contains('…'));
        assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
        assert_eq!(text.lines().last().map(display_width), Some(40), "{text}");
    }

    #[test]
    fn long_texts_are_cut_on_one_line() {
        let text = listing().lay_out(Some(80));
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.lines().nth(1).is_some_and(|line| line.ends_with('…')), "{text}");
    }
}
