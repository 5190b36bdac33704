use super::*;

fn row(coefficients: &[i64], constant: i64) -> Row {
    Row { coefficients: coefficients.to_vec(), constant, equality: false }
}

fn equal(coefficients: &[i64], constant: i64) -> Row {
    Row { equality: true, ..row(coefficients, constant) }
}

#[test]
fn opposite_inequalities_become_an_equality() {
    let point = Polyhedron::new(1, [row(&[1], -3), row(&[-1], 3)]);
    assert_eq!(point.rows(), [equal(&[1], -3)]);
    assert!(Polyhedron::new(1, [row(&[1], -3), row(&[-1], 2)]).has_contradiction());
}

#[test]
fn the_tile_loop_of_a_rectangle_is_its_shadow() {
    // Columns N, t, i: 0 <= i <= N - 1, 32 t <= i <= 32 t + 31.
    let tiled = Polyhedron::new(
        3,
        [row(&[0, 0, 1], 0), row(&[1, 0, -1], -1), row(&[0, -32, 1], 0), row(&[0, 32, -1], 31)],
    );
    let shadow = tiled.eliminate(2);
    assert!(shadow.implies(&row(&[0, 1, 0], 0)));
    assert!(shadow.implies(&row(&[1, -32, 0], -1)));
    assert!(!shadow.implies(&row(&[0, 1, 0], -1)));
}

#[test]
fn proofs_that_are_given_up_are_told() {
    let triangle = Polyhedron::new(2, [row(&[1, 0], 0), row(&[-1, 1], 0), row(&[0, -1], 9)]);
    let nine = row(&[-1, 0], 9);
    assert_eq!(within_proofs(1_000, || triangle.implies(&nine)), (true, true));
    assert!(!within_proofs(1, || triangle.implies(&nine)).1);
    assert!(triangle.implies(&nine), "the limit ends with the work");
}

#[test]
fn growth_counts_the_pairs_of_bounds() {
    let square = Polyhedron::new(2, [row(&[1, 0], 0), row(&[-1, 0], 9), row(&[-2, 1], 9)]);
    assert_eq!(square.growth(0), Some(-1));
    assert_eq!(square.growth(1), Some(-1));
    assert_eq!(Polyhedron::new(2, [row(&[1, 0], 0)]).growth(1), None);
}

/// What fuzzing found (seed 4001, pair 24089): elimination left thousands of rows, whose comparison with
/// each other no limit held.
#[test]
fn redundant_rows_are_sought_within_the_limit() {
    let mut state = 11u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from((state >> 33) % 41).unwrap() - 20
    };
    let rows: Vec<Row> =
        (0..3000).map(|_| row(&[next(), next(), next(), next(), next()], 1000 + next())).collect();
    let many = Polyhedron::new(5, rows);
    // Without the limit this takes hours.
    let (_, whole) = within_proofs(2_000_000, || many.without_redundant_rows());
    assert!(!whole);
}

#[test]
fn integers_see_what_rationals_do_not() {
    // 2 x = 2 y + 1 has rational points only.
    assert!(Polyhedron::new(2, [equal(&[2, -2], -1)]).is_empty());
    // 1 <= 3 x <= 2.
    assert!(Polyhedron::new(1, [row(&[3], -1), row(&[-3], 2)]).is_empty());
}

/// All answers against enumeration on a small box.
#[test]
fn answers_are_sound_on_random_systems() {
    let mut state = 7u64;
    let mut next = |range: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from((state >> 33) % u64::try_from(range).unwrap()).unwrap()
    };
    let mut proved = 0;
    for _ in 0..400 {
        let count = 2 + next(3);
        let mut rows: Vec<Row> = (0..count)
            .map(|_| Row {
                coefficients: (0..3).map(|_| next(7) - 3).collect(),
                constant: next(11) - 5,
                equality: next(5) == 0,
            })
            .collect();
        for column in 0..3 {
            let mut unit = vec![0; 3];
            unit[column] = 1;
            rows.push(row(&unit, 3));
            unit[column] = -1;
            rows.push(row(&unit, 3));
        }
        let system = Polyhedron::new(3, rows.clone());
        let goal = row(&[next(5) - 2, next(5) - 2, next(5) - 2], next(7) - 3);
        let shadow = system.eliminate(1);
        let minimal = system.clone().without_redundant_rows();
        let (mut points, mut goal_holds) = (0, true);
        let value = |row: &Row, point: &[i64; 3]| {
            row.coefficients.iter().zip(point).map(|(a, b)| a * b).sum::<i64>() + row.constant
        };
        let holds = |row: &Row, point: &[i64; 3]| {
            if row.equality { value(row, point) == 0 } else { value(row, point) >= 0 }
        };
        for code in 0..343 {
            let point = [code / 49 - 3, code / 7 % 7 - 3, code % 7 - 3];
            let inside = rows.iter().all(|row| holds(row, &point));
            let kept = minimal.rows().iter().all(|row| holds(row, &point));
            assert_eq!(inside, kept && !minimal.has_contradiction());
            if inside {
                points += 1;
                goal_holds &= holds(&goal, &point);
                assert!(shadow.rows().iter().all(|row| holds(row, &point)));
                assert!(!system.has_contradiction());
            }
        }
        if system.is_empty() {
            assert_eq!(points, 0);
        }
        if system.implies(&goal) {
            proved += 1;
            assert!(goal_holds);
        }
    }
    assert!(proved > 20, "the test would prove nothing with {proved} implications");
}
