//! What the rest of the compiler relies on: exactness for integers, errors in place of aborts.

use loopwright_isl::{ConstraintRow, Context, IslError, Map, Set};

fn context() -> Context {
    Context::new().unwrap()
}

/// `0 <= x < size` in each of two dimensions.
fn square(context: &Context, size: i64) -> Set {
    let rows = [
        ConstraintRow::non_negative(vec![1, 0], 0),
        ConstraintRow::non_negative(vec![-1, 0], size - 1),
        ConstraintRow::non_negative(vec![0, 1], 0),
        ConstraintRow::non_negative(vec![0, -1], size - 1),
    ];
    Set::from_constraints(context, 2, &rows).unwrap()
}

#[test]
fn emptiness_is_decided_for_integers() {
    let context = context();
    let half = [ConstraintRow::zero(vec![2], -1)];
    assert!(Set::from_constraints(&context, 1, &half).unwrap().is_empty().unwrap());
    let whole = [ConstraintRow::zero(vec![2], -4)];
    assert_eq!(
        Set::from_constraints(&context, 1, &whole).unwrap().sample_point().unwrap(),
        Some(vec![2])
    );
    // 3 <= 6x - 4y <= 3 has rational points only; 1 <= 3x <= 2 neither has an integer one.
    let gap = [ConstraintRow::non_negative(vec![3], -1), ConstraintRow::non_negative(vec![-3], 2)];
    assert!(Set::from_constraints(&context, 1, &gap).unwrap().is_empty().unwrap());
}

#[test]
fn a_space_may_have_no_dimension() {
    let context = context();
    let holds = Set::from_constraints(&context, 0, &[]).unwrap();
    assert_eq!(holds.lexicographic_minimum_point().unwrap(), Some(vec![]));
    let fails = [ConstraintRow::non_negative(vec![], -1)];
    assert!(Set::from_constraints(&context, 0, &fails).unwrap().is_empty().unwrap());
}

#[test]
fn lexicographic_minimum_is_the_first_point() {
    let context = context();
    let rows = [
        ConstraintRow::non_negative(vec![1, 0], 3),
        ConstraintRow::non_negative(vec![1, 1], -5),
        ConstraintRow::non_negative(vec![0, -1], 7),
    ];
    let set = Set::from_constraints(&context, 2, &rows).unwrap();
    assert_eq!(set.lexicographic_minimum_point().unwrap(), Some(vec![-2, 7]));
    assert_eq!(set.dimension_maximum(1).unwrap(), Some(7));
    assert_eq!(set.dimension_maximum(0).unwrap(), None);
    let empty = set.subtract(&set).unwrap();
    assert_eq!(empty.lexicographic_minimum_point().unwrap(), None);
    let below = [ConstraintRow::non_negative(vec![-1], 0)];
    let unbounded = Set::from_constraints(&context, 1, &below).unwrap();
    assert!(unbounded.lexicographic_minimum_point().is_err());
}

#[test]
fn large_numbers_survive_and_larger_ones_are_errors() {
    let context = context();
    let large = [ConstraintRow::zero(vec![1], i64::MAX)];
    let set = Set::from_constraints(&context, 1, &large).unwrap();
    assert_eq!(set.sample_point().unwrap(), Some(vec![-i64::MAX]));
    let huge = Set::parse(&context, "{ [100000000000000000000] }").unwrap();
    assert!(matches!(huge.sample_point(), Err(IslError::Invalid(_))));
    // An error leaves nothing behind: zero is still zero.
    let zero = Set::parse(&context, "{ [0] }").unwrap();
    assert_eq!(zero.sample_point().unwrap(), Some(vec![0]));
}

#[test]
fn set_algebra() {
    let context = context();
    let small = square(&context, 3);
    let large = square(&context, 5);
    assert!(small.is_subset(&large).unwrap());
    assert!(!large.is_subset(&small).unwrap());
    let ring = large.subtract(&small).unwrap();
    assert!(ring.intersect(&small).unwrap().is_empty().unwrap());
    let whole = ring.union(&small).unwrap().coalesce().unwrap();
    assert!(whole.is_equal(&large).unwrap());
    assert_eq!(whole.to_constraints().unwrap().len(), 1);
    let line = small.project_out(0, 1).unwrap();
    assert_eq!(line.dimensions().unwrap(), 1);
    assert_eq!(line.dimension_maximum(0).unwrap(), Some(2));
    assert!(small.is_bounded().unwrap());
    assert!(small.project_out(1, 2).is_err());
    let gist = small.gist(&large).unwrap();
    assert!(gist.intersect(&large).unwrap().is_equal(&small).unwrap());
}

#[test]
fn quotients_come_back_as_columns() {
    let context = context();
    let set =
        Set::parse(&context, "[n] -> { [x] : exists e : x = 3e + 1 and 0 <= x <= n }").unwrap();
    let conjunctions = set.to_constraints().unwrap();
    let [only] = conjunctions.as_slice() else {
        panic!("one conjunction expected: {conjunctions:?}");
    };
    assert_eq!((only.parameters, only.dimensions), (1, 1));
    // Rebuilt with everything as dimensions and the quotients projected out, it is the same.
    let columns = 2 + only.divisions;
    let rebuilt = Set::from_constraints(&context, columns, &only.rows)
        .unwrap()
        .project_out(2, only.divisions)
        .unwrap();
    let expected = Set::parse(&context, "{ [n, x] : x mod 3 = 1 and 0 <= x <= n }").unwrap();
    assert!(rebuilt.is_equal(&expected).unwrap());
}

