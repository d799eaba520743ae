//! A slot that is given up: when does it return, and to whom? Where a hidden draw decides, the book is told what it decided, and says whether it may.

use std::collections::BTreeMap;

use super::wait::Fate;
use super::{Book, DAY, Did, Line, Rules, State};
use fairslot::{Refusal, ReturnPolicy, Rule};

/// A slot that rests: nobody has it, and nobody can.
#[derive(Clone)]
pub(super) struct Rest {
    schedule: usize,
    slot: u16,
    /// When it was given up.
    from: u64,
    /// Whoever had it before is not offered it, nor who comes from where they came from.
    away: Vec<(u8, Cluster)>,
    how: How,
    /// The latest look at which it rested.
    seen: Option<u64>,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    At(u64),
    Never,
    /// In a batch, at a moment that the book doesn't know.
    Drawn,
    /// At once, to the next of that batch.
    Next(usize),
}

/// Whom it was drawn for, and who has had an offer.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    entrants: Vec<Entrant>,
    /// Who was served while somebody else could have been whom the draw puts among the first for certain: so it did them, too.
    among_first: Vec<usize>,
    /// When it may have been.
    moments: Vec<(u64, u64)>,
    /// What returned with it may have been another batch's: nobody outside can tell.
    may_be_two: bool,
}

/// A place, and what was known of it when it was drawn.
#[derive(Debug, Clone)]
struct Entrant {
    wait: usize,
    clusters: Vec<Cluster>,
    strikes: usize,
    displaced: bool,
}

/// A hold that is an offer.
#[derive(Clone)]
pub(super) struct Offer {
    batch: usize,
    /// By which place.
    wait: usize,
    away: Vec<(u8, Cluster)>,
}

/// Where somebody comes from: their device, else their account, else nowhere but themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cluster {
    Device(u8),
    Account(u8),
    Person(u8),
}

impl Cluster {
    pub(super) fn of(patient: u8, [account, device, _]: [Option<u8>; 3]) -> Self {
        match (device, account) {
            (Some(device), _) => Self::Device(device),
            (None, Some(account)) => Self::Account(account),
            (None, None) => Self::Person(patient),
        }
    }
}

impl Book {
    /// What time alone brings about in schedules whose slots rest: it is looked at all the time.
    pub(super) fn pass_time(&mut self, now: u64, heard: &mut Vec<Line>) {
        for schedule in 0..self.pages.len() {
            if self.pages[schedule].terms.returns != ReturnPolicy::AtOnce {
                self.notice(now, schedule);
            }
        }
        self.follow(now, heard);
    }

    /// The slot of a hold is nobody's any more, since `at`.
    pub(super) fn give_up(&mut self, at: u64, hold: usize, policy: ReturnPolicy) {
        let entry = &self.entries[hold];
        let (schedule, slot) = (entry.schedule, entry.slot);
        let page = &self.pages[schedule];
        if at >= page.closes_at() {
            return;
        }
        let mut away = vec![(entry.patient, entry.cluster)];
        let how = match (&entry.offer, policy) {
            (Some(offer), _) if !entry.booked => {
                away.extend(&offer.away);
                let wait = &self.waits[offer.wait];
                away.extend(wait.clusters.iter().map(|it| (wait.patient, *it)));
                How::Next(offer.batch)
            }
            (_, ReturnPolicy::AtOnce) => return,
            (_, ReturnPolicy::Delay { ms }) => How::At(at.saturating_add(ms)),
            (_, ReturnPolicy::NextOpening) => {
                let days = (at - page.opens_at()) / DAY + 1;
                How::At(page.opens_at() + days * DAY)
            }
            (_, ReturnPolicy::Never) => How::Never,
            _ => How::Drawn,
        };
        self.rests.push(Rest {
            schedule,
            slot,
            from: at,
            away,
            how,
            seen: None,
        });
    }

    pub(super) fn is_resting(&self, schedule: usize, slot: u16) -> bool {
        self.rests
            .iter()
            .any(|rest| (rest.schedule, rest.slot) == (schedule, slot))
    }

    /// Somebody else has a say: a late payment, or the hospital.
    pub(super) fn rest_no_more(&mut self, schedule: usize, slot: Option<u16>) {
        self.rests
            .retain(|rest| rest.schedule != schedule || slot.is_some_and(|slot| slot != rest.slot));
    }

