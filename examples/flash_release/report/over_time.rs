//! The morning over time: what was left, and the yeses and noes of each second.

use super::plot::{
    BOOKED, FREE, Frame, HELD, LEFT, NO, RIGHT, Scale, Side, Svg, WIDTH, YES, plain, step,
};
use crate::cli::Kind;
use crate::crowd::ASKING_MS;
use crate::figures::grouped;
use crate::hospital::HOLD_TTL_MS;
use crate::story::{Story, millis, percent};
use crate::tally::{FIRST_SECOND, YesNo};
use crate::timeline::{Standing, timeline};

const TTL_S: u64 = HOLD_TTL_MS / 1_000;

/// The last instant in the pictures: the last hold has run out by then.
fn end_ms() -> f64 {
    ASKING_MS as f64 + HOLD_TTL_MS as f64
}

pub(super) fn slots_left_caption(story: &Story) -> String {
    let gone = story.gone_at();
    let gone = gone.map_or("There were slots left at every moment".to_owned(), |gone| {
        format!("The last slot was gone {} after the opening", millis(gone))
    });
    format!(
        "{gone}. A hold keeps a slot for {TTL_S} seconds while its patient pays; what nobody paid \
         for in time came back and was sold to somebody else. (A real hold lasts some 15 minutes; \
         it is short here so that the run shows this.)"
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
    stack(&mut svg, &first, &standings, 1.0, "slots");
    first.x_axis(
        &mut svg,
        "the beginning, in milliseconds after the opening",
        plain,
    );
    stack(&mut svg, &whole, &standings, 1_000.0, "slots");
    whole.x_axis(
        &mut svg,
        "the whole run, in seconds after the opening",
        plain,
    );
    svg.finish()
}

/// The whole run, in a frame at (left, top) of that width and height.
pub(super) fn whole_run(
    svg: &mut Svg,
    story: &Story,
    (left, top, width, height): (f64, f64, f64, f64),
    name: &str,
) {
    let frame = Frame {
        left,
        top,
        width,
        height,
        x: Scale::Linear {
            from: 0.0,
            to: end_ms() / 1_000.0,
        },
        y: Scale::up_to(story.on_sale() as f64),
    };
    let standings = timeline(&story.record.sales, story.on_sale());
    stack(svg, &frame, &standings, 1_000.0, name);
    frame.x_axis(svg, "seconds after the opening", plain);
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
fn stack(svg: &mut Svg, frame: &Frame, standings: &[Standing], unit: f64, name: &str) {
    frame.y_axis(svg, name, plain);
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
        "Of {} requests {} got a no: {}.{} Whoever asks after the rush finds something only when a \
         hold was given back or ran out, the first unpaid ones {TTL_S} seconds after {}.",
        grouped(requests),
        percent(record.no.count(), requests),
        codes(story),
        match (story.kind, record.place.count()) {
            (Kind::FirstCome, _) => String::new(),
            (Kind::Lottery, places) => format!(
                " {} were given a place in a draw: {} a new one, the others the one that they had. The yeses of the draw answer \
                 no request: each patient is told when the window closes.",
                grouped(places),
                grouped(record.entries.len() as u64)
            ),
        },
        match story.kind {
            Kind::FirstCome => "the opening",
            Kind::Lottery => "the draw",
        }
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
    let lottery = story.kind == Kind::Lottery;
    let height = if lottery { 640.0 } else { 440.0 };
    let mut svg = Svg::new(WIDTH, height, "Requests refused and granted in each second");
    let seconds = &story.record.seconds;
    let no = bars(
        &mut svg,
        (30.0, 170.0),
        ("no, requests a second 拒绝", NO),
        seconds,
        |second| second.no,
    );
    no.x_axis(&mut svg, "", plain);
    let yes = bars(
        &mut svg,
        (260.0, 130.0),
        ("yes, holds a second 成功", YES),
        seconds,
        |second| second.yes,
    );
    yes.x_axis(
        &mut svg,
        if lottery {
            ""
        } else {
            "seconds after the opening"
        },
        plain,
    );
    if lottery {
        let place = bars(
            &mut svg,
            (460.0, 130.0),
            ("a place in the draw, requests a second 排队", HELD),
            seconds,
            |second| second.place,
        );
        place.x_axis(&mut svg, "seconds after the opening", plain);
    }
    let again = seconds
        .get((TTL_S as i64 - FIRST_SECOND) as usize)
        .map_or(0, |second| second.yes);
    if again > 0 && !lottery {
        let at = (yes.at_x(TTL_S as f64 + 1.0) + 8.0, yes.bottom() - 24.0);
        let said = format!("{} when the first unpaid holds run out", grouped(again));
        svg.text(at, Side::Start, "strong", said);
    }
    svg.finish()
}

/// A bar for each second, and the highest one's figure beside it.
fn bars(
    svg: &mut Svg,
    (top, height): (f64, f64),
    (name, colour): (&str, &str),
    seconds: &[YesNo],
    count: fn(&YesNo) -> u64,
) -> Frame {
    let max = seconds.iter().map(count).max().unwrap_or(0);
    let x = Scale::Linear {
        from: FIRST_SECOND as f64,
        to: ASKING_MS as f64 / 1_000.0,
    };
    let width = WIDTH - LEFT - RIGHT;
    let frame = Frame {
        left: LEFT,
        top,
        width,
        height,
        x,
        y: Scale::up_to(max as f64),
    };
    frame.y_axis(svg, name, plain);
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
    frame
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
