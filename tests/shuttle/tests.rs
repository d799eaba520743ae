//! The scenarios. Each is small, so that its threads meet; together they go through every verb.

use super::scenario::Verb::{
    Advance, Ask, Audit, Cancel, Confirm, Exchange, Extend, Leave, Look, Named, Pass, Pause,
    Reinstate, Release, Request, Resume, Withdraw,
};
use super::scenario::{Mix, Way, play};
use super::schedulers::{check, check_less};

const BASE: Mix = Mix {
    way: Way::FirstCome,
    patients: 3,
    slots: &[1],
    threads: 3,
    steps: 4,
    held_before: 0,
    run_out: false,
    asked_before: 0,
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
            ..BASE
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

/// People enter a draw, ask again, and leave, while its window closes and somebody draws: nobody is lost and nobody is in twice.
#[test]
fn f34_enter_leave_draw() {
    check_less(|| {
        play(Mix {
            way: Way::Draw,
            steps: 5,
            verbs: &[
                (Ask, 8),
                (Leave, 2),
                (Look, 1),
                (Pass, 3),
                (Advance, 2),
                (Audit, 1),
            ],
            ..BASE
        });
    });
}

/// What is given up is offered to people who join, leave and pause; they take it up or let it lapse, and whose it was may still pay.
#[test]
fn offers_to_who_comes_and_goes() {
    const VERBS: &[(super::scenario::Verb, u32)] = &[
        (Ask, 4),
        (Look, 4),
        (Leave, 2),
        (Pause, 2),
        (Resume, 1),
        (Request, 1),
        (Confirm, 3),
        (Release, 3),
        (Cancel, 3),
        (Pass, 4),
        (Advance, 3),
        (Audit, 1),
    ];
    check_less(|| {
        play(Mix {
            way: Way::Waitlist,
            slots: &[2],
            steps: 5,
            held_before: 2,
            asked_before: 2,
            verbs: VERBS,
            ..BASE
        });
    });
}

/// The same while the session is called off and takes place after all.
#[test]
fn f36_offer_withdraw() {
    const VERBS: &[(super::scenario::Verb, u32)] = &[
        (Ask, 8),
        (Look, 2),
        (Leave, 3),
        (Confirm, 2),
        (Release, 2),
        (Cancel, 2),
        (Withdraw, 4),
        (Reinstate, 4),
        (Pass, 2),
        (Advance, 2),
        (Audit, 1),
    ];
    check_less(|| {
        play(Mix {
            way: Way::Waitlist,
            threads: 2,
            steps: 6,
            held_before: 1,
            asked_before: 1,
            verbs: VERBS,
            ..BASE
        });
    });
}

/// Some are slowed: they join a queue, ask again, leave and come anew, while their turns come and others take slots at once.
#[test]
fn turns_of_who_comes_and_goes() {
    const VERBS: &[(super::scenario::Verb, u32)] = &[
        (Ask, 8),
        (Request, 1),
        (Leave, 5),
        (Look, 1),
        (Withdraw, 1),
        (Reinstate, 1),
        (Pass, 4),
        (Advance, 4),
        (Audit, 1),
    ];
    check_less(|| {
        play(Mix {
            way: Way::SlowQueue,
            patients: 2,
            slots: &[2],
            steps: 6,
            verbs: VERBS,
            ..BASE
        });
    });
}
