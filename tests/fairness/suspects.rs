//! Whom a draw takes for a suspect: by how they look at its close, and by the least suspicious of the ways that they came.

use std::collections::HashMap;
use std::sync::Arc;

use fairslot::draw::{Leaf, Token};
use fairslot::{
    DeviceId, Engine, EntryWindow, Lottery, ManualClock, Outcome, PatientId, Request, ScheduleId,
    TicketId, Timestamp,
};

use crate::attack::{ATTACKS, Attack};
use crate::crowd::{Crowd, PEOPLE};
use crate::mechanism::{MECHANISMS, OPENS_AT};
use crate::study::{Cell, Measured, Size, run};

struct Desk {
    clock: Arc<ManualClock>,
    engine: Engine,
    schedule: ScheduleId,
}

impl Desk {
    fn new() -> Self {
        let mechanism = MECHANISMS.iter().find(|it| it.name == "w10_cap3_w0.2");
        let desk = mechanism.expect("a mechanism").desk(7).expect("an engine");
        Self {
            clock: desk.clock,
            engine: desk.engine,
            schedule: desk.schedule,
        }
    }

    fn ask(&self, at_ms: u64, request: &Request) -> TicketId {
        self.clock.set(OPENS_AT.after(at_ms));
        match self.engine.request(request) {
            Outcome::Waiting(ticket) => ticket.id,
            other => panic!("in the window: {other:?}"),
        }
    }

    fn request(&self, patient: u32, device: u32) -> Request {
        Request::new(PatientId::new(patient.into()), self.schedule)
            .device(DeviceId::new(device.into()))
    }

    /// Draws, and says what the draw has noted of each.
    fn leaves(&self) -> HashMap<Token, Leaf> {
        self.clock.set(OPENS_AT.after(10_000));
        let transcript = self.engine.transcript(self.schedule).expect("it is drawn");
        transcript
            .leaves
            .into_iter()
            .map(|leaf| (leaf.token, leaf))
            .collect()
    }

    fn suspicion(&self, leaves: &HashMap<Token, Leaf>, ticket: TicketId) -> u8 {
        let receipt = self.engine.receipt(ticket).expect("who entered has one");
        leaves[&receipt.token].suspicion
    }
}

fn attack(name: &str) -> &'static Attack {
    let found = ATTACKS.iter().find(|attack| attack.name == name);
    found.expect("an attack")
}

fn suspect_at() -> u8 {
    Lottery::new(Timestamp::from_millis(0)).suspect_at
}

/// Nobody is judged by their first request: at that time no script looks like one.
#[test]
fn an_entry_is_as_suspicious_as_its_device_looks_at_the_close() {
    for name in ["A0", "A1", "A3"] {
        let (desk, crowd) = (Desk::new(), Crowd::gather(1, 0, attack(name)));
        let mut tickets = vec![None; crowd.askers().len()];
        for (at_ns, who) in crowd.asks(0) {
            if at_ns < 10_000_000_000 {
                let request = crowd.askers()[who as usize].request(desk.schedule);
                tickets[who as usize] = Some(desk.ask(at_ns / 1_000_000, &request));
            }
        }
        let leaves = desk.leaves();
        let (mut found, mut scripts) = (0, 0);
        for (who, asker) in crowd.askers().iter().enumerate() {
            let Some(ticket) = tickets[who] else { continue };
            let suspicion = desk.suspicion(&leaves, ticket);
            let verdict = desk.engine.verdict(&asker.request(desk.schedule));
            assert_eq!(suspicion, verdict.suspicion(), "{name}: {verdict:?}");
            if who >= PEOPLE as usize {
                scripts += 1;
                found += u32::from(suspicion >= suspect_at());
            }
        }
        // Ten bits of ten identities may fall together: a device in a hundred of a farm.
        assert!(found * 20 >= scripts * 19, "{name}: {found} of {scripts}");
    }
}

/// Somebody's identity is entered from a script's device, before or after they enter from their own: they are judged by their own.
#[test]
fn a_strangers_dirty_device_poisons_nobody() {
    for own_first in [true, false] {
        let desk = Desk::new();
        let own = || desk.ask(1_000, &desk.request(1, 1));
        let mut victim = own_first.then(own);
        for at_ms in 1_000..1_400 {
            // Twenty identities and the victim's, each from the same device, again and again.
            let patient = if at_ms % 21 == 0 {
                1
            } else {
                100 + at_ms as u32 % 21
            };
            desk.ask(at_ms, &desk.request(patient, 9));
        }
        let script = desk.ask(1_400, &desk.request(101, 9));
        let victim = *victim.get_or_insert_with(|| desk.ask(2_000, &desk.request(1, 1)));
        let leaves = desk.leaves();
        assert!(
            desk.suspicion(&leaves, script) >= suspect_at(),
            "{own_first}"
        );
        assert_eq!(desk.suspicion(&leaves, victim), 0, "{own_first}");
    }
}

#[test]
fn the_recommended_draw_takes_the_scripts_profit() {
    let size = Size {
        populations: 5,
        trials: 16,
        seed: 1,
        threads: 2,
    };
    let recommended = MECHANISMS.last().expect("the last is recommended");
    assert_eq!(recommended.name, crate::mechanism::RECOMMENDED);
    assert!(matches!(
        recommended.rules().expect("a draw").window,
        EntryWindow::Adaptive { .. }
    ));
    let attacks = ["A0", "A1", "A2", "A3"].map(attack);
    let cells =
        run(&size, &[recommended], &attacks, |_, _| ()).expect("the engine does what it must");
    let mean = |cell: &Cell, of: fn(&Measured) -> Option<f64>| {
        cell.estimate(of).expect("it can be said").mean
    };
    // Eighty openings: of two hundred identities 0.06 is one slot in an opening of fifty, with a standard error of a tenth of it; of fifty the double.
    for (cell, (low, high)) in
        cells
            .iter()
            .zip([(0.05, 0.35), (0.03, 0.10), (0.75, 1.30), (0.03, 0.10)])
    {
        let advantage = mean(cell, |measured| measured.advantage);
        let name = cell.attack.name;
        assert!((low..high).contains(&advantage), "{name}: {advantage}");
        assert!(mean(cell, |measured| measured.flagged[0]) < 0.002, "{name}");
        let found = mean(cell, |measured| measured.flagged[1]);
        assert!(
            if name == "A2" {
                found == 0.0
            } else {
                found > 0.98
            },
            "{name}: {found}"
        );
        let close = mean(cell, |measured| measured.sold_out_ms);
        assert!((12_000.0..14_500.0).contains(&close), "{name}: {close}");
    }
}
