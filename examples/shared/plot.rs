//! The bones of a plot: scales with readable ticks, frames, and the few SVG shapes that charts are made of.
//!
//! Blue is what was sold, orange is a no, green are people, purple are bots: four of the eight colours by Okabe and Ito that
//! people with a colour vision deficiency can tell apart.

use std::fmt::{Display, Write};

use crate::figures::grouped;

pub(super) const BOOKED: &str = "#0072b2";
pub(super) const HELD: &str = "#56b4e9";
pub(super) const FREE: &str = "#d7dde3";
pub(super) const YES: &str = BOOKED;
pub(super) const NO: &str = "#d55e00";
pub(super) const PEOPLE: &str = "#009e73";
pub(super) const BOTS: &str = "#cc79a7";

pub(super) const WIDTH: f64 = 1_030.0;
pub(super) const LEFT: f64 = 64.0;
pub(super) const RIGHT: f64 = 32.0;

/// An SVG being drawn. Lengths are in a page's pixels at full width.
pub(super) struct Svg {
    body: String,
    width: f64,
    height: f64,
    label: &'static str,
}

/// Where a text stands against its point.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An empty picture; `label` is what a screen reader says.
    pub(super) fn new(width: f64, height: f64, label: &'static str) -> Self {
        Self {
            body: String::new(),
            width,
            height,
            label,
        }
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), side: Side, class: &str, text: impl Display) {
        let anchor = match side {
            Side::Start => "start",
            Side::Middle => "middle",
            Side::End => "end",
        };
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{text}</text>"
        );
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            self.body,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>"
        );
    }

    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{fill}\"/>"
        );
    }

    /// An outline around something.
    pub(super) fn frame(&mut self, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"none\" stroke=\"#1d2733\" stroke-width=\"2\"/>"
        );
    }

    /// The area between two step lines over the same x positions: (x, lower y, upper y) from each x on.
    pub(super) fn steps(&mut self, steps: &[(f64, f64, f64)], end: f64, fill: &str) {
        let Some(first) = steps.first() else { return };
        let mut path = format!("M{:.1} {:.1}", first.0, first.2);
        for pair in steps.windows(2) {
            let _ = write!(path, "H{:.1}V{:.1}", pair[1].0, pair[1].2);
        }
        let _ = write!(path, "H{end:.1}V{:.1}", steps[steps.len() - 1].1);
        for pair in steps.windows(2).rev() {
            let _ = write!(path, "H{:.1}V{:.1}", pair[1].0, pair[0].1);
        }
        let _ = writeln!(
            self.body,
            "<path d=\"{path}H{:.1}Z\" fill=\"{fill}\"/>",
            first.0
        );
    }

    /// A line through points.
    pub(super) fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        let mut path = String::new();
        for (nth, (x, y)) in points.iter().enumerate() {
            let _ = write!(path, "{}{x:.1} {y:.1}", if nth == 0 { 'M' } else { 'L' });
        }
        let _ = writeln!(
            self.body,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>"
        );
    }

    pub(super) fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: &str) {
        let _ = writeln!(
            self.body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\" fill-opacity=\"0.75\"/>"
        );
    }

    /// A row of names, each beside its colour.
    pub(super) fn legend(&mut self, (mut x, y): (f64, f64), names: &[(&str, &str)]) {
        for (name, colour) in names {
            self.rect((x, y - 11.0), (14.0, 14.0), colour);
            self.text((x + 20.0, y), Side::Start, "", name);
            // Wide enough for the longest letters; a Chinese one counts double.
            let letters: f64 = name
                .chars()
                .map(|letter| if letter.is_ascii() { 7.0 } else { 14.0 })
                .sum();
            x += letters + 44.0;
        }
    }

    pub(super) fn finish(self) -> String {
        let Self {
            body,
            width,
            height,
            label,
        } = self;
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">\n{body}</svg>\n"
        )
    }
}

/// From values to a share of the axis.
#[derive(Clone, Copy)]
pub(super) enum Scale {
    Linear { from: f64, to: f64 },
    Log { from: f64, to: f64 },
}

impl Scale {
    pub(super) fn share(self, value: f64) -> f64 {
        match self {
            Self::Linear { from, to } => (value - from) / (to - from),
            Self::Log { from, to } => (value.max(from) / from).ln() / (to / from).ln(),
        }
    }

    /// From zero to a round number at or above `max`.
    pub(super) fn up_to(max: f64) -> Self {
        let step = step(max.max(1e-9), 4.0);
        Self::Linear {
            from: 0.0,
            to: (max.max(1e-9) / step).ceil() * step,
        }
    }

    /// Round values to write at the axis: some `wanted` of them, or the powers of ten.
    pub(super) fn ticks(self, wanted: f64) -> Vec<f64> {
        match self {
            Self::Linear { from, to } => {
                let step = step(to - from, wanted);
                let first = (from / step).ceil() as i64;
                let last = (to / step + 1e-9).floor() as i64;
                (first..=last).map(|tick| tick as f64 * step).collect()
            }
            Self::Log { from, to } => {
                let (first, last) = (from.log10().round() as i32, to.log10().round() as i32);
                (first..=last).map(|power| 10_f64.powi(power)).collect()
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten, so that about `wanted` of them make up `span`.
pub(super) fn step(span: f64, wanted: f64) -> f64 {
    let rough = span / wanted;
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= rough * 0.999)
        .unwrap_or(10.0);
    factor * power
}

/// The rectangle that data are drawn in, with its two scales.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Frame {
    pub(super) fn at_x(&self, value: f64) -> f64 {
        self.left + self.width * self.x.share(value)
    }

    pub(super) fn at_y(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - self.y.share(value))
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Grid lines and numbers of the y axis, and its name above.
    pub(super) fn y_axis(&self, svg: &mut Svg, name: &str, number: impl Fn(f64) -> String) {
        for tick in self.y.ticks(4.0) {
            let y = self.at_y(tick);
            svg.line((self.left, y), (self.right(), y), "grid");
            svg.text((self.left - 8.0, y + 4.5), Side::End, "soft", number(tick));
        }
        svg.text((self.left, self.top - 10.0), Side::Start, "strong", name);
    }

    /// The x axis with its numbers, and its name below if it has one. Drawn last: it lies on top of the data.
    pub(super) fn x_axis(&self, svg: &mut Svg, name: &str, number: impl Fn(f64) -> String) {
        let ticks = self.x.ticks(self.width / 75.0);
        self.x_axis_at(svg, name, &ticks, number);
    }

    /// The same with numbers at these values.
    pub(super) fn x_axis_at(
        &self,
        svg: &mut Svg,
        name: &str,
        ticks: &[f64],
        number: impl Fn(f64) -> String,
    ) {
        svg.line(
            (self.left, self.bottom()),
            (self.right(), self.bottom()),
            "axis",
        );
        for &tick in ticks {
            let x = self.at_x(tick);
            svg.line((x, self.bottom()), (x, self.bottom() + 5.0), "axis");
            svg.text(
                (x, self.bottom() + 20.0),
                Side::Middle,
                "soft",
                number(tick),
            );
        }
        let middle = (self.left + self.width / 2.0, self.bottom() + 40.0);
        svg.text(middle, Side::Middle, "soft", name);
    }
}

/// A number at an axis: thousands separated, decimals only where there are some.
pub(super) fn plain(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    let size = value.abs();
    if (size - size.round()).abs() < 1e-9 {
        format!("{sign}{}", grouped(size.round() as u64))
    } else {
        format!("{sign}{}", (size * 1_000.0).round() / 1_000.0)
    }
}
