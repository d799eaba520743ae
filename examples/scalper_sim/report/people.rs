//! The people's side: the chance of each kind of them, under each attack.

use fairslot::fairness::Group;

use super::gain::{NAMES, name};
use super::percent;
use super::plot::{FREE, HELD, PEOPLE, RIGHT, Side, Svg, WIDTH, YES};
use crate::habit::KINDS;
use crate::study::Cell;

pub(super) const CAPTION: &str = "The chance to get one of the slots, by how quick somebody is. Two people in a hundred press on the hunch that it is time \
     (pre-clickers), eight more have the page open and press as it does (eager); the other ninety come in their own time. First come, first served picks the \
     quick among the people even when nobody attacks: that is what the evenness J is low for. After a draw it hardly matters who was quick.";

const COLOURS: [&str; KINDS.len()] = [YES, HELD, PEOPLE];
const BAR: f64 = 17.0;
const ROW: f64 = 3.0 * BAR + 24.0;

/// The chance of each kind, over all populations.
pub(super) fn rates(cell: &Cell) -> [f64; KINDS.len()] {
    std::array::from_fn(|kind| {
        let groups = cell.populations.iter().map(|measured| measured.kinds[kind]);
        groups.sum::<Group>().rate().unwrap_or(0.0)
    })
}

/// Under first come, and under the recommended draw.
pub(super) fn both(plain: &[Cell], drawn: &[Cell]) -> String {
    let mut html = String::new();
    for (name, cells) in [
        (
            "First come, first served <span lang=\"zh\">先到先得</span>",
            plain,
        ),
        (
            "The recommended draw <span lang=\"zh\">推荐摇号</span>",
            drawn,
        ),
    ] {
        if !cells.is_empty() {
            html.push_str(&format!("<h3>{name}</h3>\n{}", chances(cells)));
        }
    }
    html
}

/// Three bars for each attack.
fn chances(cells: &[Cell]) -> String {
    let height = 36.0 + ROW * cells.len() as f64;
    let label = "The chance of each kind of people under each attack";
    let mut svg = Svg::new(WIDTH, height, label);
    let legend: Vec<(&str, &str)> = KINDS.iter().map(|kind| kind.0).zip(COLOURS).collect();
    svg.legend((NAMES, 16.0), &legend);
    let width = WIDTH - NAMES - RIGHT - 70.0;
    for (row, cell) in cells.iter().enumerate() {
        let top = 44.0 + ROW * row as f64;
        name(&mut svg, cell, top + 1.5 * BAR + 5.0);
        for (nth, (rate, colour)) in rates(cell).into_iter().zip(COLOURS).enumerate() {
            let y = top + BAR * nth as f64;
            svg.rect((NAMES, y), (width, BAR - 3.0), FREE);
            svg.rect((NAMES, y), (width * rate, BAR - 3.0), colour);
            let at = (NAMES + width + 8.0, y + 12.0);
            svg.text(at, Side::Start, "", percent(rate));
        }
    }
    svg.finish()
}
