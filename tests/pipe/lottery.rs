//! A schedule that opens by a lottery, as the pipe tells of it.

use serde_json::{Value, json};

use super::support::*;

/// Opens at 1,000 for entries, for 500 ms.
fn publish(pipe: &mut Pipe, capacity: u64) -> String {
    pipe.publish_with(
        capacity,
        json!({"opens_at": 1_000, "hold_ttl_ms": 200, "opening": {"lottery": {"window_ms": 500}}}),
    )
}

fn ticket(pipe: &mut Pipe, ticket: &str) -> Value {
    pipe.say(json!({"op": "ticket", "ticket": ticket}))
}

/// Enters these patients: their tickets.
fn enter(pipe: &mut Pipe, patients: std::ops::Range<u64>, schedule: &str) -> Vec<String> {
    let mut ask = |patient| {
        let answer = pipe.ask(patient, schedule);
        assert_eq!(
            answer,
            json!({"outcome": "waiting", "ticket": answer["ticket"], "line": "draw"})
        );
        text(&answer, "ticket")
    };
    patients.map(&mut ask).collect()
}

/// What is left of a lottery in which nobody but these entered, at any time from the close on: as many holds as there are slots, sold out for the others.
fn assert_drawn(pipe: &mut Pipe, tickets: &[String], capacity: usize) -> Vec<usize> {
    let answers: Vec<Value> = tickets.iter().map(|it| ticket(pipe, it)).collect();
    let mut slots: Vec<u64> = answers
        .iter()
        .filter_map(|it| it["slot"].as_u64())
        .collect();
    slots.sort_unstable();
    let won = capacity.min(tickets.len());
    assert_eq!(slots, (1..=won as u64).collect::<Vec<_>>());
    let winners = (0..tickets.len()).filter(|at| answers[*at]["outcome"] == "held");
    for answer in &answers {
        match answer["outcome"].as_str() {
            Some("held") => assert_eq!(answer["expires_at"], 1_700),
            _ => assert_refused(answer, "sold_out"),
        }
    }
    winners.collect()
}

#[test]
fn it_opens_closes_and_is_drawn_to_the_millisecond() {
    let mut pipe = Pipe::new();
    let schedule = publish(&mut pipe, 3);
    pipe.at(999);
    let early = pipe.ask(1, &schedule);
    assert_eq!(
        (&early["code"], &early["retry_after_ms"]),
        (&json!("not_open"), &json!(1))
    );
    pipe.at(1_000);
    let tickets = enter(&mut pipe, 0..10, &schedule);
    pipe.at(1_499);
    assert_eq!(ticket(&mut pipe, &tickets[4])["outcome"], "waiting");
    assert_eq!(pipe.count(&schedule, "free"), 3);
    pipe.at(1_500);
    assert_eq!(
        (pipe.count(&schedule, "free"), pipe.count(&schedule, "held")),
        (0, 3)
    );
    assert_drawn(&mut pipe, &tickets, 3);
    assert_refused(&pipe.ask(99, &schedule), "sold_out");
}

#[test]
fn the_same_is_drawn_whether_or_not_anybody_advances() {
    let drawn = |advance: bool| {
        let mut pipe = Pipe::new();
        let schedule = publish(&mut pipe, 3);
        pipe.at(1_200);
        let tickets = enter(&mut pipe, 0..10, &schedule);
        if advance {
            pipe.at(1_500);
            assert_eq!(pipe.advance()["drawn"], 1);
        }
        pipe.at(1_699);
        let winners = assert_drawn(&mut pipe, &tickets, 3);
        let held = pipe.count(&schedule, "held");
        pipe.at(1_700);
        (winners, held, pipe.count(&schedule, "free"))
    };
    let with = drawn(true);
    assert_eq!((with.1, with.2), (3, 3));
    assert_eq!(with, drawn(false));
}

#[test]
fn who_asks_again_has_the_same_ticket_and_no_better_chance() {
    let mut pipe = Pipe::new();
    let schedule = publish(&mut pipe, 1);
    pipe.at(1_000);
    let [own, other] = &enter(&mut pipe, 1..3, &schedule)[..] else {
        panic!("two tickets")
    };
    for _ in 0..50 {
        assert_eq!(text(&pipe.ask(1, &schedule), "ticket"), *own);
    }
    pipe.at(1_500);
    assert_drawn(&mut pipe, &[own.clone(), other.clone()], 1);
}

