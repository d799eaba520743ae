//! The pipe from outside: lines in, lines out. The door is the example's own, driven in-process; `binary` runs the example itself.

#[path = "../../examples/pipe/answer.rs"]
mod answer;
#[path = "../../examples/pipe/asked.rs"]
mod asked;
#[path = "../../examples/pipe/behaviour.rs"]
mod behaviour;
#[path = "../../examples/pipe/beyond.rs"]
mod beyond;
#[path = "../../examples/pipe/counters.rs"]
mod counters;
#[path = "../../examples/pipe/door.rs"]
mod door;
#[path = "../../examples/pipe/draws.rs"]
mod draws;
#[path = "../../examples/pipe/events.rs"]
mod events;
#[path = "../../examples/pipe/evidence.rs"]
mod evidence;
#[path = "../../examples/pipe/field.rs"]
mod field;
#[path = "../../examples/pipe/json.rs"]
mod json;
#[path = "../../examples/pipe/line.rs"]
mod line;
#[cfg_attr(feature = "evidence", path = "../../examples/pipe/log.rs")]
#[cfg_attr(not(feature = "evidence"), path = "../../examples/pipe/no_log.rs")]
mod log;
#[path = "../../examples/pipe/plan.rs"]
mod plan;
#[path = "../../examples/pipe/publish.rs"]
mod publish;
#[path = "../../examples/pipe/settings.rs"]
mod settings;
#[path = "../../examples/pipe/stop.rs"]
mod stop;
#[path = "../../examples/pipe/verbs.rs"]
mod verbs;

mod bad_fields;
mod bad_lines;
mod binary;
mod challenge;
mod exchange;
mod heard;
mod holds;
mod impossible;
mod labels;
mod lines;
mod lottery;
mod memory;
mod mine;
mod noted;
mod plans;
mod publicity;
mod random;
mod random_beyond;
mod refused_asking;
mod refused_settling;
mod returns;
mod story;
mod strict;
mod support;
mod switch;
mod table;
mod time;
mod turns;
mod waitlist;
mod withdrawal;
