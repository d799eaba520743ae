//! Who gets the slots, for every way to open and every attack at once.

use super::percent;
use super::plot::{FREE, Side, Svg, WIDTH};
use crate::study::Cell;

pub(super) const CAPTION: &str = "Each box is the share of the slots that ends with the scalper. The last row is what his identities would get if they were ordinary patients: a box paler than \
     that means that scalping does not even pay for the trouble. The outlined row is what is recommended.";

const NAMES: f64 = 400.0;
const TOP: f64 = 62.0;
const ROW: f64 = 30.0;

/// A row for each way to open, a column for each attack.
pub(super) fn boxes(cells: &[Cell]) -> String {
    let attacked: Vec<&Cell> = cells.iter().filter(|it| it.attack.identities > 0).collect();
    let mut rows: Vec<Vec<&Cell>> = Vec::new();
    for cell in attacked {
        match rows.last_mut() {
            Some(row) if row[0].mechanism.name == cell.mechanism.name => row.push(cell),
            _ => rows.push(vec![cell]),
        }
    }
    let height = TOP + ROW * (rows.len() as f64 + 1.0) + 12.0;
    let label = "The scalper's share of the slots, by way to open and attack";
    let mut svg = Svg::new(WIDTH, height, label);
    let columns = rows.first().map_or(0, Vec::len);
    let width = (WIDTH - NAMES) / columns.max(1) as f64;
    let left = |column: usize| NAMES + width * column as f64;
    for (column, cell) in rows.first().into_iter().flatten().enumerate() {
        let middle = left(column) + width / 2.0;
        svg.text((middle, 16.0), Side::Middle, "strong", cell.attack.name);
        let attack = cell.attack;
        svg.text((middle, 34.0), Side::Middle, "soft", attack.kind());
        let ids = format!("{} on {} devices", attack.identities, attack.devices);
        svg.text((middle, 52.0), Side::Middle, "soft", ids);
    }
    for (nth, row) in rows.iter().enumerate() {
        let y = TOP + ROW * nth as f64;
        let mechanism = row[0].mechanism;
        let recommended = mechanism.called() != mechanism.name;
        let class = if recommended { "strong" } else { "" };
        let name = format!("{} {}", mechanism.what, mechanism.chinese);
        svg.text((NAMES - 12.0, y + 19.0), Side::End, class, name);
        for (column, cell) in row.iter().enumerate() {
            let share = super::share(cell);
            box_of(&mut svg, (left(column), y), width, share);
        }
        if recommended {
            svg.frame((NAMES, y), (width * columns as f64, ROW - 2.0));
        }
    }
    let y = TOP + ROW * rows.len() as f64 + 8.0;
    let name = "if they were patients like others 与患者同等";
    svg.text((NAMES - 12.0, y + 19.0), Side::End, "soft", name);
    for (column, cell) in rows.first().into_iter().flatten().enumerate() {
        svg.rect((left(column), y), (width - 2.0, ROW - 2.0), FREE);
        let middle = (left(column) + width / 2.0, y + 19.0);
        svg.text(middle, Side::Middle, "", percent(cell.attack.fair_share()));
    }
    svg.finish()
}

/// The more, the darker.
fn box_of(svg: &mut Svg, (x, y): (f64, f64), width: f64, share: f64) {
    // From white to the scalper's colour; the root tells small shares apart.
    let depth = share.clamp(0.0, 1.0).sqrt();
    let mix = |full: f64| (255.0 + (full - 255.0) * depth).round() as u8;
    let colour = format!("#{:02x}{:02x}{:02x}", mix(204.0), mix(121.0), mix(167.0));
    svg.rect((x, y), (width - 2.0, ROW - 2.0), &colour);
    svg.text(
        (x + width / 2.0, y + 19.0),
        Side::Middle,
        "strong",
        percent(share),
    );
}
