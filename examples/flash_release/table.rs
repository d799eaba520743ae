//! The morning on a terminal: a summary for people, one line of JSON for programs.

mod both;

pub(crate) use both::{WHO, name as opening_name};

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::Kind;
use crate::figures::{counted, grouped};
use crate::latency::Latency;
use crate::story::{Story, duration, percent, rough};

/// The summary, ready to be printed.
pub(crate) fn summary(stories: &[Story], report: &Path) -> String {
    let mut out = match stories {
        [story] => alone(story),
        _ => both::summary(stories),
    };
    for story in stories {
        let which = if stories.len() > 1 {
            format!("{}: ", both::name(story))
        } else {
            String::new()
        };
        let _ = writeln!(out, "\n  {which}{}", story.verdict_sentence());
        for remark in &story.verdict.remarks {
            let _ = writeln!(out, "  ! {remark}");
        }
    }
    let _ = writeln!(out, "  The picture: {}", report.display());
    out
}

/// One morning.
fn alone(story: &Story) -> String {
    let mut out = String::new();
    let mut line = |label: &str, text: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {label:<11} {text}");
    };
    let (hospital, record, options) = (&story.hospital, &story.record, &story.options);
    line("hospital", format!("{}, {}", hospital.title, slots(story)));
    let threads = counted(options.threads as u64, "thread", "threads");
    line(
        "run",
        format!("{}, {threads}, seed {}", story.pace(), options.seed),
    );
    let (people, bots) = (u64::from(options.people), u64::from(options.bots));
    line(
        "crowd",
        format!(
            "{}, {}",
            counted(people, "person", "people"),
            counted(bots, "bot", "bots")
        ),
    );
    if story.kind == Kind::Lottery {
        line("opening", story.opening().to_owned());
    }
    let (minute, peak) = (grouped(record.first_minute()), grouped(record.peak()));
    let requests = grouped(record.requests());
    line(
        "requests",
        format!("{requests}: {minute} in the first minute, {peak} in the busiest second"),
    );
    let ends = story.ends();
    line(
        "holds",
        format!(
            "{}: {} paid, {} of them late",
            grouped(record.yes.count()),
            grouped(ends.paid),
            grouped(ends.paid_late)
        ),
    );
    let (released, ran_out, refunded) = (
        grouped(ends.released),
        grouped(ends.ran_out),
        grouped(ends.refunded),
    );
    line(
        "",
        format!("{released} given back, {ran_out} ran out, {refunded} paid too late and refunded"),
    );
    line(
        "",
        format!(
            "{} sold again",
            counted(story.sold_again(), "slot was", "slots were")
        ),
    );
    if let Some(draws) = story.draws {
        let (bots, people) = (record.drawn(true), record.drawn(false));
        let drawn = counted(draws.drawn, "draw", "draws");
        let entries = counted(draws.entries, "entry", "entries");
        line(
            "drawn",
            format!(
                "{drawn} with {entries}: {} slots to people, {} to bots",
                grouped(people),
                grouped(bots)
            ),
        );
    }
    line("refused", refused(story));
    out.push('\n');
    latencies(story, &mut out);
    out.push('\n');
    who(story, &mut out);
    out
}

/// "1,009 slots in 75 sessions of 47 calendars; 20 were taken elsewhere before the opening"
pub(crate) fn slots(story: &Story) -> String {
    let hospital = &story.hospital;
    let sessions = counted(hospital.periods.len() as u64, "session", "sessions");
    let calendars = counted(hospital.calendars.len() as u64, "calendar", "calendars");
    let mut text = format!(
        "{} in {sessions} of {calendars}",
        counted(hospital.capacity(), "slot", "slots")
    );
    if hospital.taken() > 0 {
        let _ = write!(
            text,
            "; {} taken elsewhere before the opening",
            counted(hospital.taken(), "was", "were")
        );
    }
    if hospital.entered_in_error > 0 {
        let left_out = counted(u64::from(hospital.entered_in_error), "entry", "entries");
        let _ = write!(text, "; {left_out} marked as errors left out");
    }
    text
}

