//! What being fast is worth, by how long the window is open: the formula as a line, the engine as dots.

use super::plot::{BOTS, Frame, LEFT, NO, RIGHT, Scale, Side, Svg, WIDTH, plain};
use crate::formula;
use crate::habit::Habit;
use crate::study::Cell;

pub(super) const CAPTION: &str = "If all who ask within a window are drawn among, a scalper who is there from the first moment gains only by those people who come too late for it: the line is \
     the share of his identities that is in by then ÷ the share of the people. The dots are the engine, with 95 % intervals. From ten seconds on, speed is worth next to nothing.";

const FROM_S: f64 = 0.3;
const TO_S: f64 = 40.0;

const KINDS: [(Habit, &str, &str); 2] = [
    (Habit::Script, "naive scripts 普通脚本", BOTS),
    (Habit::Disguised, "disguised scripts 仿真人脚本", NO),
];

pub(super) fn picture(cells: &[Cell]) -> String {
    let frame = Frame {
        left: LEFT,
        top: 62.0,
        width: WIDTH - LEFT - RIGHT,
        height: 280.0,
        x: Scale::Log {
            from: FROM_S,
            to: TO_S,
        },
        y: Scale::Linear {
            from: 0.0,
            to: 12.0,
        },
    };
    let label = "The scalper's advantage against the length of the window";
    let mut svg = Svg::new(WIDTH, frame.bottom() + 56.0, label);
    frame.y_axis(&mut svg, "advantage, times 优势倍数", plain);
    let names: Vec<(&str, &str)> = KINDS
        .iter()
        .map(|(_, name, colour)| (*name, *colour))
        .collect();
    svg.legend((LEFT, 16.0), &names);
    let one = frame.at_y(1.0);
    svg.line((frame.left, one), (frame.right(), one), "mark");
    svg.text(
        (frame.left + 6.0, one - 6.0),
        Side::Start,
        "soft",
        "no gain 无优势",
    );
    for (habit, _, colour) in KINDS {
        let point = |step: u32| {
            let t = FROM_S * (TO_S / FROM_S).powf(f64::from(step) / 200.0);
            let worth = formula::advantage_after(habit, t);
            (worth <= 12.0).then(|| (frame.at_x(t), frame.at_y(worth)))
        };
        let points: Vec<(f64, f64)> = (0..=200).filter_map(point).collect();
        svg.curve(&points, colour);
    }
    for cell in cells {
        dot(&mut svg, &frame, cell);
    }
    let seconds = |at: f64| format!("{} s", plain(at));
    frame.x_axis_at(
        &mut svg,
        "length of the window (logarithmic) 窗口长度",
        &[0.5, 1.0, 2.0, 5.0, 10.0, 30.0],
        seconds,
    );
    svg.finish()
}

/// Where a formula says what it must be, what it is.
fn dot(svg: &mut Svg, frame: &Frame, cell: &Cell) {
    let plain = formula::advantage(cell.mechanism, cell.attack);
    let seconds = cell
        .mechanism
        .window_s()
        .filter(|s| plain.is_some() && *s < TO_S);
    let estimate = cell.estimate(|measured| measured.advantage);
    let (Some(seconds), Some(estimate)) = (seconds, estimate) else {
        return;
    };
    let kind = KINDS.iter().find(|kind| kind.0 == cell.attack.habit);
    let colour = kind.map_or(BOTS, |kind| kind.2);
    // Beside each other, in the order of the attacks.
    let nth = cell
        .attack
        .name
        .trim_start_matches('A')
        .parse()
        .unwrap_or(0.0);
    let x = frame.at_x(seconds) + 5.0 * (nth - 2.0);
    if let Some(interval) = estimate.interval() {
        let ends = [interval.low, interval.high].map(|end| frame.at_y(end.clamp(0.0, 12.0)));
        svg.line((x, ends[0]), (x, ends[1]), "axis");
    }
    svg.dot((x, frame.at_y(estimate.mean.min(12.0))), 3.5, colour);
}
