//! The slow queue, through the engine: who waits in it, when their turn comes, and what becomes of them.

mod ends;
mod people;
mod turns;

use std::sync::Arc;

use fairslot::line::SlowQueue;
use fairslot::{
    Behaviour, Card, ChannelId, DeviceId, Engine, EngineBuilder, Hold, Label, Labels, ManualClock,
    Mark, Marked, Opening, Outcome, PatientId, PractitionerId, Refusal, Request, Schedule,
    ScheduleId, Session, Ticket, TicketId, Timestamp,
};

const OPENS: u64 = 1_796_083_200_000;
const DESK: ChannelId = ChannelId::new(9);
/// Ten turns a second, the first after a whole one.
const TENTHS: SlowQueue = SlowQueue {
    first_after_ms: 1_000,
    ..SlowQueue::new(10, 1_000)
};

/// An engine with a slow queue, on a clock set by hand. Devices from 1,000 on are suspect: as much as can be to 1,999, just enough to be slowed from 2,000 on.
struct Desk {
    engine: Engine,
    clock: Arc<ManualClock>,
}

impl Desk {
    fn new(queue: SlowQueue) -> Self {
        Self::with(queue, |builder| builder)
    }

    fn with(queue: SlowQueue, more: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(OPENS)));
        // What a device does here is not what this is about.
        let card = Card {
            fan_out_patients: fairslot::Ramp::new(1, 2, 0),
            ..Card::default()
        };
        let builder = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(7)
            .trusted_channels([DESK])
            .behaviour(Behaviour {
                records: 1 << 12,
                card,
                ..Behaviour::default()
            })
            .slow_queue(queue);
        let engine = more(builder).build().expect("in range");
        let desk = Self { engine, clock };
        let slow_at = card.slow_at;
        desk.mark(1_000..1_050, 1_000);
        desk.mark(2_000..2_050, slow_at);
        desk
    }

    fn mark(&self, devices: std::ops::Range<u128>, points: u16) {
        let mark = Mark {
            label: Label::Blocklisted,
            points,
            until: Timestamp::MAX,
        };
        let marked = |id| Marked {
            id: DeviceId::new(id),
            marks: vec![mark],
        };
        let labels = Labels {
            devices: devices.map(marked).collect(),
            ..Labels::default()
        };
        self.engine.import_labels(&labels);
    }

    fn publish(&self, slots: u32) -> ScheduleId {
        self.publish_until(slots, 3_600_000)
    }

    /// Booking closes so many milliseconds after the opening.
    fn publish_until(&self, slots: u32, ms: u64) -> ScheduleId {
        let plan = Schedule::new(
            PractitionerId::new(1),
            "2027-06-08".parse().expect("a day"),
            Session::Morning,
            slots,
            Opening::first_come(Timestamp::from_millis(OPENS)),
            Timestamp::from_millis(OPENS + ms),
        );
        self.engine.publish(&plan).expect("there is room")
    }

    /// So many milliseconds after the opening.
    fn at(&self, ms: u64) {
        self.clock.set(Timestamp::from_millis(OPENS + ms));
    }

    fn ask(&self, patient: u128, device: u128, schedule: ScheduleId) -> Outcome {
        self.engine.request(&from(patient, device, schedule))
    }

    fn queued(&self, patient: u128, device: u128, schedule: ScheduleId) -> Ticket {
        let said = self.ask(patient, device, schedule);
        said.waiting().expect("slowed")
    }

    fn became(&self, ticket: TicketId) -> Outcome {
        self.engine.ticket(ticket).expect("known")
    }

    fn refused(&self, ticket: TicketId) -> Refusal {
        match self.became(ticket) {
            Outcome::Refused(why) => why,
            other => panic!("{other:?}"),
        }
    }

    fn held(&self, ticket: TicketId) -> Option<Hold> {
        self.became(ticket).held()
    }

    fn advance(&self) -> u64 {
        let mut granted = 0;
        loop {
            let bite = self.engine.advance();
            granted += bite.granted;
            if !bite.more {
                return granted;
            }
        }
    }

    fn waiting(&self) -> u32 {
        self.engine
            .stats()
            .slow_queue
            .expect("there is one")
            .waiting
    }
}

/// Nobody waits without a turn, and no turn is nobody's.
impl Drop for Desk {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let audit = self.engine.audit();
            assert!(audit.is_consistent(), "{:?}", audit.findings);
        }
    }
}

fn who(patient: u128) -> PatientId {
    PatientId::new(patient)
}

fn from(patient: u128, device: u128, schedule: ScheduleId) -> Request {
    Request::new(who(patient), schedule).device(DeviceId::new(device))
}
