//! One self-contained page about the morning: the figures first, then the pictures, then how it was done.
//!
//! No script, and nothing is loaded from anywhere.

mod answers;
mod over_time;
mod people;
#[path = "../shared/plot.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod plot;
mod tables;

use std::fmt::Write;

use crate::figures::grouped;
use crate::story::{Story, duration, rough};
use crate::table::{quantiles, slots};

const STYLE: &str = include_str!("../shared/style.css");

/// The page.
pub(crate) fn page(story: &Story) -> String {
    let mut html =
        String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    let _ = write!(
        html,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>fairslot: one morning's flash release</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    html.push_str(&head(story));
    html.push_str(&tiles(story));
    for (id, english, chinese, caption, picture) in sections(story) {
        let _ = write!(
            html,
            "<section id=\"{id}\">\n{}<p>{caption}</p>\n{picture}</section>\n",
            heading(english, chinese)
        );
    }
    html.push_str(&tables::conditions(story));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

type Section = (&'static str, &'static str, &'static str, String, String);

fn sections(story: &Story) -> [Section; 6] {
    [
        (
            "slots-left",
            "Slots left over time",
            "剩余号源",
            over_time::slots_left_caption(story),
            over_time::slots_left(story),
        ),
        (
            "yes-no",
            "Yes and no, second by second",
            "每秒的成功与拒绝",
            over_time::seconds_caption(story),
            over_time::seconds(story),
        ),
        (
            "latency",
            "How long an answer takes",
            "应答时延",
            answers::latency_caption(story),
            answers::latency(story),
        ),
        (
            "who",
            "Who got what",
            "谁得到了号",
            people::who_caption(story),
            people::who(story),
        ),
        (
            "holds",
            "What became of the holds",
            "锁号的去向",
            tables::holds_caption(story),
            tables::holds(story),
        ),
        (
            "wanted",
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

fn head(story: &Story) -> String {
    let (class, mark) = if story.verdict.is_good() {
        ("good", "✓")
    } else {
        ("bad", "✗")
    };
    let mut html = format!(
        "<header>\n<h1>One morning’s flash release <span lang=\"zh\">放号实况</span></h1>\n<p class=\"lead\">{}: {}. What is left opens in \
         one instant. The crowd is simulated, the engine that answers it is the real one.</p>\n<p class=\"verdict {class}\"><b>{mark}</b> \
         {}</p>\n",
        escape(&story.hospital.title),
        slots(story),
        story.verdict_sentence()
    );
    for remark in &story.verdict.remarks {
        let _ = writeln!(html, "<p class=\"verdict bad\">{}</p>", escape(remark));
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
