//! What there is to tell when the morning is over: what was asked for, what came of it, and how the books stand.

use fairslot::fairness::{Group, advantage};

use crate::books::Verdict;
use crate::cli::{Kind, Options, Pace};
use crate::crowd::PAPERS;
use crate::draws::Checked;
use crate::figures::{counted, grouped};
use crate::flags::machine_threads;
use crate::hospital::Hospital;
use crate::tally::{End, Record, Sale};
use crate::timeline::{sold_out_at, timeline};

pub(crate) struct Story {
    pub(crate) options: Options,
    pub(crate) kind: Kind,
    /// What the check of the draws came to, where sessions opened by one.
    pub(crate) draws: Option<Checked>,
    pub(crate) hospital: Hospital,
    pub(crate) record: Record,
    /// From the first request to the last settlement, everything that the clients themselves do included.
    pub(crate) elapsed_ns: u64,
    /// What timing nothing takes.
    pub(crate) timer_ns: u64,
    pub(crate) verdict: Verdict,
}

/// What became of the holds.
pub(crate) struct Ends {
    pub(crate) paid: u64,
    pub(crate) paid_late: u64,
    pub(crate) released: u64,
    pub(crate) ran_out: u64,
    pub(crate) refunded: u64,
}

impl Story {
    /// Slots that were free when the morning opened.
    pub(crate) fn on_sale(&self) -> u64 {
        self.hospital.capacity() - self.hospital.taken()
    }

    /// Requests in a second of the machine's time: of as many threads as it runs at once, with all that the clients do
    /// themselves, but without the time in which threads wait for each other or for the clock.
    pub(crate) fn requests_per_s(&self) -> f64 {
        let at_once = self.options.threads.min(machine_threads()) as f64;
        self.record.requests() as f64 * 1e9 * at_once / self.record.worked_ns.max(1) as f64
    }

    pub(crate) fn ends(&self) -> Ends {
        let count = |is: fn(End) -> bool| self.record.ends(is);
        Ends {
            paid: count(|end| matches!(end, End::Paid { .. })),
            paid_late: count(|end| matches!(end, End::Paid { late: true, .. })),
            released: count(|end| matches!(end, End::Released { .. })),
            ran_out: count(|end| end == End::RanOut),
            refunded: count(|end| end == End::Refunded),
        }
    }

    /// Slots that were sold, given up or lost by their first owner, and sold again.
    pub(crate) fn sold_again(&self) -> u64 {
        let slots: std::collections::HashSet<_> = self
            .record
            .sales
            .iter()
            .map(|sale| (sale.period, sale.slot))
            .collect();
        (self.record.sales.len() - slots.len()) as u64
    }

    /// Papers that bots had.
    pub(crate) fn papers(&self) -> u64 {
        u64::from(self.options.bots) * u64::from(PAPERS)
    }

    /// The verdict in one sentence.
    pub(crate) fn verdict_sentence(&self) -> String {
        let Self { verdict, .. } = self;
        if !verdict.is_good() {
            let books = if verdict.consistent {
                "the books agree"
            } else {
                "the books do not agree"
            };
            let (twice, lost) = (grouped(verdict.double_booked), grouped(verdict.lost));
            return format!(
                "Something is wrong: {twice} slots were sold twice, {lost} were lost, {books}."
            );
        }
        let (sold, on_sale) = (grouped(verdict.sold), grouped(self.on_sale()));
        let left = match verdict.free {
            0 => format!("All {on_sale} slots were sold, each once"),
            free => format!(
                "{sold} of {on_sale} slots were sold, each once; {} are still free",
                grouped(free)
            ),
        };
        let mut said = format!(
            "{left}. None was sold twice, none was lost, and the audit of the engine agrees."
        );
        if let Some(Checked {
            verified, receipts, ..
        }) = self.draws
        {
            let (verified, receipts) = (
                counted(verified, "draw was", "draws were"),
                counted(receipts, "receipt", "receipts"),
            );
            said.push_str(&format!(
                " {verified} done again from the transcript and came out the same, and all {receipts} agree."
            ));
        }
        said
    }

