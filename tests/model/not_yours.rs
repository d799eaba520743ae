//! Another patient's id: whatever became of the hold, a stranger learns nothing but that it is not hers, and changes nothing.

use fairslot::{HoldId, Refusal, ScheduleId};

use crate::desk::{ANN, BOB, DAY, Desk, EVE, SESSION, TTL};
use crate::ids::{booking_of, hold_of};

/// Makes something of Ann's, and says whether it ever was a booking.
type Make = fn(&Desk, ScheduleId) -> (HoldId, bool);

const MADE: [(&str, Make); 11] = [
    ("live", |desk, schedule| {
        (desk.hold(ANN, schedule).id, false)
    }),
    ("released", |desk, schedule| {
        let hold = desk.hold(ANN, schedule);
        assert_eq!(desk.release(hold.id, ANN), Ok(()));
        (hold.id, false)
    }),
    ("expired", |desk, schedule| {
        let hold = desk.hold(ANN, schedule);
        desk.at(TTL);
        (hold.id, false)
    }),
    ("refund due", |desk, schedule| {
        let hold = desk.hold(ANN, schedule);
        desk.at(TTL);
        desk.hold(BOB, schedule);
        assert_eq!(desk.confirm(hold.id, ANN), Err(Refusal::RefundDue));
        (hold.id, false)
    }),
    ("booked", |desk, schedule| {
        (hold_of(desk.book(ANN, schedule).id), true)
    }),
    ("too late to cancel", |desk, schedule| {
        let booking = desk.book(ANN, schedule);
        desk.at(SESSION);
        (hold_of(booking.id), true)
    }),
    ("cancelled", |desk, schedule| {
        let booking = desk.book(ANN, schedule);
        assert_eq!(desk.cancel(booking.id, ANN), Ok(()));
        (hold_of(booking.id), true)
    }),
    ("exchanged", |desk, schedule| {
        let booking = desk.book(ANN, schedule);
        assert!(desk.exchange(booking.id, ANN, desk.publish(1)).is_ok());
        (hold_of(booking.id), true)
    }),
    ("checked in", |desk, schedule| {
        let booking = desk.book(ANN, schedule);
        assert_eq!(desk.check_in(booking.id), Ok(()));
        (hold_of(booking.id), true)
    }),
    ("withdrawn", |desk, schedule| {
        let booking = desk.book(ANN, schedule);
        assert_eq!(desk.engine.withdraw(schedule), Ok(1));
        (hold_of(booking.id), true)
    }),
    ("reinstated", |desk, schedule| {
        let booking = desk.book(ANN, schedule);
        assert_eq!(
            (
                desk.engine.withdraw(schedule),
                desk.engine.reinstate(schedule)
            ),
            (Ok(1), Ok(1))
        );
        (hold_of(booking.id), true)
    }),
];

#[test]
fn not_yours_whatever_became_of_it() {
    for (name, make) in MADE {
        let desk = Desk::new();
        let (schedule, target) = (desk.publish(1), desk.publish(1));
        let (hold, booked) = make(&desk, schedule);
        let before = desk.tally(schedule);
        desk.events();
        assert_eq!(desk.confirm(hold, EVE), Err(Refusal::NotYours), "{name}");
        assert_eq!(desk.release(hold, EVE), Err(Refusal::NotYours), "{name}");
        assert_eq!(
            desk.engine.extend(hold, EVE, DAY),
            Err(Refusal::NotYours),
            "{name}"
        );
        // A hold that never was confirmed is no booking of anybody's.
        let no = if booked {
            Refusal::NotYours
        } else {
            Refusal::UnknownBooking
        };
        assert_eq!(desk.cancel(booking_of(hold), EVE), Err(no), "{name}");
        assert_eq!(
            desk.exchange(booking_of(hold), EVE, target),
            Err(no),
            "{name}"
        );
        assert_eq!(
            (desk.tally(schedule), desk.events()),
            (before, vec![]),
            "{name}"
        );
    }
}

/// Not even the patient who has that very slot now.
#[test]
fn not_yours_though_the_slot_is() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    let ann = desk.hold(ANN, schedule);
    desk.at(TTL);
    let bob = desk.hold(BOB, schedule);
    assert_eq!(desk.confirm(ann.id, BOB), Err(Refusal::NotYours));
    assert_eq!(desk.release(bob.id, ANN), Err(Refusal::NotYours));
    assert_eq!(desk.tally(schedule), [0, 1, 0, 0, 0]);
}

/// An exchange doesn't hand a booking on.
#[test]
fn not_yours_after_an_exchange() {
    let desk = Desk::new();
    let (here, there) = (desk.publish(1), desk.publish(1));
    let old = desk.book(ANN, here);
    let new = desk.exchange(old.id, ANN, there).expect("a slot is free");
    let bob = desk.book(BOB, here);
    assert_eq!(desk.cancel(new.id, BOB), Err(Refusal::NotYours));
    assert_eq!(desk.cancel(old.id, BOB), Err(Refusal::NotYours));
    assert_eq!(desk.cancel(bob.id, ANN), Err(Refusal::NotYours));
    assert_eq!(
        (desk.tally(here), desk.tally(there)),
        ([0, 0, 1, 0, 0], [0, 0, 1, 0, 0])
    );
}
