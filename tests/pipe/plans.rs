//! A schedule in all the words that the engine has for it, and told again.

use serde_json::{Value, json};

use super::support::{DAY, Pipe, STARTS_AT, assert_error, assert_refused, merge, text};

fn line(more: Value) -> Value {
    let mut line = json!({
        "op": "publish", "hospital": 1, "department": 2, "practitioner": 3, "day": "2026-12-01", "session": "morning",
        "capacity": 4, "opens_at": 1_000, "starts_at": STARTS_AT,
    });
    merge(&mut line, more);
    line
}

fn told(pipe: &mut Pipe, schedule: &str) -> Value {
    pipe.say(json!({"op": "schedule", "schedule": schedule}))
}

#[test]
fn what_was_published_is_told_and_can_be_published_as_it_was_told() {
    let mut pipe = Pipe::with(json!({}));
    let adaptive = json!({"min_ms": 1, "quiet_ms": 4, "quiet_ppm": 5, "max_ms": 6});
    for more in [
        json!({}),
        json!({"opening": "first_come", "returns": "next_opening"}),
        json!({"opening": {"lottery": {}}, "returns": "never"}),
        json!({"opening": {"lottery": {"window_ms": 7, "together": 5}}, "returns": {"delay": {"ms": 9}}}),
        json!({
            "opening": {"lottery": {
                "adaptive": adaptive, "entry_before_ms": 3, "cluster_cap": 4, "suspect_at": 5, "suspect_weight_ppm": 6,
            }},
            "allotments": [{"group": 16, "slots": 1}, {"slots": 2}], "returns": "draw", "fee": {"amount": 5, "currency": "CNY"},
            "tags": ["高血压"], "closes_at": STARTS_AT - 2, "cancel_until": STARTS_AT - 1, "hold_ttl_ms": 8, "hold_cap_ms": 9,
        }),
    ] {
        let published = line(more.clone());
        let first = text(&pipe.say(published.clone()), "schedule");
        let plan = told(&mut pipe, &first);
        for (field, value) in published.as_object().expect("an object") {
            if field != "op" && field != "opening" {
                assert_eq!(plan[field], *value, "{field} of {more}");
            }
        }
        for (field, value) in more["opening"]["lottery"].as_object().into_iter().flatten() {
            assert_eq!(
                plan["opening"]["lottery"][field], *value,
                "{field} of {more}"
            );
        }
        let mut again = plan.clone();
        again["op"] = json!("publish");
        let again = text(&pipe.say(again), "schedule");
        assert_ne!(first, again);
        assert_eq!(told(&mut pipe, &again), plan);
    }
    assert_refused(&told(&mut pipe, "S"), "unknown_schedule");
}

#[test]
fn a_lottery_has_the_recommended_settings_if_nothing_else_is_said() {
    let mut pipe = Pipe::with(json!({}));
    let schedule = text(
        &pipe.say(line(json!({"opening": {"lottery": {}}}))),
        "schedule",
    );
    assert_eq!(
        told(&mut pipe, &schedule)["opening"],
        json!({"lottery": {
            "entry_before_ms": 0, "cluster_cap": 3, "suspect_at": 128, "suspect_weight_ppm": 200_000,
            "adaptive": {"min_ms": 3_000, "quiet_ms": 2_000, "quiet_ppm": 20_000, "max_ms": 20_000},
        }})
    );
    // Nobody comes any more: it closes long before its last moment.
    pipe.at(1_000);
    let ticket = text(&pipe.ask(1, &schedule), "ticket");
    pipe.at(3_999);
    let waits = pipe.ticket(&ticket);
    assert_eq!(
        (&waits["outcome"], &waits["due"]),
        (&json!("waiting"), &json!(21_000))
    );
    pipe.at(4_000);
    assert_eq!(pipe.ticket(&ticket)["outcome"], "held");
}

#[test]
fn people_may_enter_before_the_opening() {
    let mut pipe = Pipe::with(json!({}));
    let opening = json!({"lottery": {"window_ms": 1, "entry_before_ms": 400}});
    let schedule = text(&pipe.say(line(json!({"opening": opening}))), "schedule");
    pipe.at(599);
    assert_eq!(pipe.ask(1, &schedule)["code"], "not_open");
    pipe.at(600);
    assert_eq!(pipe.ask(1, &schedule)["outcome"], "waiting");
}

#[test]
fn reserved_slots_go_to_who_is_in_the_group() {
    let mut pipe = Pipe::with(json!({}));
    let schedule = pipe.publish_with(
        3,
        json!({"opening": {"lottery": {"window_ms": 5}}, "allotments": [{"group": 2, "slots": 2}]}),
    );
    let mut enter = |patient: u64| {
        let groups = if patient < 2 {
            json!([1, 2])
        } else {
            json!([1])
        };
        let line =
            json!({"op": "request", "patient": patient, "schedule": schedule, "groups": groups});
        text(&pipe.say(line), "ticket")
    };
    let tickets: Vec<String> = (0..30).map(&mut enter).collect();
    pipe.at(5);
    let won: Vec<usize> = (0..30)
        .filter(|at| pipe.ticket(&tickets[*at])["outcome"] == "held")
        .collect();
    assert_eq!((won.len(), &won[..2]), (3, &[0, 1][..]), "{won:?}");
}

