//! One self-contained page about the study: what a scalper takes, what it is worth, and what is left to everybody else.
//!
//! No script, and nothing is loaded from anywhere.

mod arrivals;
mod gain;
mod parts;
mod people;
#[path = "../shared/plot.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod plot;
mod share;
mod tables;
mod window;

use std::fmt::Write;

use fairslot::fairness::Group;

use crate::Found;
use crate::cli::Options;
use crate::mechanism::{MECHANISMS, RECOMMENDED};
use crate::study::Cell;
use crate::table::{size, within};

const STYLE: &str = include_str!("../shared/style.css");

/// The page.
pub(crate) fn page(found: &Found, options: &Options) -> String {
    let Found {
        cells,
        ploys,
        parts,
    } = found;
    // Where the pictures would be the same, one is enough.
    let plain = of(cells, MECHANISMS[0].name);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>fairslot: what a scalper gains</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<main>\n<header>\n<h1>What a scalper gains <span lang=\"zh\">黄牛得利</span></h1>\n<p class=\"lead\">A \
         thousand people ask for fifty slots, and a scalper’s scripts with them: {}. Who asks is simulated, the engine that answers \
         is the real one. Schedules open first come, first served, as most do, or by a draw among all who ask within a window.</p>\n",
        size(options)
    );
    let drawn = of(cells, RECOMMENDED);
    if let Some(worst) = worst(plain) {
        let same = drawn.iter().find(|cell| cell.attack == worst.attack);
        html.push_str(&headline(worst, same));
    }
    if !cells.is_empty() {
        html.push_str(&verdict(cells, options));
    }
    html.push_str("</header>\n");
    if !cells.is_empty() {
        openings(&mut html, cells, options);
    }
    for part in parts {
        if let Some(shown) = parts::shown(part) {
            let caption = parts::caption(&shown);
            section(
                &mut html,
                part.name,
                part.title,
                &caption,
                &parts::section(part, &shown),
            );
        }
    }
    if !ploys.is_empty() {
        let title = ["What else a scalper can try", "黄牛还能怎么办"];
        section(
            &mut html,
            "ploys",
            title,
            tables::PLOYS,
            &tables::ploys(ploys),
        );
    }
    let goals = tables::goals(found, options);
    section(&mut html, "goals", ["Goals", "目标"], tables::GOALS, &goals);
    if !cells.is_empty() {
        let title = ["The figures", "数据与参照"];
        section(
            &mut html,
            "figures",
            title,
            tables::CAPTION,
            &tables::figures(cells, options),
        );
    }
    let title = ["How this was done", "测试条件"];
    section(
        &mut html,
        "conditions",
        title,
        "",
        &tables::conditions(options),
    );
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

/// The pictures of what happens at an opening.
fn openings(html: &mut String, cells: &[Cell], options: &Options) {
    // Where the pictures would be the same, one is enough.
    let (plain, drawn) = (of(cells, MECHANISMS[0].name), of(cells, RECOMMENDED));
    for (id, title, caption, picture) in [
        (
            "who",
            ["Who gets the slots", "号归谁"],
            share::CAPTION,
            share::boxes(cells),
        ),
        (
            "window",
            ["What speed is worth", "手快值多少"],
            window::CAPTION,
            window::picture(cells),
        ),
        (
            "arrivals",
            [
                "Why: when everybody asks, and when all is gone",
                "为什么：谁何时来，号何时没",
            ],
            arrivals::CAPTION,
            arrivals::picture(plain, options),
        ),
        (
            "advantage",
            [
                "What it is worth to be a scalper under first come",
                "先到先得：黄牛的优势倍数",
            ],
            gain::ADVANTAGE,
            gain::advantage(plain),
        ),
        (
            "people",
            ["What is left to the people", "普通患者的机会"],
            people::CAPTION,
            people::both(plain, drawn),
        ),
    ] {
        section(html, id, title, caption, &picture);
    }
}

fn section(html: &mut String, id: &str, title: [&str; 2], caption: &str, content: &str) {
    let [english, chinese] = title;
    let _ = write!(
        html,
        "<section id=\"{id}\">\n<h2>{english} <span lang=\"zh\">{chinese}</span></h2>\n"
    );
    if !caption.is_empty() {
        let _ = writeln!(html, "<p>{caption}</p>");
    }
    let _ = writeln!(html, "{content}</section>");
}

/// The cells of one way to open.
fn of<'a>(cells: &'a [Cell], mechanism: &str) -> &'a [Cell] {
    let is = |cell: &Cell| cell.mechanism.name == mechanism;
    let first = cells.iter().position(is).unwrap_or(cells.len());
    let many = cells[first..].iter().take_while(|cell| is(cell)).count();
    &cells[first..first + many]
}

