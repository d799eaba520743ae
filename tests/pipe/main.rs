//! The pipe from outside: lines in, lines out. The door is the example's own, driven in-process; `binary` runs the example itself.

#[path = "../../examples/pipe/answer.rs"]
mod answer;
#[path = "../../examples/pipe/door.rs"]
mod door;
#[path = "../../examples/pipe/json.rs"]
mod json;
#[path = "../../examples/pipe/line.rs"]
mod line;
#[path = "../../examples/pipe/publish.rs"]
mod publish;
#[path = "../../examples/pipe/stop.rs"]
mod stop;
#[path = "../../examples/pipe/verbs.rs"]
mod verbs;

mod bad_fields;
mod bad_lines;
mod binary;
mod exchange;
mod holds;
mod impossible;
mod lines;
mod lottery;
mod memory;
mod random;
mod refused_asking;
mod refused_settling;
mod returns;
mod support;
mod table;
mod time;
mod withdrawal;
