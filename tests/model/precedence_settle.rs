//! Every verb on a hold or booking in every state it can be in, alone and with further reasons to refuse on top: the first
//! reason in the specification's order is given.

use fairslot::{HoldId, Refusal, Schedule, ScheduleId};

use crate::desk::{ANN, BOB, DAY, Desk, EVE, SESSION, TTL, after, plan};
use crate::ids::{booking_of, flipped_hold, hold_of};

const VERBS: [&str; 8] = [
    "extend", "release", "confirm", "cancel", "exchange", "check_in", "fulfil", "no_show",
];

/// What each verb says to Ann, whose it is, in each state.
const TABLE: &str = "
    |                  extend            release           confirm           cancel            exchange          check_in          fulfil            no_show
    | live             ok                ok                ok                unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
    | expired          hold_expired      hold_expired      ok                unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
    | expired,taken    hold_expired      hold_expired      refund_due        unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
    | refund_due       hold_expired      hold_expired      refund_due        unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
    | released         already_released  already_released  already_released  unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
    | released,later   already_released  already_released  already_released  unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
    | called_off_hold  withdrawn         withdrawn         withdrawn         unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
    | booked           already_confirmed already_confirmed ok                ok                ok                ok                wrong_state       ok
    | booked,late      already_confirmed already_confirmed ok                ok                ok                ok                wrong_state       ok
    | booked,cut_off   already_confirmed already_confirmed ok                too_late          too_late          ok                wrong_state       ok
    | cancelled        already_cancelled already_cancelled already_cancelled already_cancelled already_cancelled already_cancelled already_cancelled already_cancelled
    | cancelled,cut_off already_cancelled already_cancelled already_cancelled already_cancelled already_cancelled already_cancelled already_cancelled already_cancelled
    | exchanged        already_exchanged already_exchanged already_exchanged already_exchanged already_exchanged already_exchanged already_exchanged already_exchanged
    | exchanged,cut_off already_exchanged already_exchanged already_exchanged already_exchanged already_exchanged already_exchanged already_exchanged already_exchanged
    | checked_in       already_confirmed already_confirmed ok                wrong_state       wrong_state       wrong_state       ok                wrong_state
    | checked_in,cut_off already_confirmed already_confirmed ok              wrong_state       wrong_state       wrong_state       ok                wrong_state
    | fulfilled        already_confirmed already_confirmed ok                wrong_state       wrong_state       wrong_state       wrong_state       wrong_state
    | no_show          already_confirmed already_confirmed ok                wrong_state       wrong_state       wrong_state       wrong_state       wrong_state
    | called_off       withdrawn         withdrawn         withdrawn         withdrawn         withdrawn         withdrawn         withdrawn         withdrawn
    | forgotten        unknown_hold      unknown_hold      unknown_hold      unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
    | forgotten_booking unknown_hold     unknown_hold      unknown_hold      unknown_booking   unknown_booking   unknown_booking   unknown_booking   unknown_booking
";