/// The attack that takes most.
fn worst(cells: &[Cell]) -> Option<&Cell> {
    let attacked = cells.iter().filter(|cell| cell.attack.identities > 0);
    attacked.max_by(|a, b| share(a).total_cmp(&share(b)))
}

/// The scalper's mean share of the slots.
fn share(cell: &Cell) -> f64 {
    cell.estimate(|measured| measured.yield_share)
        .map_or(0.0, |estimate| estimate.mean)
}

/// The headline figures: of the attack that takes most of first come, and what it takes of the recommended draw.
fn headline(cell: &Cell, drawn: Option<&Cell>) -> String {
    let [pre_clickers, ..] = people::rates(cell).map(percent);
    let first_come = Way {
        names: ["first come", "先到先得"],
        until: ["until the last slot is gone", "号源售罄用时"],
        unit: (1.0, "ms"),
    };
    let recommended = Way {
        names: ["recommended draw", "推荐摇号"],
        until: ["until it is drawn", "开号至摇号"],
        unit: (1e3, "s"),
    };
    let mut tiles = first_come.tiles(cell).to_vec();
    tiles.extend(drawn.iter().flat_map(|drawn| recommended.tiles(drawn)));
    let mut html = format!(
        "<p>The attack that takes most of first come, {}: {} (<span lang=\"zh\">{}</span>). There, even those who press before they see the page open \
         have a chance of no more than {pre_clickers}.</p>\n<div class=\"tiles\">\n",
        cell.attack.name, cell.attack.what, cell.attack.chinese
    );
    for (figure, english, chinese) in tiles {
        let _ = writeln!(
            html,
            "<div class=\"tile\"><b>{figure}</b><span>{english}</span>\n<span lang=\"zh\">{chinese}</span></div>"
        );
    }
    html.push_str("</div>\n");
    html
}

/// A way to open, as the tiles have it.
struct Way {
    names: [&'static str; 2],
    /// Until what the time is that is told, and by what it is divided for which unit.
    until: [&'static str; 2],
    unit: (f64, &'static str),
}

impl Way {
    /// A figure each, and what it is in English and in Chinese.
    fn tiles(&self, cell: &Cell) -> [(String, String, String); 4] {
        let gone = cell.estimate(|measured| measured.sold_out_ms);
        let (unit, name) = self.unit;
        let gone = gone.map(|gone| format!("{:.1} {name}", gone.mean / unit));
        let scalper: Group = cell.populations.iter().map(|m| m.scalper).sum();
        let [_, _, ordinary] = people::rates(cell).map(percent);
        let [until, until_zh] = self.until;
        let [english, chinese] = self.names;
        [
            (
                percent(share(cell)),
                "of the slots end with the scalper",
                "号源落入黄牛之手",
            ),
            (gone.unwrap_or("–".to_owned()), until, until_zh),
            (
                scalper.rate().map_or("–".to_owned(), percent),
                "chance of the scalper’s client",
                "黄牛客户的机会",
            ),
            (ordinary, "chance of an ordinary patient", "普通患者的机会"),
        ]
        .map(|(figure, what, zh)| {
            (
                figure,
                format!("{english}: {what}"),
                format!("{chinese}：{zh}"),
            )
        })
    }
}

/// Whether the simulation is the one it should be.
fn verdict(cells: &[Cell], options: &Options) -> String {
    let outside: Vec<String> = cells
        .iter()
        .filter(|cell| within(cell, options) == Some(false))
        .map(|cell| format!("{} under {}", cell.mechanism.called(), cell.attack.name))
        .collect();
    let (class, text) = if !options.size.is_full() {
        (
            "",
            "This study is too small to be held against the reference.".to_owned(),
        )
    } else if outside.is_empty() {
        (
            "",
            "Every figure that has a reference is within its band.".to_owned(),
        )
    } else {
        let names = outside.join(", ");
        (
            " bad",
            format!("Some figures are outside the band of their reference: {names}."),
        )
    };
    format!("<p class=\"verdict{class}\">{text}</p>\n")
}

/// A share as one would say it: more digits near nothing and near all.
fn percent(share: f64) -> String {
    let value = share * 100.0;
    match value {
        _ if value == 0.0 || value == 100.0 => format!("{value:.0} %"),
        ..0.1 => format!("{value:.3} %"),
        ..1.0 => format!("{value:.2} %"),
        _ => format!("{value:.1} %"),
    }
}
