//! The test against isl on random systems, and on those of tiled loops.

use super::*;
use loopwright_isl::{Context, Set};

/// Numbers that look random and are the same in every run.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit.unsigned_abs()) as i64
    }

    fn system(&mut self, columns: usize) -> Vec<ConstraintRow> {
        let size = 1 + self.below(6);
        (0..size)
            .map(|_| ConstraintRow {
                coefficients: (0..columns).map(|_| self.below(9) - 4).collect(),
                constant: self.below(25) - 12,
                equality: self.below(4) == 0,
            })
            .collect()
    }
}

#[test]
fn agrees_with_isl() {
    let context = Context::new().unwrap();
    let mut sequence = Sequence(7);
    let mut open = 0;
    let mut empty = 0;
    for round in 0..6000 {
        let columns = 1 + round % 4;
        let rows = sequence.system(columns);
        let set = Set::from_constraints(&context, columns, &rows).unwrap();
        let expected = set.is_empty().unwrap();
        match decide(columns, &rows) {
            Answer::Empty => assert!(expected, "{rows:?}"),
            Answer::Inhabited => assert!(!expected, "{rows:?}"),
            Answer::Open => open += 1,
        }
        empty += usize::from(expected);
    }
    assert!((1000..5000).contains(&empty), "{empty} empty systems");
    assert!(open < 20, "{open} systems left open");
}

#[test]
fn tiled_loops_are_decided() {
    // 32 t <= i <= 32 t + 31, 0 <= i <= n - 1, n >= 1
    let mut rows = vec![
        ConstraintRow::non_negative(vec![-32, 1, 0], 0),
        ConstraintRow::non_negative(vec![32, -1, 0], 31),
        ConstraintRow::non_negative(vec![0, 1, 0], 0),
        ConstraintRow::non_negative(vec![0, -1, 1], -1),
        ConstraintRow::non_negative(vec![0, 0, 1], -1),
    ];
    assert_eq!(decide(3, &rows), Answer::Inhabited);
    rows.push(ConstraintRow::non_negative(vec![-1, 0, 0], -1));
    assert_eq!(decide(3, &rows), Answer::Empty);
}

#[test]
fn holes_between_integers_are_seen() {
    // 5x = 3y + 1 with 0 <= x <= 1 has no point; x = 2, y = 3 is the first.
    let mut rows = vec![
        ConstraintRow::zero(vec![5, -3], -1),
        ConstraintRow::non_negative(vec![1, 0], 0),
        ConstraintRow::non_negative(vec![-1, 0], 1),
    ];
    assert_eq!(decide(2, &rows), Answer::Empty);
    rows[2].constant = 2;
    assert_eq!(decide(2, &rows), Answer::Inhabited);
}

