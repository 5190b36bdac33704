//! Histograms, as bars of text and as SVG.

use std::fmt::Write;

/// Bars of a histogram.
const BINS: usize = 12;
/// Columns of the longest bar.
const WIDTH: usize = 48;

/// How often values lie in ranges of equal ratio.
pub struct Histogram {
    title: String,
    /// The ranges' ends as text, and the count.
    bins: Vec<(String, usize)>,
}

impl Histogram {
    /// Of positive numbers, with labels made of the ranges' lower ends; `None` for no numbers.
    pub fn new(title: &str, values: &[f64], label: &dyn Fn(f64) -> String) -> Option<Self> {
        let logarithms: Vec<f64> =
            values.iter().filter(|value| **value > 0.0).map(|value| value.ln()).collect();
        let low = logarithms.iter().copied().min_by(f64::total_cmp)?;
        let high = logarithms.iter().copied().max_by(f64::total_cmp)?;
        let step = ((high - low) / BINS as f64).max(1e-9);
        let mut counts = [0; BINS];
        for value in logarithms {
            let bin = (((value - low) / step) as usize).min(BINS - 1);
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        let bins = counts.into_iter().enumerate();
        let bins =
            bins.map(|(bin, count)| (label((low + step * bin as f64).exp()), count)).collect();
        Some(Self { title: title.to_owned(), bins })
    }

    fn largest(&self) -> usize {
        self.bins.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1)
    }

    /// Lines of text with bars.
    pub fn text(&self) -> String {
        let largest = self.largest();
        let mut text = format!("{}\n", self.title);
        for (label, count) in &self.bins {
            // Eighths of a column, so that small counts show.
            let eighths = (count * WIDTH * 8).div_ceil(largest);
            let mut bar = "█".repeat(eighths / 8);
            bar.extend("▏▎▍▌▋▊▉".chars().nth((eighths % 8).wrapping_sub(1)));
            // Writing to a text does not fail.
            let _ = writeln!(text, "{label:>10} {bar} {count}");
        }
        text
    }

    /// A group of an SVG that begins at a height, and how high it is.
    fn svg(&self, top: usize) -> (String, usize) {
        let largest = self.largest();
        let mut text = format!(
            "<text x=\"10\" y=\"{}\" font-weight=\"bold\">{}</text>\n",
            top + 20,
            self.title
        );
        for (row, (label, count)) in self.bins.iter().enumerate() {
            let y = top + 30 + 18 * row;
            let width = 400 * count / largest;
            let _ = writeln!(
                text,
                "<text x=\"100\" y=\"{0}\" text-anchor=\"end\">{label}</text>\
                 <rect x=\"110\" y=\"{y}\" width=\"{width}\" height=\"14\" fill=\"#4477aa\"/>\
                 <text x=\"{1}\" y=\"{0}\">{count}</text>",
                y + 12,
                118 + width,
            );
        }
        (text, 30 + 18 * self.bins.len() + 20)
    }
}

/// All histograms below each other.
pub fn svg(histograms: &[Histogram]) -> String {
    let (mut body, mut height) = (String::new(), 0);
    for histogram in histograms {
        let (text, more) = histogram.svg(height);
        body.push_str(&text);
        height += more;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"620\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_all_there() {
        let values = [0.1, 0.2, 0.4, 0.8, 100.0, f64::NAN, -1.0];
        let histogram = Histogram::new("times", &values, &|value| format!("{value:.1}")).unwrap();
        assert_eq!(histogram.bins.iter().map(|(_, count)| count).sum::<usize>(), 5);
        assert!(histogram.text().contains("       0.1 ████"), "{}", histogram.text());
        assert_eq!(svg(&[histogram]).matches("<rect x=").count(), BINS);
        assert!(Histogram::new("none", &[], &|_| String::new()).is_none());
    }
}
