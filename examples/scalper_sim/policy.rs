//! A hospital's own way to open, read from a file.

use std::path::Path;

use fairslot::line::Quota;
use fairslot::{EntryWindow, Limit, ReturnPolicy};
use serde::Deserialize;

use crate::json;
use crate::mechanism::{ALL_PPM, CELLS, Limits, Mechanism, Opens, Returns, Rules};

/// A file larger than this is not a policy.
const BYTES_MAX: u64 = 64 * 1024;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// All that is given up in an afternoon is given up within an hour, and has returned before the next day.
const DELAY_MIN_MS: u64 = HOUR_MS;
const DELAY_MAX_MS: u64 = 12 * HOUR_MS;

/// The file, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    opening: Opening,
    window_ms: Option<u64>,
    entry_before_ms: Option<u64>,
    /// Left out: 3. `null`: none.
    #[serde(default, deserialize_with = "given")]
    cluster_cap: Option<Option<u32>>,
    suspect_weight: Option<f64>,
    #[serde(default)]
    returns: ReturnsBy,
    /// Left out: 3. `null`: none.
    #[serde(default, deserialize_with = "given")]
    returns_cap: Option<Option<u32>>,
    quota: Option<QuotaOf>,
    #[serde(default)]
    limits: LimitsOf,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Opening {
    FirstCome,
    #[default]
    Lottery,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum ReturnsBy {
    #[default]
    AtOnce,
    Draw,
    DelayMs(u64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaOf {
    window_days: Option<u16>,
    weight: Option<f64>,
    rest_days: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsOf {
    patient: Option<Pace>,
    device: Option<Pace>,
    network: Option<Pace>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pace {
    requests: u32,
    period_ms: u64,
    burst: u32,
}

/// Tells `null` from nothing.
fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Reads a policy, and tries it out: an engine is built with it.
pub(crate) fn read(path: &Path) -> Result<&'static Mechanism, String> {
    let wrong = |why: String| {
        let path = path.to_string_lossy();
        format!("--policy {}: {why}", path.escape_debug())
    };
    let size = std::fs::metadata(path).map_err(|why| wrong(format!("cannot be read: {why}")))?;
    if size.is_file() && size.len() > BYTES_MAX {
        return Err(wrong(format!("is larger than {BYTES_MAX} bytes")));
    }
    let text =
        std::fs::read_to_string(path).map_err(|why| wrong(format!("cannot be read: {why}")))?;
    let mechanism = parse(&text).map_err(wrong)?;
    // It lives as long as the program.
    Ok(Box::leak(Box::new(mechanism)))
}

fn parse(text: &str) -> Result<Mechanism, String> {
    let file: File = json::read(text.as_bytes())?;
    let mechanism = Mechanism {
        name: "policy",
        what: "the policy of the file",
        chinese: "所给方案",
        opens: file.opens()?,
        limits: file.limits.limits(),
        slow: None,
        returns: file.returns()?,
    };
    mechanism.desk(0)?;
    Ok(mechanism)
}

fn most(field: &str, value: u64, most: u64) -> Result<u64, String> {
    if value <= most {
        Ok(value)
    } else {
        Err(format!("{field} is {value}; it must be at most {most}"))
    }
}

impl File {
    fn returns(&self) -> Result<Returns, String> {
        let policy = match self.returns {
            ReturnsBy::AtOnce => ReturnPolicy::AtOnce,
            ReturnsBy::Draw => ReturnPolicy::Draw,
            ReturnsBy::DelayMs(ms) => ReturnPolicy::Delay {
                ms: most("returns.delay_ms", ms, DELAY_MAX_MS)?,
            },
        };
        let drawn = [
            ("returns_cap", self.returns_cap.is_some()),
            ("quota", self.quota.is_some()),
        ];
        if let Some((field, _)) = drawn.iter().find(|it| it.1 && policy != ReturnPolicy::Draw) {
            return Err(format!("{field} is for slots that return by \"draw\""));
        }
        // The simulated scripts are there a little before a slot returns, and the bookings are given up before the first of them does.
        if let ReturnPolicy::Delay { ms } = policy
            && ms < DELAY_MIN_MS
        {
            return Err(format!(
                "returns.delay_ms is {ms}; it must be at least {DELAY_MIN_MS} to be simulated"
            ));
        }
        let quota = self.quota.as_ref().map(QuotaOf::quota).transpose()?;
        Ok(Returns {
            policy,
            cap: self.returns_cap.unwrap_or(Some(3)),
            quota,
        })
    }

    fn opens(&self) -> Result<Opens, String> {
        if self.opening == Opening::FirstCome {
            let drawn = [
                ("window_ms", self.window_ms.is_some()),
                ("entry_before_ms", self.entry_before_ms.is_some()),
                ("cluster_cap", self.cluster_cap.is_some()),
                ("suspect_weight", self.suspect_weight.is_some()),
            ];
            return match drawn.iter().find(|(_, given)| *given) {
                None => Ok(Opens::FirstCome),
                Some((field, _)) => Err(format!(
                    "{field} is for the opening \"lottery\", and it is \"first_come\""
                )),
            };
        }
        let window = match self.window_ms {
            None => EntryWindow::ADAPTIVE,
            Some(ms) => EntryWindow::Fixed {
                ms: most("window_ms", ms, HOUR_MS)?,
            },
        };
        Ok(Opens::Lottery(Rules {
            entry_before_ms: most("entry_before_ms", self.entry_before_ms.unwrap_or(0), DAY_MS)?,
            window,
            cap: self.cluster_cap.unwrap_or(Some(3)),
            weight_ppm: ppm("suspect_weight", 1, self.suspect_weight.unwrap_or(0.2))?,
        }))
    }
}

/// A share in millionths, so many at least.
fn ppm(field: &str, least: u32, weight: f64) -> Result<u32, String> {
    let ppm = (weight * f64::from(ALL_PPM)).round();
    if (f64::from(least)..=f64::from(ALL_PPM)).contains(&ppm) {
        Ok(ppm as u32)
    } else {
        let least = f64::from(least) / f64::from(ALL_PPM);
        Err(format!("{field} is {weight}; it must be from {least} to 1"))
    }
}

impl QuotaOf {
    fn quota(&self) -> Result<Quota, String> {
        let default = Quota::default();
        let weight_ppm = self.weight.map(|it| ppm("quota.weight", 0, it));
        Ok(Quota {
            window_days: self.window_days.unwrap_or(default.window_days),
            weight_ppm: weight_ppm.transpose()?.unwrap_or(default.weight_ppm),
            rest_days: self.rest_days.unwrap_or(default.rest_days),
            ..default
        })
    }
}

impl LimitsOf {
    fn limits(&self) -> Limits {
        let limit = |pace: &Option<Pace>| {
            pace.as_ref().map(|pace| Limit {
                cells: CELLS,
                ..Limit::new(pace.requests, pace.period_ms, pace.burst)
            })
        };
        Limits {
            patient: limit(&self.patient),
            device: limit(&self.device),
            network: limit(&self.network),
        }
    }
}
