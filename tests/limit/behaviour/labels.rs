//! Which label comes when, when it goes, and what is said of it.

use fairslot::{Behaviour, Card, ChannelId, Engine, Label, Language, Ramp, Request};

use super::{Desk, MINUTE, account, device, from, judging, names, patient};

/// The labels of timing are gone ten to twenty minutes after the last request.
#[test]
fn labels_of_an_opening_expire() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 60_000);
    for nth in 0..100 {
        desk.at(nth * 10);
        let _ = desk.ask(&from(schedule, nth % 30, 7));
    }
    let labels = |minutes: u64| {
        desk.at(minutes * MINUTE);
        names(&desk.verdict(&from(schedule, 0, 7)))
    };
    let all = [
        Label::Early,
        Label::Rate,
        Label::Metronome,
        Label::FanOutPatients,
    ];
    assert_eq!(labels(1), all);
    assert_eq!(labels(19), all);
    assert!(labels(20).is_empty());
    // The same if a request comes in between, but for what that one request shows.
    let desk = Desk::judging();
    let schedule = desk.publish(1, 60_000);
    for nth in 0..20 {
        desk.at(nth);
        let _ = desk.ask(&from(schedule, nth, 7));
    }
    desk.at(15 * MINUTE);
    let _ = desk.ask(&from(schedule, 0, 7));
    let still = names(&desk.verdict(&from(schedule, 0, 7)));
    assert_eq!(still, [Label::Early, Label::Rate, Label::FanOutPatients]);
    desk.at(25 * MINUTE);
    let _ = desk.ask(&from(schedule, 0, 7));
    assert!(names(&desk.verdict(&from(schedule, 0, 7))).is_empty());
}

#[test]
fn early_is_before_eighty_milliseconds() {
    for (ms, early) in [(0, true), (79, true), (80, false), (5_000, false)] {
        let desk = Desk::judging();
        let schedule = desk.publish(1, 10);
        desk.at(ms);
        let _ = desk.ask(&from(schedule, 1, 7));
        let verdict = desk.verdict(&from(schedule, 1, 7));
        assert_eq!(verdict.has(Label::Early), early, "{ms} ms");
    }
}

/// A stranger who asks under somebody's identity from a dirty device harms only that device: neither the person's own way in nor anybody else.
#[test]
fn a_strangers_dirty_device_poisons_nobody() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 60_000);
    let own = from(schedule, 1, 1).account(account(1));
    desk.at(5_000);
    let _ = desk.ask(&own);
    for nth in 0..300 {
        desk.at(5_000 + nth * 4);
        let who = if nth % 2 == 0 { 1 } else { 100 + nth % 40 };
        let _ = desk.ask(&from(schedule, who, 666));
    }
    let dirty = desk.verdict(&from(schedule, 1, 666));
    assert!(dirty.score >= 800, "{dirty:?}");
    for clean in [
        own,
        from(schedule, 1, 2),
        Request::new(patient(1), schedule),
    ] {
        assert_eq!(desk.verdict(&clean).score, 0);
    }
    // A device and an account in one request: the worse tells, each label once.
    let both = from(schedule, 1, 666).account(account(1));
    assert_eq!(desk.verdict(&both).labels, dirty.labels);
}

#[test]
fn a_trusted_channel_may_ask_for_everybody_but_not_without_end() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 60_000);
    let window = |who: u64| from(schedule, who, 7).channel(ChannelId::new(114));
    for who in 0..300 {
        desk.at(who * 100);
        let _ = desk.ask(&window(who));
    }
    let verdict = desk.verdict(&window(0));
    assert_eq!(
        (verdict.score, names(&verdict)),
        (0, vec![Label::ChannelTrusted])
    );
    // Under the same name without the channel nothing is known, and nothing vouched for.
    let plain = desk.verdict(&from(schedule, 0, 7));
    assert!(plain.labels.is_empty() && plain.features.device.is_none());
    for who in 0..300 {
        desk.at(60_000 + who);
        let _ = desk.ask(&window(1_000 + who));
    }
    let verdict = desk.verdict(&window(0));
    assert_eq!(names(&verdict), [Label::Rate, Label::ChannelTrusted]);
    assert_eq!(verdict.score, 400);
}