/// Waves over skewed tiles of a stencil in time, at sizes of many digits.
#[test]
fn waves_over_tiles_are_decided() {
    let rows: [(&[i64], i64, bool); 40] = [
        (&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 0, false),
        (&[0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0], 499, false),
        (&[0, 0, 0, -2, 1, 0, 0, 0, 0, 0, 0, 0], -1, false),
        (&[0, 0, 0, 2, -1, 0, 0, 0, 0, 0, 0, 0], 1298, false),
        (&[0, 0, 0, -2, 0, 1, 0, 0, 0, 0, 0, 0], -1, false),
        (&[0, 0, 0, 2, 0, -1, 0, 0, 0, 0, 0, 0], 1298, false),
        (&[-8, 8, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0], 0, false),
        (&[8, -8, -8, -1, 0, 0, 0, 0, 0, 0, 0, 0], 7, false),
        (&[0, -32, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], 0, false),
        (&[0, 32, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0], 31, false),
        (&[0, 0, -64, 0, 0, 1, 0, 0, 0, 0, 0, 0], 0, false),
        (&[0, 0, 64, 0, 0, -1, 0, 0, 0, 0, 0, 0], 63, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], 0, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0], 499, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 1, 0], -1, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 2, -1, 0], 1298, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 0, 1], -1, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, -1], 1298, false),
        (&[0, 0, 0, 0, 0, 0, -8, 8, 8, 1, 0, 0], 0, false),
        (&[0, 0, 0, 0, 0, 0, 8, -8, -8, -1, 0, 0], 7, false),
        (&[0, 0, 0, 0, 0, 0, 0, -32, 0, 0, 1, 0], 0, false),
        (&[0, 0, 0, 0, 0, 0, 0, 32, 0, 0, -1, 0], 31, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, -64, 0, 0, 1], 0, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, -1], 63, false),
        (&[0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0], 499, false),
        (&[0, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0], -1, false),
        (&[0, 0, 0, 2, -1, 0, 0, 0, 0, 0, 0, 0], 1298, false),
        (&[0, 0, 0, 2, 0, -1, 0, 0, 0, 0, 0, 0], 1298, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0], 499, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 2, -1, 0], 1298, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, -1], 1298, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 0, 1], -1, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 1, 0], -1, false),
        (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], 0, false),
        (&[0, 0, 0, -2, 0, 1, 0, 0, 0, 2, 0, -1], 0, true),
        (&[0, 0, 0, -2, 0, 1, 0, 0, 0, 0, 0, 0], -1, false),
        (&[0, 0, 0, -2, 1, 0, 0, 0, 0, 2, -1, 0], 0, true),
        (&[0, 0, 0, -2, 1, 0, 0, 0, 0, 0, 0, 0], -1, false),
        (&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 0, false),
        (&[1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0], -1, false),
    ];
    let rows: Vec<ConstraintRow> = rows
        .iter()
        .map(|(coefficients, constant, equality)| ConstraintRow {
            coefficients: coefficients.to_vec(),
            constant: *constant,
            equality: *equality,
        })
        .collect();
    assert_eq!(decide(12, &rows), Answer::Empty);
}

#[test]
fn overflow_is_left_open() {
    let rows = [
        ConstraintRow::non_negative(vec![i64::MAX, -i64::MAX + 1], i64::MAX),
        ConstraintRow::non_negative(vec![-i64::MAX + 2, i64::MAX - 6], i64::MAX),
    ];
    assert_eq!(decide(2, &rows), Answer::Open);
}

/// The work that a question takes, and its answer.
fn effort(columns: usize, rows: &[ConstraintRow]) -> (u64, Answer) {
    let units = 1 << 40;
    super::within_effort(units, || {
        let answer = decide(columns, rows);
        (units - super::EFFORT.get(), answer)
    })
}

#[test]
fn parts_without_a_common_column_are_questions_of_their_own() {
    // 0 <= x_k <= 9 and x_k < y_k <= 9 for each of a hundred pairs, and one of them without a point.
    let pairs = 100;
    let columns = 2 * pairs;
    let row = |terms: &[(usize, i64)], constant| {
        let mut coefficients = vec![0; columns];
        for (column, value) in terms {
            coefficients[*column] = *value;
        }
        ConstraintRow::non_negative(coefficients, constant)
    };
    let mut rows = Vec::new();
    for pair in 0..pairs {
        let (x, y) = (2 * pair, 2 * pair + 1);
        rows.extend([row(&[(x, 1)], 0), row(&[(y, -1)], 9), row(&[(y, 1), (x, -1)], -1)]);
    }
    let (work, answer) = effort(columns, &rows);
    assert_eq!(answer, Answer::Inhabited);
    // Together they would take some thousand units for each elimination.
    assert!(work < 3000, "{work}");
    rows.push(row(&[(77, -1), (76, 1)], 0));
    assert_eq!(effort(columns, &rows).1, Answer::Empty);
    rows.truncate(3 * pairs);
    rows.push(ConstraintRow::zero(vec![0; columns], 1));
    assert_eq!(decide(columns, &rows), Answer::Empty);
}

#[test]
fn wide_systems_cost_what_they_take() {
    let rows = vec![ConstraintRow::non_negative(vec![1; 4000], 0); 400];
    let (work, _) = effort(4000, &rows);
    assert!(work > 4000, "{work}");
    super::within_effort(10, || assert_eq!(decide(4000, &rows), Answer::Open));
}
