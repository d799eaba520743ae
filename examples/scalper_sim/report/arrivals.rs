//! Why it is so: how many have asked by when, and when the slots were gone.

use super::plot::{BOTS, Frame, LEFT, NO, PEOPLE, RIGHT, Scale, Side, Svg, WIDTH, plain};
use crate::cli::Options;
use crate::crowd::Crowd;
use crate::habit::Habit;
use crate::study::Cell;

pub(super) const CAPTION: &str = "The curves say which share has asked for the first time by when; the dashed lines, when the last slot was gone under each \
     attack. Under first come, first served the race is over before nearly all people have asked.";

const FROM_S: f64 = 0.000_1;
const TO_S: f64 = 100.0;

pub(super) fn picture(cells: &[Cell], options: &Options) -> String {
    let frame = Frame {
        left: LEFT,
        top: 62.0,
        width: WIDTH - LEFT - RIGHT,
        height: 260.0,
        x: Scale::Log {
            from: FROM_S,
            to: TO_S,
        },
        y: Scale::Linear {
            from: 0.0,
            to: 100.0,
        },
    };
    let label = "Shares that have asked by when, and when the slots were gone";
    let mut svg = Svg::new(WIDTH, frame.bottom() + 50.0, label);
    frame.y_axis(&mut svg, "have asked, % 已来比例", plain);
    let mut legend = vec![("people 患者本人", PEOPLE)];
    let mut people = Vec::new();
    for (habit, name, colour) in [
        (Habit::Script, "naive scripts 普通脚本", BOTS),
        (Habit::Disguised, "disguised scripts 仿真人脚本", NO),
    ] {
        let by_habit = |cell: &&Cell| cell.attack.habit == habit && cell.attack.identities > 0;
        if let Some(cell) = cells.iter().find(by_habit) {
            let [_, scalper] = first_asks(cell, options);
            curve(&mut svg, &frame, scalper, colour);
            legend.push((name, colour));
        }
    }
    if let Some(cell) = cells.first() {
        [people, _] = first_asks(cell, options);
    }
    curve(&mut svg, &frame, people, PEOPLE);
    svg.legend((LEFT, 16.0), &legend);
    gone(&mut svg, &frame, cells);
    let seconds = |at: f64| match at {
        ..1.0 => format!("{} ms", plain(at * 1e3)),
        _ => format!("{} s", plain(at)),
    };
    frame.x_axis(&mut svg, "after the opening (logarithmic)", seconds);
    svg.finish()
}

/// A line for each attack, its name beside it, lower for each that follows.
fn gone(svg: &mut Svg, frame: &Frame, cells: &[Cell]) {
    for (row, cell) in cells.iter().enumerate() {
        let Some(gone) = cell.estimate(|measured| measured.sold_out_ms) else {
            continue;
        };
        let x = frame.at_x(gone.mean / 1e3);
        svg.line((x, frame.top), (x, frame.bottom()), "mark");
        let digits = if gone.mean < 10.0 { 1 } else { 0 };
        let said = format!("{}: {:.digits$} ms", cell.attack.name, gone.mean);
        let y = frame.top + 16.0 + 20.0 * row as f64;
        // The last line of all has room on its right.
        let (x, side) = match cell.attack.identities {
            0 => (x + 6.0, Side::Start),
            _ => (x - 6.0, Side::End),
        };
        svg.text((x, y), side, "strong", said);
    }
}

/// When people and scalper ask first, over all populations, one trial each, in the order of time.
fn first_asks(cell: &Cell, options: &Options) -> [Vec<f64>; 2] {
    let mut both = [Vec::new(), Vec::new()];
    for nth in 0..u64::from(options.size.populations) {
        let crowd = Crowd::gather(options.size.seed, nth, cell.attack);
        for (all, one) in both.iter_mut().zip(crowd.first_asks(0)) {
            all.extend(one);
        }
    }
    both.each_mut().map(|all| {
        all.sort_unstable_by(f64::total_cmp);
        std::mem::take(all)
    })
}

fn curve(svg: &mut Svg, frame: &Frame, instants: Vec<f64>, colour: &str) {
    let all = instants.len() as f64;
    // A point for each pixel is all that can be seen.
    let mut points: Vec<(f64, f64)> = vec![(frame.left, frame.bottom())];
    for (nth, at) in instants.into_iter().enumerate() {
        let point = (
            frame.at_x(at).round(),
            frame.at_y((nth as f64 + 1.0) / all * 100.0),
        );
        match points.last_mut() {
            Some(last) if last.0 == point.0 => *last = point,
            _ => points.push(point),
        }
    }
    points.push((frame.right(), frame.top));
    svg.curve(&points, colour);
}