#[test]
fn a_verdict_says_in_words_what_it_goes_by_and_not_who() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 60_000);
    let nobody = desk.verdict(&from(schedule, 0, 7));
    assert_eq!(
        nobody.explain(Language::English),
        "Nothing speaks against this request."
    );
    assert_eq!(nobody.explain(Language::Chinese), "没有可疑的迹象。");
    let id = 0x1234_5678_9abc_def0_u64;
    for nth in 0..40 {
        desk.at(nth * 10);
        let _ = desk.ask(&from(schedule, id + nth % 20, id).account(account(id)));
    }
    let verdict = desk.verdict(&from(schedule, id, id).account(account(id)));
    let english = verdict.explain(Language::English);
    assert!(
        english.starts_with("The score is 1000 of 1,000. A request came sooner"),
        "{english}"
    );
    assert!(
        english.contains("patients than a family has (600; about "),
        "{english}"
    );
    let chinese = verdict.explain(Language::Chinese);
    assert!(
        chinese.starts_with("可疑分为1000（满分1000）。"),
        "{chinese}"
    );
    for text in [english, chinese, format!("{verdict:?} {:?}", desk.engine)] {
        for told in [format!("{id}"), format!("{id:x}"), "def0".to_owned()] {
            assert!(!text.contains(&told), "{text}");
        }
    }
}

#[test]
fn a_score_is_a_draws_suspicion_by_255_thousandths() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 10);
    for (points, suspicion) in [(0, 0), (1, 0), (2, 1), (500, 128), (999, 255), (1_000, 255)] {
        let mut labels = fairslot::Labels::default();
        labels.block_device(device(1), desk.engine.now().after(1));
        labels.devices[0].marks[0].points = points;
        desk.engine.import_labels(&labels);
        let verdict = desk.verdict(&from(schedule, 1, 1));
        assert_eq!((verdict.score, verdict.suspicion()), (points, suspicion));
    }
}

#[test]
fn a_card_out_of_its_ranges_is_named() {
    let card = Card::default();
    let cards = [
        (Card { early: 500, ..card }, "card.early"),
        (
            Card {
                metronome: 600,
                ..card
            },
            "card.metronome",
        ),
        (
            Card {
                rate: Ramp::new(6_000, 16_000, 500),
                ..card
            },
            "card.rate.points",
        ),
        (
            Card {
                rate: Ramp::new(6_000, 6_000, 400),
                ..card
            },
            "card.rate.from",
        ),
        (
            Card {
                sold_out_hammer: 1_001,
                ..card
            },
            "card.sold_out_hammer",
        ),
        (
            Card {
                handoff_pair: 1_001,
                ..card
            },
            "card.handoff_pair",
        ),
        (Card { slow_at: 0, ..card }, "card.slow_at"),
        (
            Card {
                slow_at: 1_000,
                early: 500,
                ..card
            },
            "card.early",
        ),
        (
            Card {
                devices_max: 0,
                ..card
            },
            "card.devices_max",
        ),
        (
            Card {
                doctors_max: 25,
                ..card
            },
            "card.doctors_max",
        ),
        (
            Card {
                metronome_gaps: 1,
                ..card
            },
            "card.metronome_gaps",
        ),
    ];
    let field = |behaviour: Behaviour| {
        let built = Engine::builder().seed(1).behaviour(behaviour).build();
        built.expect_err("out of range").field()
    };
    for (card, name) in cards {
        assert_eq!(field(Behaviour { card, ..judging() }), name);
    }
    assert_eq!(
        field(Behaviour {
            records: 7,
            ..judging()
        }),
        "behaviour.records"
    );
    assert_eq!(
        field(Behaviour {
            sample: u32::MAX,
            ..judging()
        }),
        "behaviour.sample"
    );
    assert_eq!(
        field(Behaviour {
            listed_max: u32::MAX,
            ..judging()
        }),
        "behaviour.listed_max"
    );
}

/// No label of timing convicts alone, whatever somebody does with it.
#[test]
fn timing_alone_convicts_nobody() {
    let card = Card::default();
    for points in [
        card.early,
        card.rate.points,
        card.metronome,
        card.sold_out_hammer,
    ] {
        assert!(points < card.slow_at);
    }
    let desk = Desk::judging();
    let schedule = desk.publish(1, 60_000);
    for nth in 0..2_000 {
        desk.at(1_000 + nth / 7 * 3);
        let _ = desk.ask(&from(schedule, 1, 7));
    }
    let verdict = desk.verdict(&from(schedule, 1, 7));
    assert_eq!((names(&verdict), verdict.score), (vec![Label::Rate], 400));
}