    /// What is known returns when it has rested; what is drawn as it was heard, if it may.
    pub(super) fn follow(&mut self, now: u64, heard: &mut Vec<Line>) {
        while let Some(nth) = self
            .rests
            .iter()
            .position(|rest| matches!(rest.how, How::At(due) if due <= now))
        {
            let Rest { schedule, slot, .. } = self.rests.remove(nth);
            self.returned += 1;
            self.write_slot(now, schedule, slot, Did::Returned);
        }
        // Of slots that return together it is first decided who has one.
        let mut batches = BTreeMap::new();
        for free in [false, true] {
            let mut next = 0;
            while next < heard.len() {
                let line = heard[next];
                let concerns = match line.did {
                    Did::Held { .. } => !free,
                    Did::Returned => free,
                    _ => false,
                };
                match self.drawn(&line).filter(|_| concerns) {
                    None => next += 1,
                    Some(nth) => {
                        heard.remove(next);
                        let rest = self.rests.remove(nth);
                        self.offer(now, rest, line, &mut batches);
                    }
                }
            }
        }
    }

    /// Where a slot rests, if what was heard is the next that happened to it.
    fn drawn(&self, line: &Line) -> Option<usize> {
        self.rests.iter().position(|rest| {
            (rest.schedule, rest.slot) == (line.schedule, line.slot)
                && matches!(rest.how, How::Drawn | How::Next(_))
                && self.pages[rest.schedule].versions[usize::from(rest.slot) - 1] + 1
                    == line.version
        })
    }

    /// In other schedules whoever comes by may see to what is due, or let it lie.
    pub(super) fn notice_what_was_noticed(&mut self, now: u64, heard: &[Line]) {
        for line in heard.iter().filter(|line| line.did == Did::Expired) {
            if let Some(hold) = line.hold.filter(|&hold| {
                self.entries
                    .get(hold)
                    .is_some_and(|entry| entry.is_due(now))
            }) {
                self.expire(now, hold);
            }
        }
    }

    /// A slot that has rested was offered to somebody, or to all.
    fn offer(&mut self, now: u64, rest: Rest, line: Line, batches: &mut BTreeMap<usize, usize>) {
        let (schedule, slot) = (rest.schedule, rest.slot);
        // An offer that lapsed counts as well: it rests for no time.
        self.returned += 1;
        let batch = match rest.how {
            How::Next(batch) => batch,
            _ => {
                let times = self.moments_of(&rest);
                let after = |seen: u64| times.iter().any(|(_, last)| *last > seen);
                if times.iter().all(|(first, _)| *first > now)
                    || rest.seen.is_some_and(|it| !after(it))
                {
                    self.complain(now, format!("{line:?}: returns are due at {times:?}"));
                }
                let batch = *batches.entry(schedule).or_insert_with(|| {
                    let entrants =
                        (0..self.waits.len()).filter(|&it| self.waits[it].is_for(schedule));
                    let entrants = entrants.filter(|&it| self.fate(now, it) == Fate::Waiting);
                    let entrants = entrants.map(|wait| {
                        let known = &self.waits[wait];
                        Entrant {
                            wait,
                            clusters: known.clusters.clone(),
                            strikes: known.strikes,
                            displaced: known.displaced,
                        }
                    });
                    let entrants = entrants.collect();
                    self.batches.push(Batch {
                        entrants,
                        among_first: Vec::new(),
                        moments: times.clone(),
                        may_be_two: false,
                    });
                    self.batches.len() - 1
                });
                self.batches[batch].may_be_two |= self.batches[batch].moments != times;
                batch
            }
        };
        let still = &self.batches[batch].entrants;
        let still: Vec<usize> = still
            .iter()
            .map(|it| it.wait)
            .filter(|&it| self.fate(now, it) == Fate::Waiting)
            .collect();
        let away = |wait: usize| {
            let wait = &self.waits[wait];
            let among = |it: &Cluster| rest.away.iter().any(|(_, cluster)| cluster == it);
            rest.away.iter().any(|(by, _)| *by == wait.patient) || wait.clusters.iter().all(among)
        };
        let (near, _far): (Vec<usize>, Vec<usize>) = still.into_iter().partition(|&it| !away(it));
        let (barred, able): (Vec<usize>, Vec<usize>) = near
            .into_iter()
            .partition(|&it| self.barred(now, self.waits[it].patient, schedule).is_some());
        let reasons = barred
            .iter()
            .filter_map(|&it| Some((it, self.barred(now, self.waits[it].patient, schedule)?)));
        let reasons: Vec<(usize, Refusal)> = reasons.collect();
        let taker = able
            .iter()
            .copied()
            .find(|&it| Some(self.waits[it].patient) == line.patient);
        match (line.did, taker) {
            (Did::Held { .. }, Some(taker)) => {
                self.judge_order(now, batch, taker, &able, line);
                self.may_be_passed.extend(reasons);
                let (patient, cluster) = (self.waits[taker].patient, self.waits[taker].clusters[0]);
                let hold = self.enter(now, patient, schedule, slot, State::Held);
                let away = rest.away;
                self.entries[hold].cluster = cluster;
                self.entries[hold].offer = Some(Offer {
                    batch,
                    wait: taker,
                    away,
                });
                let expires_at = self.entries[hold].expires_at;
                self.waits[taker].fate = Fate::Won(hold, expires_at);
                if !self.is_displaced(now, patient) {
                    let own = self.waits.iter_mut().filter(|it| it.patient == patient);
                    own.for_each(|it| it.displaced = false);
                }
                self.write(now, hold, Did::Held { expires_at });
            }
            (Did::Returned, _) => {
                if !able.is_empty() {
                    let whom: Vec<u8> = able.iter().map(|&it| self.waits[it].patient).collect();
                    self.complain(now, format!("{line:?}: free, though {whom:?} wait for it"));
                }
                // Nobody was left before whom the draw would have ended.
                self.must_be_passed.extend(reasons);
                self.write_slot(now, schedule, slot, Did::Returned);
            }
            _ => self.complain(
                now,
                format!("{line:?}: offered to whom it may not be; {able:?} may have it"),
            ),
        }
    }