/// Ann's hold or booking in the schedule, which has one slot and a cut-off for cancelling ten times a hold's life after its opening.
fn make(desk: &Desk, schedule: ScheduleId, state: &str) -> HoldId {
    let hold = desk.hold(ANN, schedule).id;
    let book = || desk.confirm(hold, ANN).expect("it is live");
    let cut_off = || desk.at(10 * TTL);
    let call_off = || {
        assert_eq!(
            (
                desk.engine.withdraw(schedule),
                desk.engine.reinstate(schedule)
            ),
            (Ok(1), Ok(1))
        )
    };
    match state {
        "live" => {}
        "expired" => desk.at(TTL),
        "expired,taken" | "refund_due" => {
            desk.at(TTL);
            let bob = desk.hold(BOB, schedule);
            if state == "refund_due" {
                assert_eq!(desk.confirm(hold, ANN), Err(Refusal::RefundDue));
                assert_eq!(desk.release(bob.id, BOB), Ok(()));
            }
        }
        "released" | "released,later" => {
            assert_eq!(desk.release(hold, ANN), Ok(()));
            if state == "released,later" {
                desk.at(TTL);
            }
        }
        "called_off_hold" => call_off(),
        "booked" => drop(book()),
        "booked,late" => {
            desk.at(TTL);
            book();
        }
        "booked,cut_off" => {
            book();
            cut_off();
        }
        "cancelled" | "cancelled,cut_off" => {
            assert_eq!(desk.cancel(book().id, ANN), Ok(()));
            if state == "cancelled,cut_off" {
                cut_off();
            }
        }
        "exchanged" | "exchanged,cut_off" => {
            assert!(desk.exchange(book().id, ANN, desk.publish(1)).is_ok());
            if state == "exchanged,cut_off" {
                cut_off();
            }
        }
        "checked_in" | "checked_in,cut_off" | "fulfilled" => {
            let booking = book();
            assert_eq!(desk.check_in(booking.id), Ok(()));
            if state == "fulfilled" {
                assert_eq!(desk.fulfil(booking.id), Ok(()));
            }
            if state == "checked_in,cut_off" {
                cut_off();
            }
        }
        "no_show" => assert_eq!(desk.no_show(book().id), Ok(())),
        "called_off" => {
            book();
            call_off();
        }
        "forgotten" => {
            assert_eq!(desk.release(hold, ANN), Ok(()));
            desk.at(DAY);
        }
        "forgotten_booking" => {
            assert_eq!(desk.cancel(book().id, ANN), Ok(()));
            desk.at(DAY);
        }
        other => panic!("what is {other}?"),
    }
    hold
}

fn say(
    desk: &Desk,
    hold: HoldId,
    patient: fairslot::PatientId,
    target: ScheduleId,
    verb: &str,
) -> &'static str {
    let booking = booking_of(hold);
    let said = match verb {
        "extend" => desk.engine.extend(hold, patient, TTL).map(drop),
        "release" => desk.release(hold, patient),
        "confirm" => desk.confirm(hold, patient).map(drop),
        "cancel" => desk.cancel(booking, patient),
        "exchange" => desk.exchange(booking, patient, target).map(drop),
        "check_in" => desk.check_in(booking),
        "fulfil" => desk.fulfil(booking),
        _ => desk.no_show(booking),
    };
    said.err().map_or("ok", |refusal| refusal.code())
}

/// The same table with something on top of each state, which turns what the table says into what has to be said instead.
fn judge(
    on_top: impl Fn(&Desk, ScheduleId, HoldId) -> (HoldId, fairslot::PatientId),
    instead: impl Fn(&str, &str) -> String,
) {
    let rows = TABLE
        .lines()
        .filter_map(|line| line.trim().strip_prefix('|'))
        .skip(1);
    for row in rows {
        let mut words = row.split_whitespace();
        let state = words.next().expect("a state");
        let answers: Vec<&str> = words.collect();
        assert_eq!(answers.len(), VERBS.len(), "{state}");
        for (verb, answer) in VERBS.into_iter().zip(answers) {
            let desk = Desk::new();
            let schedule = desk.publish_plan(&Schedule {
                cancel_until: Some(after(10 * TTL)),
                ..plan(1)
            });
            let target = desk.publish(1);
            let hold = make(&desk, schedule, state);
            let (hold, patient) = on_top(&desk, schedule, hold);
            assert_eq!(
                say(&desk, hold, patient, target, verb),
                instead(verb, answer),
                "{verb} when {state}"
            );
        }
    }
}

fn is_unknown(answer: &str) -> bool {
    answer.starts_with("unknown")
}

#[test]
fn each_verb_in_each_state() {
    judge(|_, _, hold| (hold, ANN), |_, answer| answer.to_owned());
}

/// Swept or not, the answer is the same.
#[test]
fn each_verb_in_each_state_after_an_advance() {
    let swept = |desk: &Desk, _, hold| {
        desk.advance();
        (hold, ANN)
    };
    judge(swept, |_, answer| answer.to_owned());
}

