//! A progress bar, where there is a terminal to show it.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::crowd::ASKING_MS;

/// The morning's simulated time, as a bar on standard error.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn new(wanted: bool) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new(ASKING_MS as u64);
        let template = "  {msg} {wide_bar:.cyan/black.dim} {percent:>3} %";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(Some(bar))
    }

    /// It is `at` milliseconds after the opening.
    pub(crate) fn show(&self, at: i64) {
        if let Some(bar) = &self.0 {
            bar.set_position(u64::try_from(at).unwrap_or(0).min(ASKING_MS as u64));
            bar.set_message(format!("{:>4} s after the opening", at.div_euclid(1_000)));
        }
    }

    pub(crate) fn done(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}
