//! Is everybody's chance the same?

use fairslot::draw::{BeaconValue, DrawId, Policy};

use crate::crowd::crowd;

#[test]
fn who_wins_is_uniform_over_the_applicants() {
    // 1,000 people, 50 slots, 2,000 draws.
    let (people, slots, draws) = (1_000u32, 50u32, 2_000u32);
    let mut scene = crowd(people.into(), people.into(), Policy::new(slots));
    let (mut wins, mut positions) = (vec![0u32; people as usize], vec![0f64; people as usize]);
    for draw in 0..draws {
        scene.terms.draw = DrawId::from(u128::from(draw));
        let window = scene.window();
        let drawn = window
            .close()
            .draw(BeaconValue::None)
            .expect("no beacon was fixed");
        for (position, (patient, _)) in (0u32..).zip(drawn.winners()) {
            wins[patient.to_u128() as usize] += 1;
            positions[patient.to_u128() as usize] += f64::from(position);
        }
    }
    let share = f64::from(slots) / f64::from(people);
    let expected = f64::from(draws) * share;
    let square = |won: &u32| (f64::from(*won) - expected).powi(2) / (expected * (1.0 - share));
    let chi: f64 = wins.iter().map(square).sum();
    // 999 ± 45; five standard deviations.
    assert!((775.0..1_225.0).contains(&chi), "{chi}");
    // And who wins is no earlier or later: the mean position of 100 wins is 24.5 ± 1.44.
    let means = wins
        .iter()
        .zip(&positions)
        .map(|(won, sum)| sum / f64::from(*won));
    let chi: f64 = means.map(|mean| ((mean - 24.5) / 1.443).powi(2)).sum();
    assert!((775.0..1_300.0).contains(&chi), "{chi}");
}

#[test]
fn suspects_stay_as_often_as_the_weight_says() {
    let mut scene = crowd(20_000, 20_000, Policy::new(1));
    scene.asks.iter_mut().for_each(|ask| ask.suspicion = 128);
    let window = scene.window();
    let drawn = window
        .close()
        .draw(BeaconValue::None)
        .expect("no beacon was fixed");
    let leaves = drawn.transcript().leaves;
    let tier = |token| drawn.standing(token).map(|it| it.tier);
    let first = leaves
        .iter()
        .filter(|leaf| tier(&leaf.token) == Some(1))
        .count();
    // A fifth: 4,000 ± 57.
    assert!((3_700..4_300).contains(&first), "{first}");
}