#[test]
fn a_winner_confirms_and_a_loser_has_nothing() {
    let mut pipe = Pipe::new();
    let schedule = publish(&mut pipe, 1);
    pipe.at(1_000);
    let tickets = enter(&mut pipe, 0..4, &schedule);
    pipe.at(1_550);
    let [winner] = assert_drawn(&mut pipe, &tickets, 1)[..] else {
        panic!("one winner")
    };
    let decided = ticket(&mut pipe, &tickets[winner]);
    assert_refused(&pipe.ask(winner as u64, &schedule), "already_holds");
    assert_refused(&pipe.ask((winner as u64 + 1) % 4, &schedule), "sold_out");
    assert_eq!(
        pipe.confirm(winner as u64, &text(&decided, "hold"))["slot"],
        1
    );
    assert_eq!(ticket(&mut pipe, &tickets[winner]), decided);
}

#[test]
fn the_remembered_answer_stays_word_for_word() {
    let mut pipe = Pipe::new();
    let schedule = publish(&mut pipe, 1);
    let line = format!(
        r#"{{"op":"request","patient":7,"schedule":"{schedule}","request_id":"r","now":1100}}"#
    );
    let told = pipe.raw(&line);
    assert!(
        told.starts_with(r#"{"outcome":"waiting","ticket":"T"#),
        "{told}"
    );
    let other =
        pipe.say(json!({"op": "request", "patient": 7, "schedule": schedule, "request_id": "s"}));
    assert_eq!(parse(&told), other);
    pipe.at(1_100 + DAY - 1);
    assert_eq!(
        pipe.raw(r#"{"op":"lookup","patient":7,"request_id":"r"}"#),
        told
    );
    let unknown = pipe.say(json!({"op": "lookup", "patient": 7, "request_id": "s"}));
    assert_refused(&unknown, "unknown_request");
    pipe.at(1_100 + DAY);
    let forgotten = pipe.say(json!({"op": "lookup", "patient": 7, "request_id": "r"}));
    assert_refused(&forgotten, "unknown_request");
}

#[test]
fn advance_counts_draws_and_names_the_next() {
    let mut pipe = Pipe::new();
    let schedule = publish(&mut pipe, 1);
    assert_eq!(pipe.advance()["next_deadline"], 1_500);
    pipe.at(1_000);
    enter(&mut pipe, 0..2, &schedule);
    pipe.at(1_600);
    assert_eq!(
        pipe.advance(),
        json!({"expired": 0, "drawn": 1, "returned": 0, "granted": 0, "next_deadline": 1_700})
    );
    assert_eq!(pipe.advance()["drawn"], 0);
    let stats = pipe.say(json!({"op": "stats"}));
    assert_eq!(
        (
            &stats["requests"],
            &stats["waiting"],
            &stats["drawn"],
            &stats["held"]
        ),
        (&json!(2), &json!(2), &json!(1), &json!(1))
    );
}

#[test]
fn what_nobody_wanted_is_first_come() {
    let mut pipe = Pipe::new();
    let schedule = publish(&mut pipe, 3);
    pipe.at(1_000);
    let tickets = enter(&mut pipe, 0..1, &schedule);
    pipe.at(1_500);
    assert_drawn(&mut pipe, &tickets, 3);
    assert_eq!(pipe.ask(5, &schedule)["slot"], 2);
}

#[test]
fn a_withdrawn_session_has_no_draw_and_a_reinstated_one_another() {
    let mut pipe = Pipe::new();
    let schedule = publish(&mut pipe, 1);
    pipe.at(1_000);
    let tickets = enter(&mut pipe, 0..3, &schedule);
    assert_eq!(
        pipe.session("withdraw", &schedule),
        json!({"done": true, "affected": 0})
    );
    assert_refused(&ticket(&mut pipe, &tickets[0]), "withdrawn");
    assert_refused(&pipe.ask(0, &schedule), "withdrawn");
    pipe.at(1_400);
    pipe.session("reinstate", &schedule);
    assert_refused(&ticket(&mut pipe, &tickets[0]), "withdrawn");
    let again = enter(&mut pipe, 0..3, &schedule);
    assert_ne!(again[0], tickets[0]);
    pipe.at(1_899);
    assert_eq!(ticket(&mut pipe, &again[0])["outcome"], "waiting");
    pipe.at(1_900);
    let held = again
        .iter()
        .filter(|it| ticket(&mut pipe, it)["outcome"] == "held");
    assert_eq!(held.count(), 1);
}

#[test]
fn a_window_that_would_end_after_the_cut_off_is_impossible() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    for (window_ms, closes_at) in [(0, 2_000), (1_001, 2_000), (u64::MAX, 2_000)] {
        let line = json!({
            "op": "publish", "hospital": 1, "department": 2, "practitioner": 3, "day": "2026-12-01", "session": "morning", "capacity": 1,
            "opens_at": 1_000, "starts_at": STARTS_AT, "closes_at": closes_at, "opening": {"lottery": {"window_ms": window_ms}},
        });
        let answer = pipe.say(line);
        assert_error(&answer, "invalid");
        assert_eq!(answer["error"]["field"], "window_ms");
    }
    pipe.hold(1, &schedule);
}
