//! Every public value as JSON: there and back, and the shapes that others have come to rely on.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv6Addr};

use fairslot::line::SlowQueue;
use fairslot::{
    AccountId, BookingId, ChannelId, Currency, DepartmentId, DeviceId, Event, Fee, Group, HoldId,
    HospitalId, Invalid, Limit, Outcome, PatientId, PaymentRef, PractitionerId, Refusal, Request,
    RequestId, Rule, Schedule, ScheduleId, SlotNo, SupplyError, TicketId, Timestamp,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::desk::{desk, events, plan, publish};
use crate::life::Life;

/// There and back; the JSON on the way.
fn round<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Value {
    let text = serde_json::to_string(value).expect("it can be written");
    let back: T = serde_json::from_str(&text).expect("and read");
    assert_eq!(&back, value, "{text}");
    // From a value as well, which borrows nothing.
    let json: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(
        &serde_json::from_value::<T>(json.clone()).expect("owned"),
        value
    );
    json
}

fn parse<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a sound id")
}

#[test]
fn ids_have_their_texts() {
    let hex = "000000000000000000000000000000ff";
    assert_eq!(round(&PatientId::new(255)), hex);
    assert_eq!(round(&AccountId::new(255)), hex);
    assert_eq!(round(&DeviceId::new(255)), hex);
    assert_eq!(round(&RequestId::new(255)), hex);
    assert_eq!(round(&PaymentRef::new(255)), hex);
    assert_eq!(round(&PatientId::new(u128::MAX)), "f".repeat(32));

    assert_eq!(round(&HospitalId::new(u64::MAX)), u64::MAX);
    assert_eq!(round(&DepartmentId::new(2)), 2);
    assert_eq!(round(&PractitionerId::new(3)), 3);
    assert_eq!(round(&ChannelId::new(4)), 4);

    let schedule = "S0000000010000000";
    assert_eq!(round(&parse::<ScheduleId>(schedule)), schedule);
    let (hold, booking) = (format!("H{hex}"), format!("B{hex}"));
    assert_eq!(round(&parse::<HoldId>(&hold)), hold);
    assert_eq!(round(&parse::<BookingId>(&booking)), booking);
    assert_eq!(
        round(&Timestamp::from_millis(1_796_054_400_000)),
        1_796_054_400_000_u64
    );
}

#[test]
fn texts_that_are_no_ids_are_refused() {
    for bad in [
        "",
        "ff",
        "-1",
        "H",
        "S",
        "0x000000000000000000000000000000ff",
        "S00000000100000001",
    ] {
        let bad = json!(bad);
        assert!(
            serde_json::from_value::<PatientId>(bad.clone()).is_err(),
            "{bad}"
        );
        assert!(
            serde_json::from_value::<ScheduleId>(bad.clone()).is_err(),
            "{bad}"
        );
        assert!(
            serde_json::from_value::<HoldId>(bad.clone()).is_err(),
            "{bad}"
        );
    }
    // Neither is a number, nor one kind another.
    assert!(serde_json::from_value::<PatientId>(json!(7)).is_err());
    let hold = "H000000000000000000000000000000ff";
    assert!(serde_json::from_value::<BookingId>(json!(hold)).is_err());
}

#[test]
fn a_schedule_is_an_object_of_its_fields() {
    let mut full: Schedule = plan(30);
    full.hospital = HospitalId::new(1);
    full.department = DepartmentId::new(2);
    full.closes_at = Some(Timestamp::from_millis(9));
    full.fee = Some(Fee {
        amount: 5_000,
        currency: Currency::CNY,
    });
    full.tags = vec!["高血压".to_owned()];
    let expected = json!({
        "hospital": 1, "department": 2, "practitioner": 3, "day": "2026-12-01", "session": "morning", "capacity": 30,
        "opening": {"first_come": {"at": 86_400_000_000_u64}}, "starts_at": 88_992_000_000_u64, "closes_at": 9,
        "cancel_until": null, "hold_ttl_ms": 900_000, "hold_cap_ms": 3_600_000, "returns": "at_once",
        "fee": {"amount": 5000, "currency": "CNY"}, "tags": ["高血压"], "allotments": [],
    });
    assert_eq!(round(&full), expected);
    round(&plan(1));
    // What was written before there were allotments has none.
    let mut older = expected.clone();
    older
        .as_object_mut()
        .expect("an object")
        .remove("allotments");
    assert_eq!(
        serde_json::from_value::<Schedule>(older).expect("enough"),
        full
    );
    let mut bad = expected.clone();
    bad["day"] = json!("2026-02-30");
    assert!(serde_json::from_value::<Schedule>(bad).is_err());
    // A slip of the pen doesn't leave it open for longer.
    let mut bad = expected;
    bad["close_at"] = json!(500);
    assert!(serde_json::from_value::<Schedule>(bad).is_err());
}

