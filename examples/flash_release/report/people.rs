//! Who got what: people against bots.

use super::plot::{BOTS, PEOPLE, RIGHT, Side, Svg, WIDTH};
use crate::cli::Kind;
use crate::figures::grouped;
use crate::story::{Story, percent};

pub(super) fn who_caption(story: &Story) -> String {
    let (people, papers) = (u64::from(story.options.people), story.papers());
    let (slots, scalped) = (story.record.won(false), story.record.won(true));
    let mut text = match story.kind {
        Kind::FirstCome => "These schedules opened first come, first served. The engine sells every slot \
                            once, whoever asks; whom it is sold to is up to the opening rule, and this one \
                            rewards speed, hence scripts."
            .to_owned(),
        Kind::Lottery => format!(
            "These schedules opened by a draw: neither speed nor the number of requests is worth anything in it. It gave \
             {} slots to people and {} to bots. What came back was sold first come, to {} people and {} bots’ patients.",
            grouped(story.record.drawn(false)),
            grouped(story.record.drawn(true)),
            grouped(story.won_by(false, false)),
            grouped(story.won_by(true, false))
        ),
    };
    if let Some(advantage) = story.advantage().filter(|it| it.is_finite()) {
        let (by_bot, in_person) = (percent(scalped, papers), percent(slots, people));
        let digits = if advantage < 10.0 { 1 } else { 0 };
        text.push_str(&format!(
            " A patient whose papers a bot had was {advantage:.digits$} times as likely to get a \
             slot as one who asked in person: {by_bot} against {in_person}."
        ));
    }
    text
}

/// People and bots: their shares of the patients, the requests and the slots.
pub(super) fn who(story: &Story) -> String {
    let mut svg = Svg::new(
        WIDTH,
        230.0,
        "Shares of people and bots in patients, requests and slots",
    );
    svg.legend(
        (150.0, 16.0),
        &[("people 患者本人", PEOPLE), ("bots 抢号程序", BOTS)],
    );
    let (record, options) = (&story.record, &story.options);
    let rows = [
        ("patients 就诊人", u64::from(options.people), story.papers()),
        (
            "requests 请求",
            record.people.requests,
            record.bots.requests,
        ),
        ("slots 号源", record.won(false), record.won(true)),
    ];
    let (left, width) = (150.0, WIDTH - 150.0 - RIGHT);
    for (row, (name, people, bots)) in rows.into_iter().enumerate() {
        let y = 62.0 + 62.0 * row as f64;
        svg.text((left - 12.0, y + 20.0), Side::End, "strong", name);
        let split = width * people as f64 / (people + bots).max(1) as f64;
        svg.rect((left, y), (split, 30.0), PEOPLE);
        svg.rect((left + split, y), (width - split, 30.0), BOTS);
        let said = |count| format!("{} ({})", grouped(count), percent(count, people + bots));
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