#[test]
fn an_id_never_minted_is_unknown_before_everything() {
    let forged = |_: &Desk, _, hold| (flipped_hold(hold, 127), EVE);
    let unknown = |verb: &str, _: &str| match verb {
        "extend" | "release" | "confirm" => "unknown_hold".to_owned(),
        _ => "unknown_booking".to_owned(),
    };
    judge(forged, unknown);
}

/// The hospital's own verbs name no patient.
#[test]
fn not_yours_before_everything_else() {
    let stranger = |_: &Desk, _, hold| (hold, EVE);
    judge(stranger, |verb, answer| match verb {
        "check_in" | "fulfil" | "no_show" => answer.to_owned(),
        _ if is_unknown(answer) => answer.to_owned(),
        _ => "not_yours".to_owned(),
    });
}

#[test]
fn withdrawn_before_every_end_of_its_own() {
    let withdrawn = |desk: &Desk, schedule, hold| {
        assert!(desk.engine.withdraw(schedule).is_ok());
        (hold, ANN)
    };
    judge(withdrawn, |_, answer| {
        if is_unknown(answer) {
            answer.to_owned()
        } else {
            "withdrawn".to_owned()
        }
    });
}

#[test]
fn not_yours_before_withdrawn() {
    let both = |desk: &Desk, schedule, hold| {
        assert!(desk.engine.withdraw(schedule).is_ok());
        (hold, EVE)
    };
    judge(both, |verb, answer| match verb {
        _ if is_unknown(answer) => answer.to_owned(),
        "check_in" | "fulfil" | "no_show" => "withdrawn".to_owned(),
        _ => "not_yours".to_owned(),
    });
}

/// What had ended before the withdrawal keeps its own end; what the withdrawal ended stays withdrawn.
#[test]
fn after_a_reinstatement_each_has_its_own_end() {
    let ended_by_it = ["live", "booked", "booked,late", "booked,cut_off"];
    for state in TABLE
        .lines()
        .filter_map(|line| line.trim().strip_prefix("| ")?.split_whitespace().next())
        .skip(1)
    {
        let answers = |interlude: bool| {
            VERBS.map(|verb| {
                let desk = Desk::new();
                let schedule = desk.publish_plan(&Schedule {
                    cancel_until: Some(after(10 * TTL)),
                    ..plan(1)
                });
                let target = desk.publish(1);
                let hold = make(&desk, schedule, state);
                if interlude {
                    assert!(
                        desk.engine.withdraw(schedule).is_ok()
                            && desk.engine.reinstate(schedule).is_ok()
                    );
                }
                say(&desk, hold, ANN, target, verb)
            })
        };
        let (before, after) = (answers(false), answers(true));
        if ended_by_it.contains(&state) {
            assert!(
                after
                    .iter()
                    .all(|&answer| answer == "withdrawn" || is_unknown(answer)),
                "{state}: {after:?}"
            );
        } else if state == "expired,taken" {
            // The withdrawal ended the other hold: the slot is free again.
            assert_eq!(after[2], "ok");
        } else {
            assert_eq!(after, before, "{state}");
        }
    }
}

/// Too late to give the old one up, before anything about the target.
#[test]
fn too_late_before_the_refusals_of_the_target() {
    let desk = Desk::new();
    let (here, full) = (desk.publish(1), desk.publish(1));
    let (old, _) = (desk.book(ANN, here), desk.book(BOB, full));
    let nowhere = "S000000000fffffff".parse().expect("an id by its form");
    assert_eq!(desk.exchange(old.id, ANN, full), Err(Refusal::SoldOut));
    desk.at(SESSION);
    for target in [full, here, nowhere] {
        assert_eq!(desk.exchange(old.id, ANN, target), Err(Refusal::TooLate));
    }
    assert_eq!(desk.check_in(old.id), Ok(()));
    assert_eq!(
        desk.exchange(old.id, ANN, nowhere),
        Err(Refusal::WrongState)
    );
    assert_eq!(desk.confirm(hold_of(old.id), ANN), Ok(old));
}