    /// Those whom a draw puts behind the others for certain, it does; by what was known of them when it was made.
    fn judge_order(&mut self, now: u64, batch: usize, taker: usize, able: &[usize], line: Line) {
        let Batch {
            entrants,
            among_first,
            may_be_two,
            ..
        } = &self.batches[batch];
        if *may_be_two {
            return;
        }
        let entrant = |it: usize| entrants.iter().find(|entrant| entrant.wait == it);
        let cap = Rules::WAITLIST.cluster_cap as usize;
        // One cluster that keeps them among the first suffices.
        let crowd = |of: &Cluster| {
            let all = entrants.iter().filter(|it| it.clusters.contains(of));
            all.count()
        };
        let ahead = |it: usize| entrant(it).is_some_and(|it| it.displaced);
        let first = |it: usize| {
            entrant(it)
                .is_some_and(|it| it.strikes < 2 && it.clusters.iter().any(|it| crowd(it) <= cap))
        };
        let full = |of: &Cluster| {
            let all = among_first.iter().filter_map(|it| entrant(*it));
            all.filter(|it| it.clusters[..] == [*of]).count() >= cap
        };
        let last = entrant(taker).is_some_and(|it| it.strikes > 2 || it.clusters.iter().all(full));
        // Going ahead is for those whom the cap and their weight keep among the first.
        let before = |&it: &usize| first(it) && (last || (ahead(it) && !ahead(taker)));
        if able.iter().any(before) {
            let why = format!(
                "{line:?}: {able:?} may have it, and there is one to be drawn before: {:?}",
                self.batches[batch]
            );
            self.complain(now, why);
        } else if able.iter().any(|&it| it != taker && first(it)) {
            self.batches[batch].among_first.push(taker);
        }
    }

    /// Why this patient is passed over, if it is their turn.
    fn barred(&self, now: u64, patient: u8, schedule: usize) -> Option<Refusal> {
        if self.has_slot(now, patient, schedule) {
            return Some(Refusal::AlreadyHolds);
        }
        let rule = Rule::LiveHolds;
        (self.live_holds(now, patient) >= self.rules.live_holds_max as usize)
            .then_some(Refusal::Rule { rule })
    }

    /// One batch in each so many milliseconds, after so many of rest; `None` so late that a slot returns at once.
    fn interval_of(&self, rest: &Rest) -> Option<(u64, u64)> {
        let rules = Rules::WAITLIST.returns;
        let terms = &self.pages[rest.schedule].terms;
        let ends_at = terms.closes_at.unwrap_or(terms.starts_at);
        let ends_at = ends_at.min(terms.starts_at).as_millis();
        let left = ends_at.saturating_sub(rest.from);
        if left < rules.at_once_ms {
            return None;
        }
        let shorter = rules.quiet_ms * rules.near_interval_ms / rules.interval_ms;
        Some(match left < rules.near_ms {
            true => (rules.near_interval_ms, shorter),
            false => (rules.interval_ms, rules.quiet_ms),
        })
    }