/// What has a default need not be said, and what means nothing is not passed over.
#[test]
fn settings_say_what_is_not_usual() {
    let least = json!({
        "practitioner": 3, "day": "2026-12-01", "session": "morning", "capacity": 1,
        "opening": {"first_come": {"at": 86_400_000_000_u64}}, "starts_at": 88_992_000_000_u64,
    });
    let read = serde_json::from_value::<Schedule>(least).expect("enough");
    assert_eq!(
        read,
        Schedule {
            hospital: HospitalId::new(0),
            department: DepartmentId::new(0),
            ..plan(1)
        }
    );
    let limit = json!({"requests": 1, "period_ms": 1_000, "burst": 5});
    let read = serde_json::from_value::<Limit>(limit).expect("enough");
    assert_eq!(read, Limit::new(1, 1_000, 5));
    let queue = json!({"turns": 10, "period_ms": 1_000});
    let read = serde_json::from_value::<SlowQueue>(queue).expect("enough");
    assert_eq!(read, SlowQueue::new(10, 1_000));
    let limit = json!({"requests": 1, "period_ms": 1_000, "burst": 5, "penalti": 3});
    assert!(serde_json::from_value::<Limit>(limit).is_err());
    let queue = json!({"turns": 10, "period_ms": 1_000, "wait_max": 1});
    assert!(serde_json::from_value::<SlowQueue>(queue).is_err());
}

/// A ticket's id is kept like a password: what is printed on the way to a log has not all of it.
#[test]
fn no_log_line_has_a_whole_ticket() {
    let ticket: TicketId = parse("T000001000000000000012e6eb9e0807a");
    assert_eq!(format!("{ticket:?}"), "T00000100000000000001..");
    let hold: HoldId = parse("H00000100000010000002000000000001");
    let booking = BookingId::from(hold);
    assert_eq!(booking.to_string(), "B00000100000010000002000000000001");
    assert_eq!(format!("{hold:?} {booking:?}"), format!("{hold} {booking}"));
}

#[test]
fn a_request_lists_its_schedules() {
    let schedule: ScheduleId = parse("S0000000010000000");
    let plain = Request::new(PatientId::new(7), schedule);
    let least =
        json!({"patient": "00000000000000000000000000000007", "schedules": ["S0000000010000000"]});
    assert_eq!(
        serde_json::from_value::<Request>(least.clone()).expect("enough"),
        plain
    );
    let shape = round(&plain);
    assert!(
        least
            .as_object()
            .expect("an object")
            .iter()
            .all(|(key, value)| &shape[key] == value)
    );

    let full = Request::any(PatientId::new(7), &[schedule, schedule])
        .id(RequestId::new(1))
        .account(AccountId::new(2))
        .device(DeviceId::new(3))
        .network(IpAddr::V6(Ipv6Addr::LOCALHOST))
        .channel(ChannelId::new(4))
        .group(Group::new(3).expect("a group"))
        .group(Group::new(16).expect("a group"));
    let mut shape = round(&full);
    assert_eq!(
        (&shape["network"], &shape["channel"], &shape["groups"]),
        (&json!("::1"), &json!(4), &json!([3, 16]))
    );
    shape["groups"] = json!([17]);
    assert!(serde_json::from_value::<Request>(shape).is_err());
    let mut slip = least;
    slip["waitlst"] = json!(true);
    assert!(serde_json::from_value::<Request>(slip).is_err());
    round(&Request::any(PatientId::new(7), &[]));
}

