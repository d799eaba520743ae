//! The scenarios beside the openings: for each a picture of its telling figure, and a table of all of them.

use std::fmt::Write;

use super::plot::{FREE, Frame, NO, RIGHT, Scale, Side, Svg, WIDTH, plain};
use crate::part::{Column, Part, Reading, Row};

/// What is shown of a scenario.
pub(super) struct Shown {
    caption: &'static str,
    /// Of which figure, on what axis, and what it is called there.
    key: &'static str,
    scale: Scale,
    axis: &'static str,
    /// Before and after a figure.
    unit: [&'static str; 2],
    label: &'static str,
}

/// Percent, of a figure that is a share.
const PERCENT: Scale = Scale::Linear {
    from: 0.0,
    to: 100.0,
};

pub(super) fn shown(part: &Part) -> Option<Shown> {
    Some(match part.name {
        "hand_off" => Shown {
            caption: "A scalper books under borrowed names, finds a buyer, gives the slot up, and has to get it again under the buyer’s name. How often that works depends on how the hospital \
                 returns slots. The bar is the engine, with its 95 % interval; the dashed mark is what it must be by calculation; outlined is what is recommended. Free for whoever asks first: he gets it nearly always, also after a random delay. Drawn among all \
                 who wait: his clients are as likely as anybody.",
            key: "h",
            unit: ["", " %"],
            scale: PERCENT,
            axis: "of the slots end with a client, % 落入客户之手",
            label: "How often a slot that is given up ends with the scalper's client",
        },
        "hoard" => Shown {
            caption: "Each use of a borrowed identity costs ¥10 and of a device ¥5, ¥3,000 a day; a slot sells for ¥300: assumed. The bar is what a slot that really reached a client cost him, with its 95 % interval; the dashed \
                 mark, an independent simulation’s; outlined is what is recommended. Only opening by the draw and returning by the draw together make it a business that cannot pay. A quota on giving up changes little: it \
                 weighs on who waits again, and his clients are new each time.",
            key: "cost_per_sold_slot",
            unit: ["¥", ""],
            scale: Scale::Log {
                from: 10.0,
                to: 100_000.0,
            },
            axis: "yuan for a sold slot (logarithmic) 每卖出一号的成本",
            label: "What a resold slot costs the scalper",
        },
        "slow_queue" => Shown {
            caption: "Whoever is sent to the slow queue waits for a turn, a hundred a second; turns go round the devices. The bar is the longest that any of the people waited, the dashed mark an independent simulation’s. A thousand \
                 identities on twenty devices are twenty: nobody waits longer for them than a quarter of a second. Only real devices cost people time; and people come into this queue only by mistake.",
            key: "longest_s",
            unit: ["", " s"],
            scale: Scale::Linear {
                from: 0.0,
                to: 10.0,
            },
            axis: "longest wait, seconds 最长等待（秒）",
            label: "How long people wait behind a crowd, at the longest",
        },
        "limiter" => Shown {
            caption: "Memory for a limit is fixed, so that nobody can exhaust it by inventing names; where it is far too small, people pay for others. The bar is the share of requests of people, well within the limit, that \
                 were refused all the same. With 4 MiB for 320,000 who ask at once it is none, and no attacker gets through more often than the limit says.",
            key: "wrongly_limited",
            unit: ["", " %"],
            scale: Scale::Log {
                from: 0.000_1,
                to: 100.0,
            },
            axis: "of their requests wrongly refused, % (logarithmic) 误限比例",
            label: "People wrongly limited, by memory",
        },
        _ => return None,
    })
}

const NAMES: f64 = 400.0;
const ROW: f64 = 34.0;

pub(super) fn section(part: &Part, shown: &Shown) -> String {
    let mut html = picture(part, shown);
    html.push_str("<table>\n<tr><th></th>");
    for column in part.columns {
        let _ = write!(html, "<th class=\"n\">{}</th>", column.heading);
    }
    html.push_str("</tr>\n");
    for row in &part.rows {
        let _ = write!(html, "<tr><td>{}</td>", row.what);
        for (column, reading) in part.columns.iter().zip(&row.readings) {
            let _ = write!(html, "<td class=\"n\">{}", column.text(reading.as_ref()));
            if let Some(known) = reading.and_then(|it| it.reference) {
                let _ = write!(html, "<br>({})", column.number(known));
            }
            html.push_str("</td>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
    html
}

pub(super) fn caption(shown: &Shown) -> String {
    format!(
        "{} In the table, intervals are of 95 %; below, in brackets, what was known before.",
        shown.caption
    )
}

/// A bar for each row that has the figure.
fn picture(part: &Part, shown: &Shown) -> String {
    let nth = part.columns.iter().position(|it| it.key == shown.key);
    let bars: Vec<(&Row, Reading, &Column)> = nth.map_or(Vec::new(), |nth| {
        let bar = |row| Some((row, Row::reading(row, nth)?, &part.columns[nth]));
        part.rows.iter().filter_map(bar).collect()
    });
    let frame = Frame {
        left: NAMES,
        top: 10.0,
        width: WIDTH - NAMES - RIGHT - 90.0,
        height: ROW * bars.len() as f64,
        x: shown.scale,
        y: Scale::up_to(1.0),
    };
    let mut svg = Svg::new(WIDTH, frame.bottom() + 56.0, shown.label);
    let ticks = shown.scale.ticks(5.0);
    for tick in &ticks {
        let x = frame.at_x(*tick);
        svg.line((x, frame.top), (x, frame.bottom()), "grid");
    }
    for (nth, (row, reading, column)) in bars.into_iter().enumerate() {
        let y = frame.top + ROW * nth as f64;
        let middle = y + ROW / 2.0;
        let at = |value: f64| {
            let share = shown.scale.share(value * column.unit).clamp(0.0, 1.0);
            frame.left + frame.width * share
        };
        svg.text((NAMES - 12.0, middle - 1.0), Side::End, "strong", &row.what);
        svg.text(
            (NAMES - 12.0, middle + 14.0),
            Side::End,
            "soft",
            &row.chinese,
        );
        let width = at(reading.value) - frame.left;
        svg.rect((frame.left, y + 7.0), (frame.width, ROW - 14.0), FREE);
        svg.rect((frame.left, y + 7.0), (width, ROW - 14.0), NO);
        if let Some(interval) = reading.interval {
            svg.line(
                (at(interval.low), middle),
                (at(interval.high), middle),
                "axis",
            );
        }
        if row.recommended {
            svg.frame((frame.left, y + 7.0), (frame.width, ROW - 14.0));
        }
        if let Some(known) = reading.reference {
            svg.line((at(known), y + 2.0), (at(known), y + ROW - 2.0), "mark");
        }
        let [before, after] = shown.unit;
        let said = format!("{before}{}{after}", column.number(reading.value));
        svg.text(
            (frame.right() + 10.0, middle + 5.0),
            Side::Start,
            "strong",
            said,
        );
    }
    frame.x_axis_at(&mut svg, shown.axis, &ticks, plain);
    svg.finish()
}

impl Row {
    fn reading(&self, nth: usize) -> Option<Reading> {
        self.readings.get(nth).copied().flatten()
    }
}
