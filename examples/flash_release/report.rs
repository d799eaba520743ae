//! One self-contained page about the morning: the figures first, then the pictures, then how it was done.
//!
//! No script, and nothing is loaded from anywhere.

mod answers;
mod compare;
mod over_time;
mod people;
#[path = "../shared/plot.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod plot;
mod tables;

use std::fmt::Write;

use crate::cli::Kind;
use crate::figures::grouped;
use crate::story::{Story, duration, rough};
use crate::table::{opening_name, quantiles, slots};

const STYLE: &str = include_str!("../shared/style.css");

/// The page.
pub(crate) fn page(stories: &[Story]) -> String {
    let mut html =
        String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    let _ = write!(
        html,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>fairslot: one morning's flash release</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    html.push_str(&head(stories));
    if stories.len() > 1 {
        compare::sections(stories)
            .iter()
            .for_each(|it| section(&mut html, it));
    }
    for story in stories {
        if stories.len() > 1 {
            let (english, chinese) = part(story);
            let _ = writeln!(
                html,
                "<h1 class=\"part\">{english} <span lang=\"zh\">{chinese}</span></h1>"
            );
        }
        html.push_str(&tiles(story));
        sections(story).iter().for_each(|it| section(&mut html, it));
    }
    html.push_str(&tables::conditions(stories));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

/// Its id, its name in both languages, what it says, and the picture.
type Section = (String, &'static str, &'static str, String, String);

fn section(html: &mut String, (id, english, chinese, caption, picture): &Section) {
    let heading = heading(english, chinese);
    let _ = write!(
        html,
        "<section id=\"{id}\">\n{heading}<p>{caption}</p>\n{picture}</section>\n"
    );
}

fn part(story: &Story) -> (&'static str, &'static str) {
    match story.kind {
        Kind::FirstCome => ("In detail: first come, first served", "先到先得"),
        Kind::Lottery => ("In detail: by the draw", "摇号"),
    }
}

fn sections(story: &Story) -> Vec<Section> {
    let id = |name: &str| match story.kind {
        Kind::FirstCome => name.to_owned(),
        Kind::Lottery => format!("draw-{name}"),
    };
    vec![
        (
            id("slots-left"),
            "Slots left over time",
            "剩余号源",
            over_time::slots_left_caption(story),
            over_time::slots_left(story),
        ),
        (
            id("yes-no"),
            "Yes and no, second by second",
            "每秒的成功与拒绝",
            over_time::seconds_caption(story),
            over_time::seconds(story),
        ),
        (
            id("latency"),
            "How long an answer takes",
            "应答时延",
            answers::latency_caption(story),
            answers::latency(story),
        ),
        (
            id("who"),
            "Who got what",
            "谁得到了号",
            people::who_caption(story),
            people::who(story),
        ),
        (
            id("holds"),
            "What became of the holds",
            "锁号的去向",
            tables::holds_caption(story),
            tables::holds(story),
        ),
        (
            id("wanted"),
            "The most wanted sessions",
            "最抢手的门诊",
            tables::wanted_caption(story),
            tables::wanted(story),
        ),
    ]
}

fn heading(english: &str, chinese: &str) -> String {
    format!("<h2>{english} <span lang=\"zh\">{chinese}</span></h2>\n")
}

fn head(stories: &[Story]) -> String {
    let mut html = String::from(
        "<header>\n<h1>One morning’s flash release <span lang=\"zh\">放号实况</span></h1>\n",
    );
    if let Some(story) = stories.first() {
        let played = match (stories.len(), story.kind) {
            (1, Kind::FirstCome) => "What is left opens in one instant.",
            (1, Kind::Lottery) => "What is left opens by a draw (摇号).",
            _ => {
                "What is left opens in one instant: once first come, first served, and once by a draw (摇号)."
            }
        };
        let _ = writeln!(
            html,
            "<p class=\"lead\">{}: {}. {played} The crowd is simulated, the engine that answers it is the real one.</p>",
            escape(&story.hospital.title),
            slots(story),
        );
    }
    for story in stories {
        let (class, mark) = if story.verdict.is_good() {
            ("good", "✓")
        } else {
            ("bad", "✗")
        };
        let which = if stories.len() > 1 {
            format!("{}: ", opening_name(story))
        } else {
            String::new()
        };
        let _ = writeln!(
            html,
            "<p class=\"verdict {class}\"><b>{mark}</b> <span>{which}{}</span></p>",
            story.verdict_sentence()
        );
        for remark in &story.verdict.remarks {
            let _ = writeln!(html, "<p class=\"verdict bad\">{}</p>", escape(remark));
        }
    }
    html.push_str("</header>\n");
    html
}

/// The headline figures.
fn tiles(story: &Story) -> String {
    let (record, verdict) = (&story.record, &story.verdict);
    let p99 = |latency| {
        let [_, p99, ..] = quantiles(latency);
        duration(p99 as f64)
    };
    let rate = rough(story.requests_per_s());
    let count = |number| (grouped(number), "tile");
    // A figure that must be zero.
    let zero = |number| {
        (
            grouped(number),
            if number == 0 { "tile" } else { "tile bad" },
        )
    };
    let tiles = [
        (
            count(record.first_minute()),
            "requests in the first minute",
            "首分钟请求",
        ),
        (
            count(record.peak()),
            "requests in the busiest second",
            "峰值一秒的请求",
        ),
        ((rate, "tile"), "requests answered a second", "机器每秒应答"),
        (count(verdict.sold), "slots sold, each once", "售出号源"),
        (zero(verdict.double_booked), "slots sold twice", "重复售出"),
        (zero(verdict.lost), "slots lost", "丢失号源"),
        (
            (p99(&record.no), "tile"),
            "for 99 of 100 noes",
            "99% 的拒绝用时不超过",
        ),
        (
            (p99(&record.yes), "tile"),
            "for 99 of 100 yeses",
            "99% 的成功用时不超过",
        ),
    ];
    let mut html = String::from("<div class=\"tiles\">\n");
    for ((figure, class), english, chinese) in tiles {
        let _ = writeln!(
            html,
            "<div class=\"{class}\"><b>{figure}</b><span>{english}</span>"
        );
        let _ = writeln!(html, "<span lang=\"zh\">{chinese}</span></div>");
    }
    html.push_str("</div>\n");
    html
}

/// A text from a file as a page may show it.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            control if control.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}
