//! The fields of one who asks for a slot.

use fairslot::{Answer, Group, Level, Request, Token};

use super::door::{Door, Words};
use super::line::Line;
use super::stop::Stop;

impl Door {
    pub(super) fn asked(&self, line: &mut Line) -> Result<Request, Stop> {
        let patient = line.need("patient")?;
        let mut request = match (line.maybe("schedule")?, line.maybe::<Vec<_>>("schedules")?) {
            (Some(schedule), None) => Request::new(patient, schedule),
            (None, Some(schedules)) => Request::any(patient, &schedules),
            _ => {
                return Err(Stop::BadLine(
                    "either field schedule or field schedules is needed".to_owned(),
                ));
            }
        };
        if let Some(account) = line.maybe("account")? {
            request = request.account(account);
        }
        if let Some(device) = line.maybe("device")? {
            request = request.device(device);
        }
        if let Some(network) = line.maybe("network")? {
            request = request.network(network);
        }
        if let Some(channel) = line.maybe("channel")? {
            request = request.channel(channel);
        }
        if let Some(id) = line.maybe("request_id")? {
            request = request.id(id);
        }
        match self.words {
            Words::Contract => Ok(request),
            Words::All => asked_beyond(line, request),
        }
    }
}

/// What the contract has no field for.
fn asked_beyond(line: &mut Line, mut request: Request) -> Result<Request, Stop> {
    if line.maybe("waitlist")? == Some(true) {
        request = request.waitlist();
    }
    for number in line.maybe::<Vec<u64>>("groups")?.unwrap_or_default() {
        if let Some(group) = group(line, "groups", number) {
            request = request.group(group);
        }
    }
    if let Some((token, number)) = line.object("answer", answer)? {
        request = request.answer(token, Answer::Number(number));
    }
    Ok(request)
}

/// A token as it was told, and the number that was found for it.
fn answer(line: &mut Line) -> Result<(Token, u64), Stop> {
    let number = line.need("number")?;
    let token = line.object("token", |token| {
        Ok(Token {
            // There is no other that this door asks for.
            level: Level::ProofOfWork,
            schedule: token.need("schedule")?,
            expires_at: token.need("expires_at")?,
            difficulty: token.number("difficulty")?,
            seal: token.need("seal")?,
        })
    })?;
    Ok((token.ok_or_else(|| Stop::missing("token"))?, number))
}

/// The group of that number; if there is none, the line will end in saying so.
pub(super) fn group(line: &mut Line, name: &str, number: u64) -> Option<Group> {
    let group = u8::try_from(number).ok().and_then(Group::new);
    if group.is_none() {
        line.reject(name, number, "1 to 16");
    }
    group
}
