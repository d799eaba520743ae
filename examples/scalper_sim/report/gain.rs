//! The scalper's side: the advantage, population by population.

use super::plot::{BOTS, FREE, Frame, RIGHT, Scale, Side, Svg, WIDTH, plain};
use crate::reference::band;
use crate::study::Cell;

/// Room for the name of an attack.
pub(super) const NAMES: f64 = 64.0;
const ROW: f64 = 56.0;

pub(super) fn name(svg: &mut Svg, cell: &Cell, y: f64) {
    svg.text((NAMES - 12.0, y), Side::End, "strong", cell.attack.name);
}

pub(super) const ADVANTAGE: &str = "How many times as likely as one of the people an identity of the scalper is to win. A dot is one population, with the \
     95 % interval that its trials give; the upright line is their mean, and grey is where the reference says it must lie. One is no gain.";

const LEAST: f64 = 0.1;
const MOST: f64 = 100_000.0;

/// A row for each attack, on a logarithmic axis.
pub(super) fn advantage(cells: &[Cell]) -> String {
    let attacked: Vec<&Cell> = cells.iter().filter(|c| c.attack.identities > 0).collect();
    let frame = Frame {
        left: NAMES,
        top: 14.0,
        width: WIDTH - NAMES - RIGHT,
        height: ROW * attacked.len() as f64,
        x: Scale::Log {
            from: LEAST,
            to: MOST,
        },
        y: Scale::up_to(1.0),
    };
    let label = "The scalper's advantage in each population, by attack";
    let mut svg = Svg::new(WIDTH, frame.bottom() + 50.0, label);
    let at = |value: f64| frame.at_x(value.clamp(LEAST, MOST));
    for tick in frame.x.ticks(6.0) {
        let class = if tick == 1.0 { "axis" } else { "grid" };
        svg.line((at(tick), frame.top), (at(tick), frame.bottom()), class);
    }
    for (row, cell) in attacked.into_iter().enumerate() {
        let (top, middle) = (
            frame.top + ROW * row as f64,
            frame.top + ROW * (row as f64 + 0.5),
        );
        name(&mut svg, cell, middle + 5.0);
        if let Some(band) = band(cell.mechanism, cell.attack, "advantage") {
            let width = at(band.high) - at(band.low);
            svg.rect((at(band.low), top + 6.0), (width, ROW - 12.0), FREE);
        }
        let several = cell.populations.len().max(2) as f64 - 1.0;
        for (nth, measured) in cell.populations.iter().enumerate() {
            let y = top + 10.0 + (ROW - 20.0) * nth as f64 / several;
            if let Some(interval) = measured.advantage_interval {
                svg.line((at(interval.low), y), (at(interval.high), y), "axis");
            }
            if let Some(advantage) = measured.advantage {
                svg.dot((at(advantage), y), 3.5, BOTS);
            }
        }
        if let Some(mean) = cell.estimate(|measured| measured.advantage) {
            let x = at(mean.mean);
            svg.line((x, top + 4.0), (x, top + ROW - 4.0), "mark");
            let digits = if mean.mean < 100.0 { 1 } else { 0 };
            let said = format!("{:.digits$} ×", mean.mean);
            svg.text((frame.right(), middle + 5.0), Side::End, "strong", said);
        }
    }
    let name = "times the chance of one of the people (logarithmic)";
    frame.x_axis(&mut svg, name, plain);
    svg.finish()
}
