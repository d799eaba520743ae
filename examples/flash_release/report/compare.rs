//! The same morning under each opening, side by side.

use std::fmt::Write;

use super::over_time::whole_run;
use super::plot::{
    BOOKED, BOTS, FREE, Frame, HELD, LEFT, PEOPLE, RIGHT, Scale, Side, Svg, WIDTH, plain,
};
use super::{Section, escape};
use crate::cli::Kind;
use crate::figures::grouped;
use crate::story::{Story, millis, percent, times};
use crate::table::{WHO, opening_name};

pub(super) fn sections(stories: &[Story]) -> Vec<Section> {
    vec![
        (
            "compare".to_owned(),
            "Who gets the slots: first come against the draw",
            "先到先得与摇号",
            who_caption(stories),
            who(stories) + &table(stories),
        ),
        (
            "compare-slots".to_owned(),
            "Slots left over time, under each",
            "两种方式下的剩余号源",
            slots_caption(stories),
            slots(stories),
        ),
        (
            "compare-knew".to_owned(),
            "How long people waited until they knew",
            "患者多久知道结果",
            knew_caption(stories),
            knew(stories),
        ),
    ]
}

fn who_caption(stories: &[Story]) -> String {
    let mut text = "The same people and the same bots, pressing at the same instants. First come gives a \
                    slot to whoever is fastest. The draw lets everybody enter for some seconds, counts each patient \
                    once however often they press, and then gives the slots by lot."
        .to_owned();
    for story in stories {
        if story.advantage().is_some_and(f64::is_finite) {
            let _ = write!(
                text,
                " {}: a patient whose papers a bot has is {} times as likely to get a slot as one who asks in person.",
                opening_name(story),
                times(story.advantage()).trim_end_matches(" ×")
            );
        }
        if story.kind == Kind::Lottery {
            let (people, bots) = (story.won_by(false, false), story.won_by(true, false));
            let _ = write!(
                text,
                " What the draws left, and what winners gave back or did not pay for, was sold first come: people have {} of these slots, bots {}.",
                grouped(people),
                grouped(bots)
            );
        }
    }
    text
}

/// Of each opening a bar: the slots of people and of bots.
fn who(stories: &[Story]) -> String {
    let height = 40.0 + 62.0 * stories.len() as f64;
    let mut svg = Svg::new(
        WIDTH,
        height,
        "Slots that people and bots have, under each opening",
    );
    let (left, width) = (150.0, WIDTH - 150.0 - RIGHT);
    svg.legend(
        (left, 16.0),
        &[("people 患者本人", PEOPLE), ("bots 抢号程序", BOTS)],
    );
    for (row, story) in stories.iter().enumerate() {
        let y = 62.0 + 62.0 * row as f64;
        let (people, bots) = (story.record.won(false), story.record.won(true));
        svg.text(
            (left - 12.0, y + 20.0),
            Side::End,
            "strong",
            opening_name(story),
        );
        let split = width * people as f64 / (people + bots).max(1) as f64;
        svg.rect((left, y), (split, 30.0), PEOPLE);
        svg.rect((left + split, y), (width - split, 30.0), BOTS);
        let said = |count| {
            format!(
                "{} slots ({})",
                grouped(count),
                percent(count, people + bots)
            )
        };
        svg.text(
            (left, y - 6.0),
            Side::Start,
            "",
            format_args!("people {}", said(people)),
        );
        svg.text(
            (left + width, y - 6.0),
            Side::End,
            "",
            format_args!("bots {}", said(bots)),
        );
    }
    svg.finish()
}

/// The rows of the terminal's table.
fn table(stories: &[Story]) -> String {
    let mut html = String::from("<table>\n<tr><th></th>");
    for story in stories {
        let _ = write!(html, "<th class=\"n\">{}</th>", opening_name(story));
    }
    html.push_str("</tr>\n");
    for (label, said) in WHO {
        let _ = write!(html, "<tr><td>{}</td>", escape(label.trim()));
        for story in stories {
            let _ = write!(html, "<td class=\"n\">{}</td>", said(story));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
    html
}

fn slots_caption(stories: &[Story]) -> String {
    let mut text = String::new();
    for story in stories {
        let gone = story.half_gone_at().map_or(
            "fewer than half of the sessions were ever sold out".to_owned(),
            |at| {
                format!(
                    "half of the sessions were sold out {} after the opening",
                    millis(at)
                )
            },
        );
        let _ = write!(text, "{}: {gone}. ", opening_name(story));
    }
    text.push_str(
        "Under the draw all slots stay free while people enter, and are given when its window closes: that is when hardly \
         anybody new comes any more, for each session by itself, after 20 s at the latest.",
    );
    text
}

fn slots(stories: &[Story]) -> String {
    let mut svg = Svg::new(
        WIDTH,
        340.0,
        "Slots free, held and booked over time, under each opening",
    );
    let names = [
        ("free 可约", FREE),
        ("held, being paid for 锁号中", HELD),
        ("booked 已约", BOOKED),
    ];
    svg.legend((LEFT, 16.0), &names);
    let share = (WIDTH - RIGHT) / stories.len().max(1) as f64;
    for (nth, story) in stories.iter().enumerate() {
        let left = LEFT + share * nth as f64;
        let name = format!("{}: slots", opening_name(story));
        whole_run(&mut svg, story, (left, 72.0, share - LEFT, 210.0), &name);
    }
    svg.finish()
}

fn knew_caption(stories: &[Story]) -> String {
    let mut text = "From a person’s first press after the opening to the first final word: a slot, “sold out”, or \
                    how the draw went."
        .to_owned();
    for story in stories {
        let waited = |percent| match story.knew_ms(percent) {
            Some(0) => "at once".to_owned(),
            Some(ms) => format!("within {}", millis(ms)),
            None => "never".to_owned(),
        };
        let _ = write!(
            text,
            " {}: half of the people knew {}, 99 of 100 {}.",
            opening_name(story),
            waited(50),
            waited(99)
        );
    }
    text.push_str(" This wait is what the draw costs; nobody has to press a second time for it; who is not drawn asks once more for what is left elsewhere.");
    text
}

const COLOURS: [&str; 2] = ["#5b6875", BOOKED];

fn knew(stories: &[Story]) -> String {
    let mut svg = Svg::new(
        WIDTH,
        300.0,
        "Share of the people who knew, by how long they waited",
    );
    let names: Vec<_> = stories.iter().map(opening_name).zip(COLOURS).collect();
    svg.legend((LEFT, 16.0), &names);
    let longest = stories.iter().filter_map(|story| story.knew_ms(100)).max();
    let frame = Frame {
        left: LEFT,
        top: 62.0,
        width: WIDTH - LEFT - RIGHT,
        height: 180.0,
        x: Scale::up_to(longest.unwrap_or(0).max(1_000) as f64 / 1_000.0),
        y: Scale::Linear {
            from: 0.0,
            to: 100.0,
        },
    };
    frame.y_axis(&mut svg, "share of the people who know", |share| {
        format!("{} %", plain(share))
    });
    for (story, (_, colour)) in stories.iter().zip(&names) {
        let share = |percent| {
            Some((
                frame.at_x(story.knew_ms(percent)? as f64 / 1_000.0),
                frame.at_y(percent as f64),
            ))
        };
        let mut points: Vec<_> = (1..=100).filter_map(share).collect();
        if let Some((first, _)) = points.first().copied() {
            points.insert(0, (first, frame.bottom()));
            points.push((frame.right(), frame.top));
        }
        svg.curve(&points, colour);
    }
    frame.x_axis(&mut svg, "seconds after the first press", plain);
    svg.finish()
}
