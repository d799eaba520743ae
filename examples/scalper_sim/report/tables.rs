//! What is better read than seen: every figure beside its reference, and how all this was done.

use std::fmt::Write;

use crate::Found;
use crate::cli::Options;
use crate::goals;
use crate::study::Cell;
use crate::table::size;
use crate::table::{PLOY, gains, shown, within};

pub(super) const CAPTION: &str = "Means over populations; ± is a 95 % interval (Student’s t). Below, in brackets, what an independent simulation of the same \
     scenario says. J is Jain’s index of the people’s chances: 1 if all have the same.";

pub(super) fn figures(cells: &[Cell], options: &Options) -> String {
    let mut html = String::from("<table>\n<tr><th>opening</th><th>attack</th>");
    for figure in shown() {
        let _ = write!(html, "<th class=\"n\">{}</th>", figure.heading);
    }
    html.push_str("<th class=\"n\">within</th></tr>\n");
    for cell in cells {
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td>",
            cell.mechanism.what, cell.attack.name
        );
        for figure in shown() {
            let text = figure.text(figure.estimate(cell));
            let _ = write!(html, "<td class=\"n\">{text}");
            if let Some(band) = figure.band(cell) {
                let _ = write!(html, "<br>({})", band.said);
            }
            html.push_str("</td>");
        }
        let within = match within(cell, options) {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "",
        };
        let _ = writeln!(html, "<td class=\"n\">{within}</td></tr>");
    }
    html.push_str("</table>\n");
    html
}

pub(super) const GOALS: &str = "What is wanted of the ways to open that do better, at the worst of the attacks that each goal names; of a scenario, all of the interval must be within. A question mark: too few trials to \
     tell.";

pub(super) fn goals(found: &Found, options: &Options) -> String {
    let mut html = String::from(
        "<table>\n<tr><th>goal</th><th class=\"n\">wanted</th><th class=\"n\">measured</th><th class=\"n\">met</th></tr>\n",
    );
    for goal in goals::judged(found, &options.size) {
        let met = goal.mark();
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{met}</td></tr>",
            goal.what, goal.wanted, goal.measured
        );
    }
    html.push_str("</table>\n");
    html
}

pub(super) const PLOYS: &str = "What else a scalper can try who knows how the recommended draw works, and what it gains: slots of the fifty of an opening, and how many times as likely one of his identities is \
     to win as one of the people. Only more devices help, with three identities each or fewer, and then each is about as likely to win as anybody: what is left is what a real identity costs. Whom he enters from his own devices, too, to \
     have them taken for suspects, loses nothing. Where he gives up what he won for his clients, the slots are those that they have in the end.";

pub(super) fn ploys(ploys: &[Cell]) -> String {
    let mut html = String::from("<table>\n<tr><th>ploy</th><th></th>");
    for heading in PLOY {
        let _ = write!(html, "<th class=\"n\">{heading}</th>");
    }
    html.push_str("</tr>\n");
    for ploy in ploys {
        let attack = ploy.attack;
        let _ = write!(
            html,
            "<tr><td>{}<br><span lang=\"zh\">{}</span></td><td>{}</td>",
            attack.name.replace('_', " "),
            attack.chinese,
            attack.what
        );
        for said in gains(ploy) {
            let _ = write!(html, "<td class=\"n\">{said}</td>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
    html
}

const PEOPLE: &str = "Nine in ten come around a time of their own (medians spread log-normally about 3 s) and ask four times with 1 to 4 s between. One in \
     ten is eager: presses at 0.3 to 0.6 s, one in five of these within 0.2 s on a hunch, then about every quarter of a second, fifteen times in all. Whoever is served \
     stops. Who is what is drawn once for each population, when they ask anew for each trial.";
const SCALPER: &str = "Naive scripts begin within 5 ms and ask a hundred times, every 10 ms. Disguised ones begin at 0.15 to 0.6 s and ask three times, as quick \
     people would. Each identity is a real one and may have one slot.";
const ENGINE: &str = "Each trial is an engine of its own on a clock set by hand to the millisecond of each request; requests of one millisecond come in the order of \
     their nanoseconds. Who is given a slot confirms at once. After each trial the engine’s books are audited and compared with what was won. Networks take no time.";
const DRAWN: &str = "Whoever asks in the window has one entry, and at its close the ranks decide. Who waits and asks again has the same entry, so those requests are sent only where it is looked at how one \
     asks. Winners confirm at once. With entry ten minutes ahead everybody comes when entry begins as they else would at the opening.";
const LIMITED: &str = "One request a second for each patient, three at once; two for each device, five at once; fifty for each network, a hundred at once. Only requests that \
     could have a slot are counted.";
const SLOWED: &str = "With a slow queue, whoever behaves like a script by the time of a request (500 points of 1,000) waits for a turn, one a second from the third second on.";
const GIVEN_UP: &str = "The first slot is given up an hour after the opening, one a minute from then on. Thirty people look in at random, 0.75 times a second together. Where a slot is free at once the scalper’s script asks \
     2 to 20 ms later; after a delay twenty scripts ask a hundred times a second each, from 20 ms before the slot returns. On a waitlist are 950 people, or all who got nothing, and the clients, fifty if nothing else is said, each with a phone of \
     their own; where clients share devices there are twenty of these.";
const HOARDED: &str = "Each day a thousand of 30,000 people ask for fifty slots, and the scalper’s two hundred identities, those that gave up least in the last thirty days, from a device each. He gives up all that he wins; \
     one in twelve of the people who win gives up, too. One engine goes through all days.";
const LIMITED_MEMORY: &str = "Requests come at random, with supply enough that each could have a slot, which is given back at once. A study of less than the full size has a sixty-fourth of the keys and of the memory.";
const QUEUED: &str = "All devices, those of the people too, are marked as suspects, so that everybody is in the queue; nothing else is held against anybody. Flooding: twenty devices push 10,000 identities in the first second and 30,000 more \
     from 7.5 to 30 s, 500 people come within 30 s.";
const LIMITS: &str = "How people arrive is assumed, not measured. How far ahead scripts are depends on the few people who press early by luck: judge by many \
     populations, never by one.";

pub(super) fn conditions(options: &Options) -> String {
    let size = size(options);
    let rows = [
        ("size", size.as_str()),
        ("people", PEOPLE),
        ("scalper", SCALPER),
        ("engine", ENGINE),
        ("draw", DRAWN),
        ("limits", LIMITED),
        ("slow queue at an opening", SLOWED),
        ("given up", GIVEN_UP),
        ("hoarding", HOARDED),
        ("the slow queue alone", QUEUED),
        ("limit in fixed memory", LIMITED_MEMORY),
        ("what for", LIMITS),
    ];
    let mut html = String::from("<table>\n");
    for (name, text) in rows {
        let _ = writeln!(html, "<tr><th>{name}</th><td>{text}</td></tr>");
    }
    html.push_str("</table>\n");
    html
}
