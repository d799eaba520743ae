//! The scenarios. Each is small, so that its threads meet; together they go through every verb.

use super::scenario::Verb::{
    Advance, Audit, Cancel, Confirm, Exchange, Extend, Named, Pass, Reinstate, Release, Request,
    Withdraw,
};
use super::scenario::{Mix, play};
use super::schedulers::check;

const BASE: Mix = Mix {
    patients: 3,
    slots: &[1],
    threads: 3,
    steps: 4,
    held_before: 0,
    run_out: false,
    verbs: &[(Request, 1)],
};

/// One slot that is claimed, confirmed, given up, and runs out.
#[test]
fn f01_one_owner() {
    const VERBS: &[(super::scenario::Verb, u32)] = &[
        (Request, 6),
        (Confirm, 3),
        (Release, 2),
        (Cancel, 2),
        (Extend, 2),
        (Pass, 3),
        (Advance, 1),
    ];
    check(|| {
        play(Mix {
            verbs: VERBS,
            ..BASE
        })
    });
}

/// Confirm against expiry, and late confirm against a new claim.
#[test]
fn f04_confirm_expire() {
    check(|| {
        play(Mix {
            patients: 2,
            steps: 5,
            verbs: &[
                (Request, 3),
                (Confirm, 4),
                (Pass, 5),
                (Advance, 2),
                (Extend, 1),
                (Audit, 1),
            ],
            ..BASE
        });
    });
}

/// The same request id at once, again and again.
#[test]
fn f06_same_id() {
    check(|| {
        play(Mix {
            patients: 1,
            slots: &[2],
            verbs: &[
                (Named, 8),
                (Request, 2),
                (Release, 1),
                (Confirm, 1),
                (Pass, 1),
            ],
            ..BASE
        });
    });
}

/// Everything at once, two schedules: whoever locks in the wrong order stands still.
#[test]
fn f22_locks() {
    const VERBS: &[(super::scenario::Verb, u32)] = &[
        (Request, 6),
        (Named, 2),
        (Confirm, 4),
        (Release, 1),
        (Extend, 2),
        (Cancel, 1),
        (Exchange, 3),
        (Withdraw, 1),
        (Reinstate, 1),
        (Advance, 1),
        (Pass, 2),
        (Audit, 1),
    ];
    check(|| {
        play(Mix {
            slots: &[2, 1],
            threads: 4,
            steps: 4,
            verbs: VERBS,
            ..BASE
        })
    });
}

/// Exchanges to and fro between two schedules of one slot each and a third.
#[test]
fn f26_exchange() {
    check(|| {
        play(Mix {
            patients: 2,
            slots: &[1, 1, 1],
            steps: 5,
            verbs: &[
                (Request, 3),
                (Confirm, 4),
                (Exchange, 6),
                (Cancel, 1),
                (Audit, 1),
            ],
            ..BASE
        });
    });
}

/// Exchanges, and giving up, while sessions are called off and take place after all.
#[test]
fn f37_exchange_withdraw() {
    check(|| {
        play(Mix {
            patients: 2,
            slots: &[1, 1],
            verbs: &[
                (Request, 4),
                (Confirm, 4),
                (Exchange, 4),
                (Withdraw, 2),
                (Reinstate, 1),
                (Cancel, 2),
                (Release, 1),
                (Audit, 1),
            ],
            ..BASE
        });
    });
}

/// All slots held, and just run out: whoever asks gets one, or every slot was taken.
#[test]
fn f41_sold_out() {
    check(|| {
        play(Mix {
            patients: 4,
            slots: &[2],
            threads: 3,
            steps: 2,
            held_before: 2,
            run_out: true,
            verbs: &[(Request, 6), (Advance, 2), (Release, 2), (Pass, 1)],
        });
    });
}

/// Sold out and not yet run out: time passes among those who ask.
#[test]
fn f41_sold_out_as_time_passes() {
    check(|| {
        play(Mix {
            patients: 4,
            slots: &[3],
            held_before: 3,
            steps: 5,
            verbs: &[
                (Request, 5),
                (Advance, 1),
                (Pass, 4),
                (Release, 1),
                (Extend, 1),
            ],
            ..BASE
        });
    });
}
