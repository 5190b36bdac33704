//! What is promised of random schedules: legal, not all alike, equal for equal seeds.

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_search::Machine;
use loopwright_synth::{ScheduleSampler, SynthOptions, generate, random_schedule};
use loopwright_transform::{lower, replay};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;

const MACHINE: Machine =
    Machine { vector_bits: 256, threads: 2, l1_bytes: 32 << 10, l2_bytes: 512 << 10 };

#[test]
fn sampled_schedules_are_legal_and_varied() {
    let (mut distinct, mut drawn, mut words) = (0, 0, HashSet::new());
    for seed in 0..24 {
        let program = generate(seed, &SynthOptions::default()).program;
        let dependences = Dependences::compute(&program, DEFAULT_QUOTA).expect("it is well formed");
        let sampler = ScheduleSampler::new(&program, &dependences, &MACHINE).expect("it has loops");
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut texts = HashSet::new();
        for _ in 0..12 {
            let sample = sampler.sample(&mut random, 16).expect("there is always the original");
            let text = sample.schedule.to_string();
            let parsed = text.parse().expect("schedules parse back");
            let applied = replay(&program, &dependences, &parsed)
                .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            assert_eq!(lower(&program, &applied.tree).expect("it has loops"), sample.loops);
            words.extend(
                parsed
                    .steps()
                    .iter()
                    .map(|step| step.to_string().split('(').next().map(str::to_owned)),
            );
            texts.insert(text);
            drawn += 1;
        }
        distinct += texts.len();
    }
    assert!(distinct * 10 > drawn * 8, "{distinct} of {drawn} are distinct");
    assert!(words.len() >= 12, "every kind of step occurs: {words:?}");
}

#[test]
fn equal_seeds_give_equal_schedules() {
    let program = generate(3, &SynthOptions::default()).program;
    let dependences = Dependences::compute(&program, DEFAULT_QUOTA).expect("it is well formed");
    let draw = |seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random_schedule(&program, &dependences, &MACHINE, &mut random, 8)
    };
    assert_eq!(draw(1), draw(1));
}