fn refused(story: &Story) -> String {
    let codes: Vec<String> = story
        .record
        .refused
        .iter()
        .map(|(code, count)| format!("{} {code}", grouped(*count)))
        .collect();
    format!("{}: {}", grouped(story.record.no.count()), codes.join(", "))
}

fn latencies(story: &Story, out: &mut String) {
    let _ = writeln!(
        out,
        "  one call    {:>11}{:>11}{:>11}{:>11}{:>11}",
        "calls", "p50", "p99", "p99.9", "max"
    );
    let (yes, no, place) = (&story.record.yes, &story.record.no, &story.record.place);
    let rows = [("yes", yes), ("no", no), ("a place", place)];
    for (name, latency) in rows
        .into_iter()
        .filter(|(name, it)| *name != "a place" || it.count() > 0)
    {
        let calls = grouped(latency.count());
        let [p50, p99, p999, max] = quantiles(latency).map(|ns| duration(ns as f64));
        let _ = writeln!(
            out,
            "  {name:<11} {calls:>11}{p50:>11}{p99:>11}{p999:>11}{max:>11}"
        );
    }
    let rate = rough(story.requests_per_s());
    let elapsed = duration(story.elapsed_ns as f64);
    let timer = duration(story.timer_ns as f64);
    let _ = writeln!(
        out,
        "  {rate} requests/s with the clients' own work; the run took {elapsed}; the timer costs {timer} of each figure"
    );
}

fn who(story: &Story, out: &mut String) {
    let (record, options) = (&story.record, &story.options);
    let _ = writeln!(out, "  who got what      people       bots");
    for (name, people, bots) in [
        ("patients", u64::from(options.people), story.papers()),
        ("requests", record.people.requests, record.bots.requests),
        ("slots", record.won(false), record.won(true)),
    ] {
        let share = percent(bots, people + bots);
        let (people, bots) = (grouped(people), grouped(bots));
        let _ = writeln!(
            out,
            "  {name:<11} {people:>12}{bots:>11}   bots have {share}"
        );
    }
}

/// p50, p99, p99.9 and the longest, in nanoseconds.
pub(crate) fn quantiles(latency: &Latency) -> [u64; 4] {
    let at = |percent| latency.percentile_ns(percent);
    [at(50.0), at(99.0), at(99.9), latency.max_ns()]
}

/// The morning as one line of JSON.
pub(crate) fn json(story: &Story) -> Value {
    let (record, verdict) = (&story.record, &story.verdict);
    let latency = |latency: &Latency| {
        let [p50, p99, p999, max] = quantiles(latency);
        json!({ "p50_ns": p50, "p99_ns": p99, "p999_ns": p999, "max_ns": max })
    };
    let draws = story.draws.as_ref();
    json!({
        "schedules": story.hospital.periods.len(),
        "capacity": story.hospital.capacity(),
        "taken_elsewhere": story.hospital.taken(),
        "requests": record.requests(),
        "first_minute": record.first_minute(),
        "peak_per_s": record.peak(),
        "held": record.yes.count(),
        "confirmed": story.ends().paid,
        "refused": record.refused,
        "double_booked": verdict.double_booked,
        "lost": verdict.lost,
        "consistent": verdict.consistent,
        "requests_per_s": story.requests_per_s().round(),
        "yes": latency(&record.yes),
        "no": latency(&record.no),
        "opening": story.kind.name(),
        "people_won": record.won(false),
        "bots_won": record.won(true),
        "advantage": story.advantage(),
        "drawn": draws.map(|draws| draws.drawn),
        "entries": draws.map(|draws| draws.entries),
        "verified": draws.map(|draws| draws.verified),
        "waiting": draws.map(|_| record.place.count()),
        "held_by_draw": draws.map(|_| record.drawn(false) + record.drawn(true)),
        "place": draws.map(|_| latency(&record.place)),
    })
}
