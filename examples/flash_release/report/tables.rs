//! What is better read than seen: the holds, the sessions, and how all this was done.

use std::fmt::Write;

use super::{escape, heading};
use crate::cli::Kind;
use crate::crowd::{ASKING_MS, PAPERS};
use crate::figures::{counted, grouped};
use crate::hospital::HOLD_TTL_MS;
use crate::story::{Story, duration, millis, percent, rough};
use crate::timeline::sold_out_at;

const WANTED_ROWS: usize = 10;

const FIGURES: &str = "The size of the default morning (1,009 first-visit slots, 200,000 requests in the first \
     minute, more than 20,000 a second at the peak) follows press figures for one dental hospital, \
     2022; 100 requests a second for each bot, press figures for a children’s hospital, 2024. Who \
     pays, gives back or walks away is assumed.";
const BOOKS: &str = "“Sold twice” and “lost” are counted by the clients, from the answers they got, and compared \
     with what the engine says is free and booked, with its statistics and with its own audit.";

const DRAW: &str = "Each session is a draw of its own, with the settings recommended: entry from the opening on until \
     hardly anybody comes any more (3 to 20 s), three of a device in the first tier. The service lets a patient wait in \
     one draw at a time; people enter for the session they want most, bots with each of their papers for the one that \
     the client behind it wants, by the same taste. Whoever loses may look for what comes back, first come.";
const CHECKED: &str = "The commitments were noted before the opening. Afterwards each draw was done again from its transcript, \
     as anybody can, and each patient’s receipt was looked up in it: won or lost there as the patient was told.";

pub(super) fn holds_caption(story: &Story) -> String {
    let (holds, slots) = (grouped(story.record.yes.count()), grouped(story.on_sale()));
    let again = counted(story.sold_again(), "time", "times");
    format!(
        "{holds} holds were granted on {slots} slots: {again} a slot was sold again after a first holder had let it go."
    )
}

pub(super) fn holds(story: &Story) -> String {
    let ends = story.ends();
    let all = story.record.yes.count();
    let rows = [
        (
            "paid in time and booked",
            "按时支付",
            ends.paid - ends.paid_late,
        ),
        (
            "paid too late, but nobody else had the slot by then: booked",
            "迟到支付，号仍在",
            ends.paid_late,
        ),
        (
            "paid too late, the slot was somebody else’s: the money goes back",
            "迟到支付，退款",
            ends.refunded,
        ),
        ("given back by the patient", "主动释放", ends.released),
        ("ran out: nobody paid", "超时未付", ends.ran_out),
    ];
    let mut html = String::from(
        "<table>\n<tr><th>what became of it</th><th></th><th class=\"n\">holds</th><th class=\"n\">share</th></tr>\n",
    );
    for (english, chinese, count) in rows {
        let (count, share) = (grouped(count), percent(count, all));
        let _ = writeln!(
            html,
            "<tr><td>{english}</td><td lang=\"zh\">{chinese}</td><td class=\"n\">{count}</td><td class=\"n\">{share}</td></tr>"
        );
    }
    html.push_str("</table>\n");
    html
}

pub(super) fn wanted_caption(_: &Story) -> String {
    "Requests for each session; one that named several sessions counts for the first. What people \
     want is assumed: the fewer slots a session has, the more people want it."
        .to_owned()
}

pub(super) fn wanted(story: &Story) -> String {
    let (hospital, record) = (&story.hospital, &story.record);
    let capacities: Vec<u32> = hospital
        .periods
        .iter()
        .map(|period| period.capacity)
        .collect();
    let gone = sold_out_at(&record.sales, &capacities);
    let mut ranked: Vec<usize> = (0..capacities.len())
        .filter(|period| record.wanted[*period] > 0)
        .collect();
    ranked.sort_by_key(|period| std::cmp::Reverse(record.wanted[*period]));
    let mut html = String::from(
        "<table>\n<tr><th>session</th><th class=\"n\">slots</th><th class=\"n\">requests</th><th class=\"n\">for each \
         slot</th><th class=\"n\">first sold out after</th></tr>\n",
    );
    for period in ranked.into_iter().take(WANTED_ROWS) {
        let (slots, requests) = (u64::from(capacities[period]), record.wanted[period]);
        let after = gone[period].map_or("never".to_owned(), millis);
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{after}</td></tr>",
            escape(&hospital.name(period)),
            grouped(slots),
            grouped(requests),
            grouped(requests / slots.max(1))
        );
    }
    html.push_str("</table>\n");
    html
}

pub(super) fn conditions(stories: &[Story]) -> String {
    let Some(story) = stories.first() else {
        return String::new();
    };
    let options = &story.options;
    let crowd = format!(
        "{}, who arrive as people do (median 3 s, one in ten eager), ask again, and in part keep \
         looking; {} that ask 100 times a second each for the first five seconds and once a second \
         from then on, with the papers of {PAPERS} patients each. Nobody asks later than {} s after \
         the opening.",
        counted(u64::from(options.people), "person", "people"),
        counted(u64::from(options.bots), "bot", "bots"),
        ASKING_MS / 1_000
    );
    let time = format!(
        "Run {} with {}, seed {}. In simulated time the clock stands still while all threads race \
         for what is due in one millisecond (in ten, after the first second). A hold lasts {} s.",
        story.pace(),
        counted(options.threads as u64, "thread", "threads"),
        options.seed,
        HOLD_TTL_MS / 1_000
    );
    let speed = |story: &Story| {
        format!(
            "{} requests a second: all {}, by the {} that the threads worked together, times the \
             threads that the machine runs at once. Everything that the simulated clients do \
             themselves is included, waiting for the clock and for other threads is left out. The \
             whole run took {}.",
            rough(story.requests_per_s()),
            grouped(story.record.requests()),
            duration(story.record.worked_ns as f64),
            duration(story.elapsed_ns as f64)
        )
    };
    let mut rows = vec![
        ("crowd", crowd),
        ("figures", FIGURES.to_owned()),
        ("time", time),
    ];
    for story in stories {
        let name = match story.kind {
            Kind::FirstCome => "speed",
            Kind::Lottery => "speed, by the draw",
        };
        rows.push((name, speed(story)));
    }
    rows.push(("books", BOOKS.to_owned()));
    if stories.iter().any(|story| story.kind == Kind::Lottery) {
        rows.push(("draw", DRAW.to_owned()));
        rows.push(("check of the draws", CHECKED.to_owned()));
    }
    let mut html = format!(
        "<section id=\"conditions\">\n{}<table>\n",
        heading("How this was done", "测试条件")
    );
    for (name, text) in rows {
        let _ = writeln!(html, "<tr><th>{name}</th><td>{text}</td></tr>");
    }
    html.push_str("</table>\n</section>\n");
    html
}