    /// When a slot that is drawn may return: from, to, either included. One moment in each interval, in its first half.
    fn moments_of(&self, rest: &Rest) -> Vec<(u64, u64)> {
        let Some((interval, quiet)) = self.interval_of(rest) else {
            return vec![(rest.from, rest.from)];
        };
        let rested = rest.from + quiet;
        let mut times = Vec::new();
        for number in [rested / interval, rested / interval + 1] {
            let (begin, end) = (number * interval, number * interval + interval / 2 - 1);
            match self.moments.get(&(rest.schedule, interval, number)) {
                Some(&moment) if moment >= rested => {
                    times.push((moment, moment));
                    break;
                }
                Some(_) => {}
                None if end < rested => {}
                None => times.push((begin.max(rested), end)),
            }
        }
        times
    }

    /// Nothing that is due is left lying. And then it was looked at.
    pub(super) fn nothing_is_overdue(&mut self, now: u64) {
        for nth in 0..self.rests.len() {
            let rest = self.rests[nth].clone();
            let late = match rest.how {
                How::At(_) | How::Never => false,
                How::Next(_) => true,
                How::Drawn => self.moments_of(&rest).iter().all(|(_, last)| *last <= now),
            };
            if late {
                let (schedule, slot) = (rest.schedule, rest.slot);
                let from = rest.from;
                self.complain(now, format!("slot {slot} of schedule {schedule} rests since {from} and should have returned"));
            }
            self.rests[nth].seen = Some(now);
        }
    }

    /// The next moment at which something happens, if the engine says that it is then; else why it can't be. What is drawn has its moment from the engine: once told, it stays.
    pub(crate) fn judge_deadline(&mut self, clock: u64, told: Option<u64>) -> Result<(), String> {
        let exact = self.next_deadline(clock);
        let mut drawn = Vec::new();
        for (nth, rest) in self
            .rests
            .iter()
            .enumerate()
            .filter(|(_, rest)| rest.how == How::Drawn)
        {
            let times = self.moments_of(rest);
            if !matches!(times[..], [(first, last)] if first == last) {
                drawn.push((nth, times));
            }
        }
        let latest = drawn
            .iter()
            .filter_map(|(_, times)| times.iter().map(|it| it.1).max());
        let latest = latest.chain(exact).min();
        if drawn.is_empty() || told == exact {
            return match told == exact && told <= latest.or(told) {
                true => Ok(()),
                false => Err(format!("{told:?}, not {exact:?}")),
            };
        }
        let at = told.filter(|&at| Some(at) <= latest);
        let at = at.ok_or_else(|| format!("{told:?}: {latest:?} at the latest"))?;
        let may = |times: &[(u64, u64)]| {
            times
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&at))
        };
        let those: Vec<usize> = drawn
            .iter()
            .filter(|(_, times)| may(times))
            .map(|(nth, _)| *nth)
            .collect();
        if let [nth] = those[..] {
            let rest = &self.rests[nth];
            if let Some((interval, _)) = self.interval_of(rest) {
                self.moments
                    .insert((rest.schedule, interval, at / interval), at);
            }
        }
        match those.is_empty() {
            true => Err(format!("{told:?} is no moment of {drawn:?}")),
            false => Ok(()),
        }
    }

    /// When slots return whose moment is known.
    pub(super) fn dues(&self) -> impl Iterator<Item = u64> {
        self.rests.iter().filter_map(|rest| match rest.how {
            How::At(due) => Some(due),
            How::Drawn => match self.moments_of(rest)[..] {
                [(first, last)] if first == last => Some(first),
                _ => None,
            },
            How::Never | How::Next(_) => None,
        })
    }

    /// When slots may return, for whoever wants to be there.
    pub(crate) fn returns(&self) -> Vec<u64> {
        let drawn = self.rests.iter().filter(|rest| rest.how == How::Drawn);
        let edges = drawn.flat_map(|rest| self.moments_of(rest));
        self.dues()
            .chain(edges.flat_map(|(first, last)| [first, last]))
            .collect()
    }
}
