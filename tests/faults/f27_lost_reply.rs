//! Every other reply gets lost on its way. The client who missed one asks what became of it, or simply says it again; nothing
//! happens twice, and in the end client and engine agree on what happened.

use fairslot::{
    Booking, Engine, Event, Hold, PatientId, PaymentRef, Refusal, Request, RequestId, ScheduleId,
    What,
};

use crate::desk::{Dice, assert_whole, desk, events, patient, publish};

/// A patient at the far end of a bad line.
struct Client<'a> {
    engine: &'a Engine,
    me: PatientId,
    dice: &'a mut Dice,
}

impl Client<'_> {
    /// What comes back of an answer.
    fn hear<T>(&mut self, answer: T) -> Option<T> {
        (self.dice.roll(2) == 0).then_some(answer)
    }

    /// Insists until an answer comes through.
    fn insist<T>(&mut self, mut verb: impl FnMut(&Engine, PatientId) -> T) -> T {
        loop {
            let answer = verb(self.engine, self.me);
            if let Some(answer) = self.hear(answer) {
                return answer;
            }
        }
    }

    /// Asks under a name until it is known what became of it, by asking again or by looking it up.
    fn hold(&mut self, name: RequestId, schedule: ScheduleId) -> Option<Hold> {
        let request = Request::new(self.me, schedule).id(name);
        let outcome = self.engine.request(&request);
        if let Some(outcome) = self.hear(outcome) {
            return outcome.held();
        }
        loop {
            if self.dice.roll(2) == 0 {
                let outcome = self.engine.request(&request);
                if let Some(outcome) = self.hear(outcome) {
                    return outcome.held();
                }
            } else {
                let outcome = self.engine.lookup(self.me, name);
                match self.hear(outcome) {
                    Some(Ok(outcome)) => return outcome.held(),
                    // It was a refusal, or it never came.
                    Some(Err(why)) => {
                        assert_eq!(why, Refusal::UnknownRequest);
                        return None;
                    }
                    None => {}
                }
            }
        }
    }

    fn confirm(&mut self, hold: Hold, payment: PaymentRef) -> Booking {
        let booking = self.insist(|engine, me| engine.confirm(hold.id, me, Some(payment)));
        let booking = booking
            .expect("the hold is live")
            .wait()
            .expect("decided in memory");
        assert_eq!(
            booking.payment_due_back, None,
            "the same payment, however often it is told"
        );
        booking
    }

    fn release(&mut self, hold: Hold) {
        let answer = self.insist(|engine, me| engine.release(hold.id, me));
        assert!(
            matches!(answer, Ok(()) | Err(Refusal::AlreadyReleased)),
            "{answer:?}"
        );
    }

    fn cancel(&mut self, booking: Booking) {
        let answer = self.insist(|engine, me| engine.cancel(booking.id, me).map(drop));
        assert!(
            matches!(answer, Ok(()) | Err(Refusal::AlreadyCancelled)),
            "{answer:?}"
        );
    }

    /// Whether it was exchanged.
    fn exchange(&mut self, booking: Booking, target: ScheduleId) -> bool {
        match self.insist(|engine, me| engine.exchange(booking.id, me, target).map(drop)) {
            Ok(()) | Err(Refusal::AlreadyExchanged { .. }) => true,
            Err(why) => {
                assert!(
                    matches!(why, Refusal::SoldOut | Refusal::AlreadyHolds),
                    "{why:?}"
                );
                false
            }
        }
    }
}

/// What the clients believe has happened: held, released, confirmed, cancelled, exchanged.
type Known = [u32; 5];

fn told(events: &[Event]) -> Known {
    let count = |which: fn(&What) -> bool| events.iter().filter(|e| which(&e.what)).count() as u32;
    [
        count(|what| matches!(what, What::Held { .. })),
        count(|what| matches!(what, What::Released)),
        count(|what| matches!(what, What::Confirmed { .. })),
        count(|what| matches!(what, What::Cancelled)),
        count(|what| matches!(what, What::ExchangedIn { .. })),
    ]
}

#[test]
fn f27_lost_reply_is_settled_and_nothing_happens_twice() {
    for seed in 0..20 {
        let (engine, _clock) = desk();
        let listener = engine.observe(1 << 16);
        let schedules = [publish(&engine, 60), publish(&engine, 60)];
        let mut dice = Dice(seed);
        let mut known = Known::default();
        for name in 1..=300u128 {
            let me = patient(1 + u128::from(dice.roll(100)));
            let [here, there] = if dice.roll(2) == 0 {
                schedules
            } else {
                [schedules[1], schedules[0]]
            };
            let mut client = Client {
                engine: &engine,
                me,
                dice: &mut dice,
            };
            let Some(hold) = client.hold(RequestId::new(name), here) else {
                continue;
            };
            known[0] += 1;
            if client.dice.roll(4) == 0 {
                client.release(hold);
                known[1] += 1;
                continue;
            }
            let booking = client.confirm(hold, PaymentRef::new(name));
            known[2] += 1;
            match client.dice.roll(4) {
                0 => {}
                1 => known[4] += u32::from(client.exchange(booking, there)),
                _ => {
                    client.cancel(booking);
                    known[3] += 1;
                }
            }
        }
        assert_eq!(told(&events(&listener)), known, "seed {seed}");
        assert!(
            known.iter().all(|&n| n > 0),
            "every verb had its turn: {known:?}"
        );
        assert_whole(&engine, &schedules);
    }
}
