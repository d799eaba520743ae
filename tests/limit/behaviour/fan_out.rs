//! How many patients, doctors and devices: estimates from bits, and the ramp over them.

use fairslot::{Label, Request};

use super::{Desk, account, device, from, names, patient};

/// What so many patients on each of two thousand devices are estimated at: mean and standard deviation.
fn estimated(patients: u64) -> (f64, f64) {
    const DEVICES: u64 = 2_000;
    let desk = Desk::judging();
    let schedule = desk.publish(1, 60_000);
    let mut told = Vec::new();
    for on in 0..DEVICES {
        for who in 0..patients {
            let _ = desk.ask(&from(schedule, on * 100 + who, on));
        }
        let seen = desk.verdict(&from(schedule, 0, on)).features.device;
        told.push(f64::from(seen.expect("it asked").patients) / 1_000.0);
    }
    let mean = told.iter().sum::<f64>() / told.len() as f64;
    let var = told.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / told.len() as f64;
    (mean, var.sqrt())
}

/// By calculation: 3.02 ± 0.23 and 8.06 ± 0.70. Two thousand devices leave a fiftieth of the deviation to chance.
#[test]
fn estimates_are_as_good_as_64_bits_allow() {
    for (patients, mean, deviation) in [(3, 3.02, 0.23), (8, 8.06, 0.70)] {
        let (told, scattered) = estimated(patients);
        println!("{patients}: {told:.3} ± {scattered:.3}");
        assert!((told - mean).abs() < deviation / 8.0, "{patients}: {told}");
        assert!(
            (scattered - deviation).abs() < deviation / 6.0,
            "{patients}: ± {scattered}"
        );
    }
}

#[test]
fn a_helper_of_five_is_no_suspect_and_a_farm_of_twelve_is() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 60_000);
    for on in 0..300 {
        for who in 0..5 {
            desk.at(on * 1_000 + 1_000);
            let _ = desk.ask(&from(schedule, on * 100 + who, on));
        }
        let verdict = desk.verdict(&from(schedule, 0, on));
        assert!(!verdict.has(Label::FanOutPatients), "{verdict:?}");
    }
    for who in 0..12 {
        desk.at(400_000 + who * 20_000);
        let _ = desk.ask(&from(schedule, who, 1_000));
    }
    let verdict = desk.verdict(&from(schedule, 0, 1_000));
    assert_eq!(names(&verdict), [Label::FanOutPatients]);
    assert_eq!((verdict.score, verdict.suspicion()), (600, 153));
}

/// What a record surely knows to be more than eight, or three, is more than that: nobody is mistaken for it.
#[test]
fn more_than_eight_doctors_and_more_than_three_devices() {
    let desk = Desk::judging();
    let schedules: Vec<_> = (0..40).map(|doctor| desk.publish(doctor, 60_000)).collect();
    let mut found = 0;
    for of in 0..200u64 {
        let request = |nth: usize| {
            let schedule = schedules[(of as usize + nth) % 40];
            Request::new(patient(of), schedule)
                .account(account(of))
                .device(device(of * 100 + nth as u64 / 3))
        };
        let ask = |nth: usize| {
            desk.at(1_000 + of * 30_000 + nth as u64 * 1_700);
            let _ = desk.ask(&request(nth));
        };
        (0..8).for_each(ask);
        let verdict = desk.verdict(&request(0));
        assert!(verdict.labels.is_empty(), "{verdict:?}");
        (8..16).for_each(ask);
        let verdict = desk.verdict(&request(0));
        found += u32::from(verdict.has(Label::FanOutDoctors));
        found += u32::from(verdict.has(Label::FanOutDevices));
    }
    // Sixteen doctors and six devices, as bits among 32 that may coincide.
    assert!(found >= 380, "{found} of 400");
}
