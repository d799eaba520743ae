//! The four pictures.

use super::plot::{Frame, Scale, Side, Svg, plain, step};
use crate::crowd::ASKING_MS;
use crate::hospital::HOLD_TTL_MS;
use crate::latency::Latency;
use crate::story::{Story, duration, grouped, millis, percent};
use crate::table::quantiles;
use crate::tally::{FIRST_SECOND, YesNo};
use crate::timeline::{Standing, timeline};

const BOOKED: &str = "#0072b2";
const HELD: &str = "#56b4e9";
const FREE: &str = "#d7dde3";
const YES: &str = BOOKED;
const NO: &str = "#d55e00";
const PEOPLE: &str = "#009e73";
const BOTS: &str = "#cc79a7";

const WIDTH: f64 = 1_030.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 32.0;
const TTL_S: u64 = HOLD_TTL_MS / 1_000;

/// The last instant in the pictures: the last hold has run out by then.
fn end_ms() -> f64 {
    ASKING_MS as f64 + HOLD_TTL_MS as f64
}

pub(super) fn slots_left_caption(story: &Story) -> String {
    let standings = timeline(&story.record.sales, story.on_sale());
    let gone = standings.iter().find(|standing| standing.free <= 0);
    let gone = gone.map_or("There were slots left at every moment".to_owned(), |gone| {
        format!(
            "The last slot was gone {} after the opening",
            millis(gone.at)
        )
    });
    format!(
        "{gone}. A hold keeps a slot for {TTL_S} seconds while its patient pays; what nobody paid for in time came back and was \
         sold to somebody else. (A real hold lasts some 15 minutes; it is short here so that the run shows this.)"
    )
}

/// Free, held and booked, on top of each other: the first second, and all of the run.
pub(super) fn slots_left(story: &Story) -> String {
    let mut svg = Svg::new(WIDTH, 360.0, "Slots free, held and booked over time");
    let names = [
        ("free 可约", FREE),
        ("held, being paid for 锁号中", HELD),
        ("booked 已约", BOOKED),
    ];
    svg.legend((LEFT, 16.0), &names);
    let standings = timeline(&story.record.sales, story.on_sale());
    let y = Scale::up_to(story.on_sale() as f64);
    let frame = |left, width, to| Frame {
        left,
        top: 62.0,
        width,
        height: 240.0,
        x: Scale::Linear { from: 0.0, to },
        y,
    };
    let beginning = beginning_ms(&standings);
    let first = frame(LEFT, 380.0, beginning);
    let whole = frame(
        LEFT + 450.0,
        WIDTH - LEFT - 450.0 - RIGHT,
        end_ms() / 1_000.0,
    );
    stack(&mut svg, &first, &standings, 1.0);
    first.x_axis(
        &mut svg,
        "the beginning, in milliseconds after the opening",
        plain,
    );
    stack(&mut svg, &whole, &standings, 1_000.0);
    whole.x_axis(
        &mut svg,
        "the whole run, in seconds after the opening",
        plain,
    );
    svg.finish()
}

/// How long the beginning is: a round time, half again as long as it took until nothing was left.
fn beginning_ms(standings: &[Standing]) -> f64 {
    let gone = standings
        .iter()
        .find(|standing| standing.free <= 0)
        .map_or(400, |standing| standing.at);
    step(gone.clamp(50, 10_000) as f64 * 1.5, 1.0)
}

/// `unit`: milliseconds in one of the x axis.
fn stack(svg: &mut Svg, frame: &Frame, standings: &[Standing], unit: f64) {
    frame.y_axis(svg, "slots", plain);
    // One step for each half of a pixel is all that can be seen.
    let mut seen: Vec<(f64, Standing)> = Vec::new();
    for standing in standings {
        let x = (frame.at_x((standing.at.max(0) as f64) / unit) * 2.0).round() / 2.0;
        if x > frame.right() {
            break;
        }
        match seen.last_mut() {
            Some((at, last)) if *at >= x => *last = *standing,
            _ => seen.push((x, *standing)),
        }
    }
    let mut layer = |fill, part: fn(&Standing) -> (i64, i64)| {
        let step = |&(x, ref standing): &(f64, Standing)| {
            let (lower, upper) = part(standing);
            (x, frame.at_y(lower as f64), frame.at_y(upper as f64))
        };
        let steps: Vec<_> = seen.iter().map(step).collect();
        svg.steps(&steps, frame.right(), fill);
    };
    layer(BOOKED, |now| (0, now.booked));
    layer(HELD, |now| (now.booked, now.booked + now.held));
    layer(FREE, |now| {
        (now.booked + now.held, now.booked + now.held + now.free)
    });
}

