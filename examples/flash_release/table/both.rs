//! The same morning under several openings, side by side.

use std::fmt::Write;

use super::{quantiles, refused, slots};
use crate::cli::Kind;
use crate::figures::{counted, grouped};
use crate::latency::Latency;
use crate::story::{Story, duration, millis, percent, rough, times};

/// What an opening is called above its column.
pub(crate) fn name(story: &Story) -> &'static str {
    match story.kind {
        Kind::FirstCome => "First come",
        Kind::Lottery => "The draw",
    }
}

/// A row: what it says, and how an opening fares.
type Row = (&'static str, fn(&Story) -> String);

/// Who got what, and how soon everybody knew. The same rows stand in the report.
pub(crate) const WHO: [Row; 9] = [
    ("slots that people have in the end", |it| share(it, false)),
    ("slots that bots have in the end", |it| share(it, true)),
    ("  of these given by the draw", |it| bots(it, true)),
    ("  of these sold first come", |it| bots(it, false)),
    ("a bot's patient's chance against a person's", |it| {
        times(it.advantage())
    }),
    ("half of the sessions were sold out after", |it| {
        it.half_gone_at().map_or("never".to_owned(), millis)
    }),
    ("half of the people knew within", |it| knew(it, 50)),
    ("99 of 100 people knew within", |it| knew(it, 99)),
    ("slots sold again", |it| grouped(it.sold_again())),
];

const WORK: [Row; 11] = [
    ("requests", |it| grouped(it.record.requests())),
    ("in the first minute", |it| {
        grouped(it.record.first_minute())
    }),
    ("in the busiest second", |it| grouped(it.record.peak())),
    ("answered yes", |it| {
        grouped(it.record.yes.count() - drawn(it))
    }),
    ("answered with a place in the draw", |it| {
        grouped(it.record.place.count())
    }),
    ("answered no", |it| grouped(it.record.no.count())),
    ("a yes takes: p50, p99", |it| latency(&it.record.yes)),
    ("a place takes: p50, p99", |it| latency(&it.record.place)),
    ("a no takes: p50, p99", |it| latency(&it.record.no)),
    ("requests a second, clients included", |it| {
        rough(it.requests_per_s())
    }),
    ("sold twice / lost", |it| {
        format!(
            "{} / {}",
            grouped(it.verdict.double_booked),
            grouped(it.verdict.lost)
        )
    }),
];

pub(super) fn summary(stories: &[Story]) -> String {
    let mut out = String::new();
    let Some(story) = stories.first() else {
        return out;
    };
    let options = &story.options;
    let (people, bots) = (u64::from(options.people), u64::from(options.bots));
    let (people, bots) = (
        counted(people, "person", "people"),
        counted(bots, "bot", "bots"),
    );
    let threads = counted(options.threads as u64, "thread", "threads");
    for (label, text) in [
        (
            "hospital",
            format!("{}, {}", story.hospital.title, slots(story)),
        ),
        (
            "run",
            format!("{}, {threads}, seed {}", story.pace(), options.seed),
        ),
        (
            "crowd",
            format!(
                "{people}, {bots} with the papers of {} patients",
                grouped(story.papers())
            ),
        ),
    ] {
        let _ = writeln!(out, "  {label:<11} {text}");
    }
    for (title, rows) in [("who got what", &WHO[..]), ("the work", &WORK)] {
        let _ = write!(out, "\n  {title:<44}");
        for story in stories {
            let _ = write!(out, "{:>20}", name(story));
        }
        out.push('\n');
        for (label, said) in rows {
            let _ = write!(out, "  {label:<44}");
            for story in stories {
                let _ = write!(out, "{:>20}", said(story));
            }
            out.push('\n');
        }
    }
    out.push('\n');
    for story in stories {
        let _ = writeln!(out, "  {:<11} refused {}", name(story), refused(story));
    }
    let timer = duration(story.timer_ns as f64);
    let _ = writeln!(out, "  The timer costs {timer} of each figure.");
    out
}

fn bots(story: &Story, drawn: bool) -> String {
    grouped(story.won_by(true, drawn))
}

fn share(story: &Story, bots: bool) -> String {
    let record = &story.record;
    let (won, all) = (record.won(bots), record.won(false) + record.won(true));
    format!("{} ({})", grouped(won), percent(won, all))
}

fn drawn(story: &Story) -> u64 {
    story.record.drawn(false) + story.record.drawn(true)
}

fn knew(story: &Story, share: usize) -> String {
    match story.knew_ms(share) {
        Some(0) => "at once".to_owned(),
        Some(ms) => millis(ms),
        None => "–".to_owned(),
    }
}

fn latency(latency: &Latency) -> String {
    if latency.count() == 0 {
        return "–".to_owned();
    }
    let [p50, p99, ..] = quantiles(latency).map(|ns| duration(ns as f64));
    format!("{p50}, {p99}")
}
