//! The slow queue with lists: every question is answered by going through all of them.

use fairslot::line::{How, SlowQueue};

/// Patient and schedule.
pub(crate) type Name = (u64, u64);

#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) name: Name,
    pub(crate) since: u64,
    /// Counts up over all tickets.
    number: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) cluster: u64,
    pub(crate) every: u64,
    /// Its next round, and when in it: whoever was put first is first.
    round: u64,
    place: u64,
    /// When it became as long as it is.
    became: u64,
    /// A person's tickets, people in the order of their turns.
    people: Vec<(u64, Vec<Waiting>)>,
}

impl Group {
    pub(crate) fn len(&self) -> usize {
        self.people.iter().map(|(_, own)| own.len()).sum()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Plain {
    settings: SlowQueue,
    pub(crate) groups: Vec<Group>,
    round: u64,
    counter: u64,
    /// The next turn, in parts of a millisecond of which there are as many as turns in a period.
    next: u128,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    New,
    Again,
    TurnedAway,
}

impl Plain {
    pub(crate) fn new(settings: SlowQueue) -> Self {
        Self {
            settings,
            groups: Vec::new(),
            round: 0,
            counter: 0,
            next: 0,
        }
    }

    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn each(&self) -> impl Iterator<Item = &Waiting> {
        self.groups
            .iter()
            .flat_map(|group| group.people.iter().flat_map(|(_, own)| own))
    }

    pub(crate) fn len(&self) -> usize {
        self.each().count()
    }

    pub(crate) fn has(&self, name: Name) -> bool {
        self.each().any(|it| it.name == name)
    }

    pub(crate) fn join(
        &mut self,
        name: Name,
        cluster: u64,
        every: u64,
        now: u64,
        ended: &mut Vec<(Name, How)>,
    ) -> Answer {
        if self.has(name) {
            return Answer::Again;
        }
        if self.len() == self.settings.capacity as usize {
            let own = self.groups.iter().find(|group| group.cluster == cluster);
            let longest = self
                .groups
                .iter()
                .max_by_key(|group| (group.len(), group.became))
                .expect("it is full");
            if own.map_or(0, Group::len) + 1 >= longest.len() {
                return Answer::TurnedAway;
            }
            let all = longest.people.iter().flat_map(|(_, own)| own);
            let newest = all.max_by_key(|it| it.number).expect("not empty").name;
            self.strike(newest);
            ended.push((newest, How::Displaced));
        }
        if self.len() == 0 {
            let first = u128::from(now + self.settings.first_after_ms);
            let turns = u128::from(self.settings.turns);
            self.next = self.next.max(first * turns);
        }
        let (number, place, became) = (self.count(), self.count(), self.count());
        let at = self
            .groups
            .iter()
            .position(|group| group.cluster == cluster);
        let at = at.unwrap_or_else(|| {
            self.groups.push(Group {
                cluster,
                every,
                round: self.round + every,
                place,
                became,
                people: Vec::new(),
            });
            self.groups.len() - 1
        });
        let group = &mut self.groups[at];
        (group.every, group.became) = (every, became);
        let waiting = Waiting {
            name,
            since: now,
            number,
        };
        match group.people.iter_mut().find(|(who, _)| *who == name.0) {
            Some((_, own)) => own.push(waiting),
            None => group.people.push((name.0, vec![waiting])),
        }
        Answer::New
    }

    /// Takes one out, and with it the person and the cluster that have nothing left.
    pub(crate) fn strike(&mut self, name: Name) -> bool {
        let became = self.count();
        for group in &mut self.groups {
            for (_, own) in &mut group.people {
                if let Some(at) = own.iter().position(|it| it.name == name) {
                    own.remove(at);
                    group.became = became;
                    group.people.retain(|(_, own)| !own.is_empty());
                    self.groups.retain(|group| !group.people.is_empty());
                    return true;
                }
            }
        }
        false
    }

    pub(crate) fn serve(&mut self) -> Option<Name> {
        let (place, became) = (self.count(), self.count());
        let group = self
            .groups
            .iter_mut()
            .min_by_key(|group| (group.round, group.place))?;
        self.round = group.round;
        (group.round, group.place) = (group.round + group.every, place);
        group.became = became;
        let (who, mut own) = group.people.remove(0);
        let name = own.remove(0).name;
        if !own.is_empty() {
            group.people.push((who, own));
        }
        self.groups.retain(|group| !group.people.is_empty());
        Some(name)
    }

    pub(crate) fn drain(&mut self, now: u64, most: usize) -> Vec<(Name, How)> {
        let mut ended = Vec::new();
        while ended.len() < most {
            let oldest = self.each().min_by_key(|it| it.number);
            let late = oldest.filter(|it| now - it.since >= self.settings.wait_max_ms);
            if let Some(name) = late.map(|it| it.name) {
                self.strike(name);
                ended.push((name, How::TimedOut));
                continue;
            }
            if self.next > u128::from(now) * u128::from(self.settings.turns) {
                break;
            }
            let Some(name) = self.serve() else { break };
            self.next += u128::from(self.settings.period_ms);
            ended.push((name, How::Served));
        }
        ended
    }
}
