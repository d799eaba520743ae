//! How somebody behaves: the verdict in words, and labels that go from one engine to another.

use std::collections::HashMap;
use std::hash::Hash;

use fairslot::{Behaved, Label, Labels, Language, Mark, Marked};
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::door::Door;
use super::field::{Field, Identity};
use super::json::Value;
use super::line::Line;
use super::stop::Stop;
use super::verbs::Answered;

/// All that can be said of somebody.
const LABELS: [Label; 12] = [
    Label::Early,
    Label::Rate,
    Label::Metronome,
    Label::FanOutPatients,
    Label::FanOutDevices,
    Label::FanOutDoctors,
    Label::SoldOutHammer,
    Label::HoldDrop,
    Label::CancelRatio,
    Label::HandoffPair,
    Label::ChannelTrusted,
    Label::Blocklisted,
];

impl Field for Label {
    const KIND: &'static str = "the name of a label";

    fn from_value(value: Value) -> Option<Self> {
        let name = String::from_value(value)?;
        LABELS.into_iter().find(|label| label.name() == name)
    }
}

impl Field for Language {
    const KIND: &'static str = "\"english\" or \"chinese\"";

    fn from_value(value: Value) -> Option<Self> {
        match String::from_value(value)?.as_str() {
            "english" => Some(Self::English),
            "chinese" => Some(Self::Chinese),
            _ => None,
        }
    }
}

impl Door {
    pub(super) fn verdict(&self, mut line: Line) -> Answered {
        let language = line.maybe("language")?.unwrap_or(Language::English);
        let request = self.asked(&mut line)?;
        self.at(line)?;
        let verdict = self.engine.verdict(&request);
        let labels = verdict.labels.iter();
        let labels = labels.map(|it| json!({"label": it.label.name(), "points": it.points}));
        Ok(Answer::Told(json!({
            "score": verdict.score,
            "suspicion": verdict.suspicion(),
            "labels": labels.collect::<Vec<_>>(),
            "explained": verdict.explain(language),
            "device": verdict.features.device.as_ref().map(figures),
            "account": verdict.features.account.as_ref().map(figures),
            "policy_version": verdict.policy_version,
        })))
    }

    pub(super) fn import_labels(&self, mut line: Line) -> Answered {
        let mut labels = Labels::default();
        line.set("policy_version", &mut labels.policy_version)?;
        labels.devices = line.objects("devices", marked)?.unwrap_or_default();
        labels.accounts = line.objects("accounts", marked)?.unwrap_or_default();
        self.at(line)?;
        let imported = self.engine.import_labels(&labels);
        Ok(Answer::Told(json!({
            "taken": imported.taken, "expired": imported.expired, "no_room": imported.no_room,
        })))
    }

    /// What it tells can be imported as it is.
    pub(super) fn export_labels(&self, mut line: Line) -> Answered {
        let devices: Vec<Identity> = line.maybe("devices")?.unwrap_or_default();
        let accounts: Vec<Identity> = line.maybe("accounts")?.unwrap_or_default();
        self.at(line)?;
        let devices = Named::new(devices, fairslot::DeviceId::from_text);
        let accounts = Named::new(accounts, fairslot::AccountId::from_text);
        let labels = self.engine.export_labels(&devices.ids, &accounts.ids);
        Ok(Answer::Told(json!({
            "policy_version": labels.policy_version,
            "devices": devices.told(&labels.devices),
            "accounts": accounts.told(&labels.accounts),
        })))
    }
}

/// Identities with the texts that they were asked by.
struct Named<Id> {
    ids: Vec<Id>,
    texts: HashMap<Id, String>,
}

impl<Id: Copy + Eq + Hash> Named<Id> {
    fn new(texts: Vec<Identity>, id: fn(&str) -> Id) -> Self {
        let ids = texts.iter().map(|text| id(&text.0)).collect();
        let texts = texts.into_iter().map(|text| (id(&text.0), text.0));
        Self {
            ids,
            texts: texts.collect(),
        }
    }

    fn told(&self, marked: &[Marked<Id>]) -> Vec<Json> {
        let mark = |it: &Mark| {
            let until = it.until.as_millis();
            json!({"label": it.label.name(), "points": it.points, "until": until})
        };
        let one = |it: &Marked<Id>| {
            let marks: Vec<Json> = it.marks.iter().map(mark).collect();
            json!({"id": self.texts.get(&it.id), "marks": marks})
        };
        marked.iter().map(one).collect()
    }
}

fn marked<Id: Field>(line: &mut Line) -> Result<Marked<Id>, Stop> {
    Ok(Marked {
        id: line.need("id")?,
        marks: line.objects("marks", mark)?.unwrap_or_default(),
    })
}

fn mark(line: &mut Line) -> Result<Mark, Stop> {
    Ok(Mark {
        label: line.need("label")?,
        points: line.number("points")?,
        until: line.need("until")?,
    })
}

/// What a device or an account was judged by.
fn figures(it: &Behaved) -> Json {
    json!({
        "rate": it.rate,
        "rate_peak": it.rate_peak,
        "gaps": it.gaps,
        "gap_mean": it.gap_mean,
        "gap_variation": it.gap_variation,
        "patients": it.patients,
        "doctors": it.doctors,
        "devices": it.devices,
        "dropped": it.dropped,
        "confirmed": it.confirmed,
        "cancelled": it.cancelled,
        "handed_off": it.handed_off,
    })
}
