//! A draw that the engine opens judges everybody as they are known at its close, by the least suspicious of the ways they came.

use std::sync::Arc;

use fairslot::{
    Behaviour, ChannelId, DeviceId, Engine, EntryWindow, Lottery, ManualClock, Opening, Outcome,
    PatientId, PractitionerId, Request, Schedule, ScheduleId, Session, TicketId, Timestamp,
};

const OPENS: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DESK: ChannelId = ChannelId::new(9);

struct Morning {
    engine: Engine,
    clock: Arc<ManualClock>,
    schedule: ScheduleId,
}

impl Morning {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let clock = Arc::new(ManualClock::new(OPENS));
        let engine = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(7)
            .behaviour(Behaviour::default())
            .trusted_channels([DESK])
            .build()?;
        let lottery = Lottery {
            window: EntryWindow::Fixed { ms: 10_000 },
            ..Lottery::new(OPENS)
        };
        let schedule = engine.publish(&Schedule::new(
            PractitionerId::new(1),
            "2026-12-01".parse()?,
            Session::Morning,
            5,
            Opening::Lottery(lottery),
            OPENS.after(86_400_000),
        ))?;
        Ok(Self {
            engine,
            clock,
            schedule,
        })
    }

    /// So many milliseconds after the opening.
    fn enter(&self, patient: u128, device: u128, at: u64) -> Option<TicketId> {
        self.ask(
            &Request::new(PatientId::new(patient), self.schedule).device(DeviceId::new(device)),
            at,
        )
    }

    fn ask(&self, request: &Request, at: u64) -> Option<TicketId> {
        self.clock.set(OPENS.after(at));
        match self.engine.request(request) {
            Outcome::Waiting(ticket) => Some(ticket.id),
            _ => None,
        }
    }

    fn close(&self) {
        self.clock.set(OPENS.after(10_000));
        while self.engine.advance().more {}
    }

    /// As it stands in the published list.
    fn suspicion(&self, ticket: TicketId) -> Option<u8> {
        let token = self.engine.receipt(ticket).ok()?.token;
        let transcript = self.engine.transcript(self.schedule).ok()?;
        let leaf = transcript.leaves.iter().find(|leaf| leaf.token == token)?;
        Some(leaf.suspicion)
    }
}

#[test]
fn who_came_first_from_a_device_is_judged_by_what_it_did_since()
-> Result<(), Box<dyn std::error::Error>> {
    let morning = Morning::new()?;
    let first = morning.enter(1, 500, 1_000).ok_or("entered")?;
    for patient in 2..30 {
        morning.enter(patient, 500, 1_000 + 50 * patient as u64);
    }
    let alone = morning.enter(1_000, 501, 4_000).ok_or("entered")?;
    morning.close();
    let suspicion = morning.suspicion(first).ok_or("in the list")?;
    assert!(suspicion >= Lottery::new(OPENS).suspect_at, "{suspicion}");
    assert_eq!(morning.suspicion(alone), Some(0));
    Ok(())
}

#[test]
fn a_stranger_s_dirty_device_poisons_nobody_who_comes_by_their_own()
-> Result<(), Box<dyn std::error::Error>> {
    // Whether the stranger comes first, or the person does.
    for (stranger, own) in [(1_000, 3_000), (3_000, 1_000)] {
        let morning = Morning::new()?;
        for patient in 2..30 {
            morning.enter(patient, 500, 500);
        }
        let mut ways = [(stranger, 500), (own, 77)];
        ways.sort_unstable();
        let tickets = ways.map(|(at, device)| morning.enter(1, device, at));
        assert_eq!(tickets[0], tickets[1], "one entry a person");
        for patient in 30..50 {
            morning.enter(patient, 500, 4_000);
        }
        morning.close();
        let ticket = tickets[0].ok_or("entered")?;
        assert_eq!(morning.suspicion(ticket), Some(0));
    }
    Ok(())
}

#[test]
fn who_comes_through_a_trusted_channel_is_no_suspect() -> Result<(), Box<dyn std::error::Error>> {
    let morning = Morning::new()?;
    let at_desk = |patient| {
        Request::new(PatientId::new(patient), morning.schedule)
            .device(DeviceId::new(500))
            .channel(DESK)
    };
    let tickets: Vec<_> = (1..60)
        .map(|patient| morning.ask(&at_desk(patient), 100 * patient as u64))
        .collect();
    morning.close();
    for ticket in tickets {
        assert_eq!(morning.suspicion(ticket.ok_or("entered")?), Some(0));
    }
    Ok(())
}

/// A drawn hold comes to something as any other does: what it comes to is told of where the place was asked for first.
#[test]
fn a_drawn_hold_that_lapses_is_a_dropped_one_of_its_device()
-> Result<(), Box<dyn std::error::Error>> {
    let morning = Morning::new()?;
    morning.enter(1, 500, 1_000).ok_or("entered")?;
    // The same place, asked for again from elsewhere: it stays where it was.
    let again = Request::new(PatientId::new(1), morning.schedule).device(DeviceId::new(501));
    morning.ask(&again, 2_000).ok_or("in it already")?;
    morning.close();
    let dropped = |device| {
        let request = Request::new(PatientId::new(9), morning.schedule);
        let verdict = morning
            .engine
            .verdict(&request.device(DeviceId::new(device)));
        verdict.features.device.map_or(0, |it| it.dropped)
    };
    assert_eq!(dropped(500), 0);
    morning.clock.pass(20 * 60_000);
    while morning.engine.advance().more {}
    assert_eq!(morning.engine.stats().expired, 1);
    // In thousandths, fading.
    assert!(dropped(500) > 900, "{}", dropped(500));
    assert_eq!(dropped(501), 0);
    Ok(())
}