#[test]
fn maps() {
    let context = context();
    // j = i + 2 for 0 <= i < 4
    let rows = [
        ConstraintRow::zero(vec![1, -1], 2),
        ConstraintRow::non_negative(vec![1, 0], 0),
        ConstraintRow::non_negative(vec![-1, 0], 3),
    ];
    let map = Map::from_constraints(&context, 1, 1, &rows).unwrap();
    assert_eq!(map.deltas().unwrap().sample_point().unwrap(), Some(vec![2]));
    assert!(map.is_single_valued().unwrap());
    let range = map.range().unwrap();
    assert_eq!(range.dimension_minimum(0).unwrap(), Some(2));
    assert!(map.reverse().unwrap().domain().unwrap().is_equal(&range).unwrap());
    assert!(map.domain().unwrap().apply(&map).unwrap().is_equal(&range).unwrap());
    assert_eq!(map.as_set().unwrap().lexicographic_minimum_point().unwrap(), Some(vec![0, 2]));
    let twice = map.apply_range(&map).unwrap();
    assert_eq!(twice.domain().unwrap().dimension_maximum(0).unwrap(), Some(1));
    let order = Map::parse(&context, "{ [i] -> [j] : i < j <= 9 }").unwrap();
    let next = Map::parse(&context, "{ [i] -> [i + 1] : i <= 8 }").unwrap();
    assert!(order.lexicographic_minimum().unwrap().is_equal(&next).unwrap());
}

#[test]
fn text_round_trips() {
    let context = context();
    let text = "[n] -> { S[i, j] : 0 <= i < n and 2j = i }";
    let set = Set::parse(&context, text).unwrap();
    let again = Set::parse(&context, &set.to_text().unwrap()).unwrap();
    assert!(set.is_equal(&again).unwrap());
    let map = Map::parse(&context, "{ [i] -> [i + 1] : 0 <= i <= 8 }").unwrap();
    let again = Map::parse(&context, &format!("{map:?}")).unwrap();
    assert!(map.is_equal(&again).unwrap());
}

#[test]
fn what_does_not_fit_is_an_error() {
    let context = context();
    for text in ["{ [i : ", "", "{ [i] -> [i] }", "{ [i] : i * i = 2 }", "\0"] {
        assert!(matches!(Set::parse(&context, text), Err(IslError::Invalid(_))), "{text:?}");
    }
    let short = [ConstraintRow::zero(vec![1], 0)];
    assert!(matches!(Set::from_constraints(&context, 2, &short), Err(IslError::Invalid(_))));
    let line = Set::parse(&context, "{ [i] : 0 <= i <= 3 }").unwrap();
    assert!(square(&context, 3).intersect(&line).is_err());
    let elsewhere = Context::new().unwrap();
    assert!(matches!(
        square(&context, 3).intersect(&square(&elsewhere, 3)),
        Err(IslError::Invalid(_))
    ));
    let free = Set::parse(&context, "[n] -> { [n] }").unwrap();
    assert!(free.sample_point().is_err());
    // The context is still good.
    assert!(!square(&context, 1).is_empty().unwrap());
}

#[test]
fn a_quota_ends_work_and_then_all_is_well_again() {
    let context = context();
    let set = square(&context, 100);
    let other = Set::parse(&context, "{ [x, y] : exists e : 7x + 5y = 13e + 4 }").unwrap();
    let work = || set.subtract(&other)?.lexicographic_minimum_point();
    assert_eq!(context.with_quota(10, work), Err(IslError::Quota));
    let inner = context.with_quota(0, || context.with_quota(10, work).is_err() && work().is_ok());
    assert!(inner);
    assert_eq!(work(), Ok(Some(vec![0, 0])));
}

#[test]
fn every_quota_is_survived() {
    let context = context();
    let text = "{ [x, y] : exists e : 7x + 5y = 13e + 4 and 0 <= x, y <= 40 }";
    let domain = square(&context, 30);
    let mut finished = 0;
    for quota in (1..4000).step_by(13) {
        let result = context.with_quota(quota, || {
            let set = Set::parse(&context, text)?;
            let rest = domain.subtract(&set)?.coalesce()?;
            rest.to_constraints()?;
            rest.lexicographic_minimum_point()
        });
        match result {
            Ok(point) => {
                assert_eq!(point, Some(vec![0, 0]));
                finished += 1;
            }
            Err(error) => assert_eq!(error, IslError::Quota),
        }
    }
    assert!(finished < 300);
}

#[test]
fn each_thread_has_its_own_context() {
    let work = |shift: i64| {
        move || {
            let context = Context::new().unwrap();
            (0..200).all(|step| {
                let rows = [
                    ConstraintRow::non_negative(vec![2, -3], -step),
                    ConstraintRow::non_negative(vec![0, 1], -shift),
                    ConstraintRow::non_negative(vec![-1, 0], 1000),
                ];
                let set = Set::from_constraints(&context, 2, &rows).unwrap();
                let first = set.lexicographic_minimum_point().unwrap().unwrap();
                first == vec![(step + 3 * shift + 1).div_euclid(2), shift]
            })
        }
    };
    let threads: Vec<_> = (1..=4).map(|shift| std::thread::spawn(work(shift))).collect();
    for thread in threads {
        assert!(thread.join().unwrap());
    }
}