#[test]
fn several_schedules_are_one_draw() {
    let mut pipe = Pipe::with(json!({}));
    let opening = json!({"opens_at": 10, "opening": {"lottery": {"window_ms": 5, "together": 1}}});
    let both = [
        pipe.publish_with(1, opening.clone()),
        pipe.publish_with(1, opening),
    ];
    let alone = pipe.publish(1);
    let drawn = pipe.say(json!({"op": "drawn_together", "schedule": both[1]}));
    assert_eq!(drawn, json!({"schedules": both}));
    assert_refused(
        &pipe.say(json!({"op": "drawn_together", "schedule": alone})),
        "unknown_schedule",
    );
    pipe.at(10);
    let mut enter = |patient: u64| {
        let wishes = [&both[1], &both[0]];
        text(
            &pipe.say(json!({"op": "request", "patient": patient, "schedules": wishes})),
            "ticket",
        )
    };
    let tickets = [enter(1), enter(2), enter(3)];
    pipe.at(15);
    let told: Vec<Value> = tickets.iter().map(|it| pipe.ticket(it)).collect();
    let mut won: Vec<&str> = told
        .iter()
        .filter_map(|it| it["schedule"].as_str())
        .collect();
    won.sort_unstable();
    let mut expected = [&*both[0], &*both[1]];
    expected.sort_unstable();
    assert_eq!(won, expected);
}

#[test]
fn slots_return_as_the_schedule_says() {
    let mut pipe = Pipe::with(json!({}));
    for (returns, until) in [
        (json!("at_once"), Some(0)),
        (json!({"delay": {"ms": 70}}), Some(70)),
        (json!("next_opening"), Some(DAY)),
        (json!("never"), None),
    ] {
        let now = pipe.say(json!({"op": "advance"}))["next_deadline"].as_u64();
        assert_eq!(now, None);
        let schedule = pipe.publish_with(1, json!({"returns": returns}));
        let (_, booking) = pipe.book(1, &schedule);
        pipe.cancel(1, &booking);
        let due = pipe.advance()["next_deadline"].as_u64();
        match until {
            Some(0) => assert_eq!(pipe.count(&schedule, "free"), 1),
            Some(_) => {
                assert_eq!(pipe.count(&schedule, "cooling"), 1);
                pipe.at(due.expect("it returns"));
                assert_eq!(pipe.advance()["returned"], 1);
            }
            None => assert_eq!((due, pipe.count(&schedule, "cooling")), (None, 1)),
        }
        pipe.session("withdraw", &schedule);
    }
}

#[test]
fn the_impossible_is_invalid_and_the_ill_formed_is_bad() {
    let mut pipe = Pipe::with(json!({}));
    let lottery = |settings: Value| json!({"opening": {"lottery": settings}});
    for (more, field) in [
        (lottery(json!({"window_ms": 0})), "window_ms"),
        (lottery(json!({"cluster_cap": 0})), "cluster_cap"),
        (lottery(json!({"suspect_at": 0})), "suspect_at"),
        (lottery(json!({"suspect_at": 256})), "suspect_at"),
        (
            lottery(json!({"suspect_weight_ppm": 0})),
            "suspect_weight_ppm",
        ),
        (lottery(json!({"adaptive": {"quiet_ms": 3}})), "quiet_ms"),
        (
            lottery(json!({"adaptive": {"quiet_ppm": 1_u64 << 32}})),
            "quiet_ppm",
        ),
        (lottery(json!({"adaptive": {"max_ms": 2}})), "max_ms"),
        (json!({"returns": {"delay": {"ms": 0}}}), "returns.ms"),
        (json!({"allotments": [{"slots": 1}]}), "allotments"),
        (
            json!({"opening": {"lottery": {}}, "allotments": [{"slots": 0}]}),
            "allotments.slots",
        ),
        (
            json!({"opening": {"lottery": {}}, "allotments": [{"slots": 5}]}),
            "allotments",
        ),
        (
            json!({"opening": {"lottery": {}}, "allotments": [{"group": 17, "slots": 1}]}),
            "allotments.group",
        ),
        (
            json!({"opening": {"lottery": {}}, "allotments": [{"group": 0, "slots": 1}]}),
            "allotments.group",
        ),
    ] {
        let answer = pipe.say(line(more.clone()));
        assert_error(&answer, "invalid");
        assert_eq!(answer["error"]["field"], field, "{more}: {answer}");
    }
    for more in [
        json!({"opening": "raffle"}),
        json!({"opening": {}}),
        json!({"opening": {"lottery": 5}}),
        json!({"opening": {"lottery": {"window_ms": 1, "adaptive": {}}}}),
        json!({"opening": {"lottery": {"window": 1}}}),
        json!({"opening": {"lottery": {"adaptive": {"min": 1}}}}),
        json!({"opening": {"lottery": {}, "first_come": {}}}),
        json!({"opening": {"lottery": {"suspect_at": 256}}, "x": 1}),
        json!({"returns": "later"}),
        json!({"returns": {}}),
        json!({"returns": {"delay": 5}}),
        json!({"returns": {"delay": {"ms": 5, "x": 1}}}),
        json!({"returns": ["never"]}),
        json!({"allotments": {}}),
        json!({"allotments": [{"group": 1}]}),
        json!({"allotments": [1]}),
    ] {
        assert_error(&pipe.say(line(more)), "bad_line");
    }
    let request = json!({"op": "request", "patient": 1, "schedule": "S", "groups": [1, 17]});
    let answer = pipe.say(request);
    assert_eq!(answer["error"]["field"], "groups", "{answer}");
}
