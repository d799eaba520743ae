//! How long an answer takes, noes and yeses apart.

use super::plot::{Frame, LEFT, NO, RIGHT, Scale, Side, Svg, WIDTH, YES, plain};
use crate::figures::{counted, grouped};
use crate::latency::Latency;
use crate::story::{Story, duration, rough};
use crate::table::quantiles;

pub(super) fn latency_caption(story: &Story) -> String {
    let rate = |latency: &Latency| rough(1e9 / latency.mean_ns().max(1.0));
    format!(
        "Each call of the engine was timed from outside, with {} calling at once. Reading the timer \
         takes {} of each figure; nothing was subtracted. The longest times are mostly those of \
         threads that the machine put aside in the middle of a call. A thread that did nothing else \
         would get about {} noes a second.",
        counted(story.options.threads as u64, "thread", "threads"),
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
            y: Scale::up_to(most * 1.15),
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
            decade,
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
        let said = format!("{name} within {}", duration(ns as f64));
        if x + 150.0 < frame.right() {
            svg.text((x + 6.0, y), Side::Start, "strong", said);
        } else {
            svg.text((x - 6.0, y), Side::End, "strong", said);
        }
    }
}