#[test]
fn refusals_are_told_by_their_code() {
    let booking: BookingId = parse("B000000000000000000000000000000ff");
    assert_eq!(round(&Refusal::SoldOut), json!({"code": "sold_out"}));
    assert_eq!(
        round(&Refusal::NotOpen { retry_after_ms: 5 }),
        json!({"code": "not_open", "retry_after_ms": 5})
    );
    assert_eq!(
        round(&Refusal::Rule {
            rule: Rule::BookFull
        }),
        json!({"code": "rule", "rule": "book_full"})
    );
    let exchanged = json!({"code": "already_exchanged", "booking": booking.to_string()});
    assert_eq!(round(&Refusal::AlreadyExchanged { booking }), exchanged);
    let outcome = json!({"outcome": "refused", "code": "rule", "rule": "live_holds"});
    assert_eq!(
        round(&Outcome::Refused(Refusal::Rule {
            rule: Rule::LiveHolds
        })),
        outcome
    );
    // The code in JSON is the code in Rust.
    for why in [
        Refusal::UnknownSchedule,
        Refusal::NotYours,
        Refusal::RefundDue,
        Refusal::TooLate,
        Refusal::Closed,
    ] {
        assert_eq!(round(&why)["code"], why.code());
    }
}

/// Whatever a whole life says, in answers, events and reports.
#[test]
fn what_an_engine_says_round_trips() {
    let (engine, clock) = desk();
    let listener = engine.observe(1_000);
    let mut life = Life::new(engine.clone(), clock);
    life.live();
    let told = events(&listener);
    for event in &told {
        round::<Event>(event);
    }
    let held = round(
        told.iter()
            .find(|event| event.hold.is_some())
            .expect("somebody held"),
    );
    assert_eq!(
        (&held["version"], &held["slot"], &held["what"]),
        (
            &json!(1),
            &json!(1),
            &json!({"held": {"expires_at": 86_400_900_000_u64}})
        )
    );
    round(
        &engine
            .availability(life.morning.expect("published"))
            .expect("it stands"),
    );
    round(&engine.advance());

    let schedule = publish(&engine, 1);
    let outcome = engine.request(&Request::new(PatientId::new(50), schedule));
    let shape = round(&outcome);
    let hold = outcome.held().expect("free");
    assert_eq!(
        (&shape["outcome"], &shape["slot"]),
        (&json!("held"), &json!(1))
    );
    assert_eq!(shape["id"], hold.id.to_string());
    round::<SlotNo>(&hold.slot);
    let booking = engine
        .confirm(hold.id, PatientId::new(50), None)
        .expect("live");
    let shape = round(&booking.wait().expect("decided in memory"));
    assert_eq!(
        (&shape["slot"], &shape["payment_due_back"]),
        (&json!(1), &Value::Null)
    );
}

/// Reports go out and don't come back.
#[test]
fn reports_can_be_written() {
    let (engine, _clock) = desk();
    let audit = serde_json::to_value(engine.audit()).expect("it can be written");
    assert_eq!(
        audit,
        json!({"schedules": 0, "slots": 0, "lines": 0, "findings": []})
    );
    let stats = serde_json::to_value(engine.stats()).expect("it can be written");
    assert_eq!(
        (&stats["held"], &stats["refused"][0]),
        (&json!(0), &json!(["unknown_schedule", 0]))
    );
    let why: SupplyError = engine.publish(&plan(0)).expect_err("no slots");
    let SupplyError::Invalid(invalid) = why.clone() else {
        panic!("{why}");
    };
    let shape = json!({"field": "capacity", "value": "0", "range": "1 to 65,535"});
    assert_eq!(
        serde_json::to_value::<Invalid>(invalid).expect("it can be written"),
        shape
    );
    assert_eq!(
        serde_json::to_value(why).expect("it can be written"),
        json!({"invalid": shape})
    );
}