    /// How many times as likely to get a slot a patient whose papers a bot had was as one who asked in person.
    pub(crate) fn advantage(&self) -> Option<f64> {
        let bots = Group::new(self.papers(), self.record.won(true));
        let people = Group::new(u64::from(self.options.people), self.record.won(false));
        advantage(bots, people)
    }

    /// When the last slot was gone for the first time, in milliseconds after the opening.
    pub(crate) fn gone_at(&self) -> Option<i64> {
        let standings = timeline(&self.record.sales, self.on_sale());
        let gone = standings.iter().find(|standing| standing.free <= 0);
        gone.map(|standing| standing.at)
    }

    /// When half of the sessions that were on sale had been sold out, in milliseconds after the opening.
    pub(crate) fn half_gone_at(&self) -> Option<i64> {
        let periods = &self.hospital.periods;
        let capacities: Vec<u32> = periods.iter().map(|period| period.capacity).collect();
        let mut gone = sold_out_at(&self.record.sales, &capacities);
        gone.sort_by_key(|at| at.unwrap_or(i64::MAX));
        let on_sale = periods.iter().filter(|period| !period.taken).count();
        gone.get(on_sale.div_ceil(2).checked_sub(1)?)
            .copied()
            .flatten()
    }

    /// How long this share of the people, in percent, waited at most for the first final word, in milliseconds from their first
    /// request after the opening. `None` if nobody asked.
    pub(crate) fn knew_ms(&self, percent: usize) -> Option<i64> {
        let mut waits = self.record.knew.clone();
        waits.sort_unstable();
        let last = (waits.len() * percent).div_ceil(100).checked_sub(1)?;
        waits.get(last).copied()
    }

    /// Slots that people, or bots, have in the end, and that a draw gave them, or first come: in a morning with draws, what came
    /// back.
    pub(crate) fn won_by(&self, bot: bool, drawn: bool) -> u64 {
        let has = |sale: &&Sale| {
            (sale.bot, sale.drawn) == (bot, drawn) && matches!(sale.end, End::Paid { .. })
        };
        self.record.sales.iter().filter(has).count() as u64
    }

    /// What the opening is called.
    pub(crate) fn opening(&self) -> &'static str {
        match self.kind {
            Kind::FirstCome => "first come, first served",
            Kind::Lottery => "by the draw",
        }
    }

    pub(crate) fn pace(&self) -> &'static str {
        match self.options.pace {
            Pace::Fast => "as fast as possible on a simulated clock",
            Pace::Real => "in real time",
        }
    }
}

/// A duration as one would say it: three digits and a unit.
pub(crate) fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ..1e3 => (ns, "ns"),
        ..1e6 => (ns / 1e3, "µs"),
        ..1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let digits = match value {
        _ if unit == "ns" => 0,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// How many times as likely, as one would say it.
pub(crate) fn times(ratio: Option<f64>) -> String {
    match ratio {
        Some(ratio) if ratio.is_finite() && ratio >= 9.95 => format!("{ratio:.0} ×"),
        Some(ratio) if ratio.is_finite() => format!("{ratio:.1} ×"),
        _ => "–".to_owned(),
    }
}

/// A rate as one would say it: what changes from run to run is no figure.
pub(crate) fn rough(rate: f64) -> String {
    if rate >= 1e6 {
        format!("{:.1} million", rate / 1e6)
    } else {
        grouped((rate / 1e3).round() as u64 * 1_000)
    }
}

/// A time after the opening, which simulated clocks know to the millisecond.
pub(crate) fn millis(ms: i64) -> String {
    if ms < 1_000 {
        format!("{ms} ms")
    } else {
        format!("{:.2} s", ms as f64 / 1e3)
    }
}

/// A share in percent as one would say it.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let share = part as f64 * 100.0 / whole.max(1) as f64;
    match share {
        _ if part == 0 || part == whole => format!("{share:.0} %"),
        ..1.0 => format!("{share:.2} %"),
        99.0.. => format!("{share:.2} %"),
        _ => format!("{share:.1} %"),
    }
}