pub(super) fn seconds_caption(story: &Story) -> String {
    let (record, requests) = (&story.record, story.record.requests());
    format!(
        "Of {} requests {} got a no: {}. Whoever asks after the rush finds something only when a hold was given back or ran out, the \
         first unpaid ones {TTL_S} seconds after the opening.",
        grouped(requests),
        percent(record.no.count(), requests),
        codes(story)
    )
}

/// "308 not open, 243,827 sold out"
fn codes(story: &Story) -> String {
    let said =
        |(code, count): (&&str, &u64)| format!("{} “{}”", grouped(*count), code.replace('_', " "));
    story
        .record
        .refused
        .iter()
        .map(said)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Noes above, yeses below, a bar a second.
pub(super) fn seconds(story: &Story) -> String {
    let mut svg = Svg::new(WIDTH, 440.0, "Requests refused and granted in each second");
    let x = Scale::Linear {
        from: FIRST_SECOND as f64,
        to: ASKING_MS as f64 / 1_000.0,
    };
    let mut panel = |top, height, name, colour, last, count: fn(&YesNo) -> u64| {
        let seconds = &story.record.seconds;
        let max = seconds.iter().map(count).max().unwrap_or(0);
        let frame = Frame {
            left: LEFT,
            top,
            width: WIDTH - LEFT - RIGHT,
            height,
            x,
            y: Scale::up_to(max as f64),
        };
        frame.y_axis(&mut svg, name, plain);
        for (second, counted) in (FIRST_SECOND..).zip(seconds) {
            let (from, to) = (frame.at_x(second as f64), frame.at_x(second as f64 + 1.0));
            let top = frame.at_y(count(counted) as f64);
            svg.rect(
                (from + 0.5, top),
                (to - from - 1.0, frame.bottom() - top),
                colour,
            );
        }
        if let Some((at, high)) = peak(seconds, count) {
            let said = format!("{} between {at} and {} s", grouped(max), at + 1);
            svg.text(
                (frame.at_x(high as f64) + 8.0, top + 14.0),
                Side::Start,
                "strong",
                said,
            );
        }
        frame.x_axis(
            &mut svg,
            if last {
                "seconds after the opening"
            } else {
                ""
            },
            plain,
        );
    };
    panel(
        30.0,
        170.0,
        "no, requests a second 拒绝",
        NO,
        false,
        |second| second.no,
    );
    panel(
        260.0,
        130.0,
        "yes, holds a second 成功",
        YES,
        true,
        |second| second.yes,
    );
    svg.finish()
}

/// The second in which most came, and where its neighbours have become low enough for a text beside them.
fn peak(seconds: &[YesNo], count: fn(&YesNo) -> u64) -> Option<(i64, i64)> {
    let max = seconds.iter().map(count).max().filter(|max| *max > 0)?;
    let at = seconds.iter().position(|second| count(second) == max)?;
    let low = seconds[at..]
        .iter()
        .position(|second| count(second) * 10 < max * 7);
    let second = |index: usize| FIRST_SECOND + index as i64;
    Some((second(at), second(at + low.unwrap_or(seconds.len() - at))))
}

pub(super) fn latency_caption(story: &Story) -> String {
    let rate = |latency: &Latency| grouped((1e9 / latency.mean_ns().max(1.0)) as u64);
    format!(
        "Each call of the engine was timed from outside, with {} threads calling at once; reading the timer itself takes {} of each \
         figure, and nothing was subtracted. The longest times are those of threads that the machine put aside in the middle of a call. A \
         thread that did nothing else would get {} noes a second.",
        story.options.threads,
        duration(story.timer_ns as f64),
        rate(&story.record.no)
    )
}

/// The two distributions on one logarithmic axis of time.
pub(super) fn latency(story: &Story) -> String {
    let mut svg = Svg::new(
        WIDTH,
        520.0,
        "Distribution of the time that an answer takes, noes and yeses apart",
    );
    let (no, yes) = (&story.record.no, &story.record.yes);
    let longest = no.max_ns().max(yes.max_ns()).max(10_000) as f64;
    let x = Scale::Log {
        from: 10.0,
        to: 10_f64.powf((longest * 1.5).log10().ceil()),
    };
    let mut panel = |top, name: &str, colour, latency: &Latency, last| {
        let steps = latency.steps(20);
        let most = steps
            .iter()
            .map(|(_, _, share)| share * 100.0)
            .fold(1.0, f64::max);
        let frame = Frame {
            left: LEFT,
            top,
            width: WIDTH - LEFT - RIGHT,
            height: 170.0,
            x,
            y: Scale::up_to(most),
        };
        let name = format!("{name}: share of {} calls", grouped(latency.count()));
        frame.y_axis(&mut svg, &name, |share| format!("{} %", plain(share)));
        for (from, to, share) in steps {
            let (from, to) = (frame.at_x(from), frame.at_x(to));
            let top = frame.at_y(share * 100.0);
            svg.rect((from, top), (to - from - 0.8, frame.bottom() - top), colour);
        }
        if latency.count() > 0 {
            marks(&mut svg, &frame, latency);
        }
        frame.x_axis(
            &mut svg,
            if last {
                "time from call to answer (logarithmic)"
            } else {
                ""
            },
            |ns| decade(ns),
        );
    };
    panel(34.0, "no 拒绝", NO, no, false);
    panel(284.0, "yes 成功", YES, yes, true);
    svg.finish()
}

fn decade(ns: f64) -> String {
    let (value, unit) = match ns {
        ..999.0 => (ns, "ns"),
        ..999e3 => (ns / 1e3, "µs"),
        ..999e6 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    format!("{} {unit}", value.round())
}

/// Where half, 99 of 100, 999 of 1,000 and all calls are done; each label in a row of its own.
fn marks(svg: &mut Svg, frame: &Frame, latency: &Latency) {
    let names = ["half", "99 %", "99.9 %", "all"];
    for (row, (name, ns)) in names.into_iter().zip(quantiles(latency)).enumerate() {
        let (x, y) = (frame.at_x(ns as f64), frame.top + 14.0 + 20.0 * row as f64);
        svg.line((x, y - 10.0), (x, frame.bottom()), "mark");
        svg.text(
            (x + 6.0, y),
            Side::Start,
            "strong",
            format_args!("{name} within {}", duration(ns as f64)),
        );
    }
}

pub(super) fn who_caption(story: &Story) -> String {
    let (people, papers) = (u64::from(story.options.people), story.papers());
    let (slots, scalped) = (story.record.won(false), story.record.won(true));
    let mut text = "These schedules opened first come, first served. The engine sells every slot once, whoever asks; whom speed favours \
                    is up to the opening rule, and this one favours scripts."
        .to_owned();
    if people > 0 && papers > 0 && slots > 0 {
        let chance = |won: u64, of: u64| won as f64 / of as f64;
        let advantage = chance(scalped, papers) / chance(slots, people);
        text.push_str(&format!(
            " A patient whose papers a bot had was {advantage:.0} times as likely to get a slot as one who asked in person: {} against {}.",
            percent(scalped, papers),
            percent(slots, people)
        ));
    }
    text
}

/// People and bots: their shares of the patients, the requests and the slots.
pub(super) fn who(story: &Story) -> String {
    let mut svg = Svg::new(
        WIDTH,
        230.0,
        "Shares of people and bots in patients, requests and slots",
    );
    svg.legend(
        (150.0, 16.0),
        &[("people 患者本人", PEOPLE), ("bots 抢号程序", BOTS)],
    );
    let (record, options) = (&story.record, &story.options);
    let rows = [
        ("patients 就诊人", u64::from(options.people), story.papers()),
        (
            "requests 请求",
            record.people.requests,
            record.bots.requests,
        ),
        ("slots 号源", record.won(false), record.won(true)),
    ];
    let (left, width) = (150.0, WIDTH - 150.0 - RIGHT);
    for (row, (name, people, bots)) in rows.into_iter().enumerate() {
        let y = 62.0 + 62.0 * row as f64;
        svg.text((left - 12.0, y + 20.0), Side::End, "strong", name);
        let split = width * people as f64 / (people + bots).max(1) as f64;
        svg.rect((left, y), (split, 30.0), PEOPLE);
        svg.rect((left + split, y), (width - split, 30.0), BOTS);
        let said = |count| format!("{} ({})", grouped(count), percent(count, people + bots));
        svg.text(
            (left, y - 6.0),
            Side::Start,
            "",
            format_args!("people {}", said(people)),
        );
        svg.text(
            (left + width, y - 6.0),
            Side::End,
            "",
            format_args!("bots {}", said(bots)),
        );
    }
    svg.finish()
}
