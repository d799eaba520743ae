//! The table of ratios: how fast is the engine, held against what the machine can do and against what one would otherwise write?
//!
//! `cargo bench --bench ratios -- --help` says how to run it; the performance chapter says what the rows mean. No
//! absolute time is promised, and none decides anything here: a goal that was missed is printed, and only `--check` makes it an error.

mod admitted;
mod admitted_full;
mod args;
mod bytes;
mod draw;
mod flash;
mod floor;
mod hospital;
mod limiter;
mod machine;
mod material;
mod peer;
mod redis;
mod report;
mod round;
mod settle;
mod sold_out;
mod world;

use std::io::Write;
use std::process::ExitCode;

use args::Args;
use report::Row;
use round::Rounds;

/// What measures one or more rows.
type Measure = fn(&Args, Rounds) -> Vec<Row>;

/// Rows that are measured together.
struct Group {
    rows: &'static [&'static str],
    measure: Measure,
}

const GROUPS: &[Group] = &[
    Group {
        rows: &["sold_out", "sold_out_named"],
        measure: sold_out::single,
    },
    Group {
        rows: &["refusal_with_gate"],
        measure: sold_out::with_gate,
    },
    Group {
        rows: &["sold_out_scaling"],
        measure: sold_out::scaling,
    },
    Group {
        rows: &["sold_out_vs_dashmap_1t", "sold_out_vs_dashmap_2t"],
        measure: sold_out::vs_dashmap,
    },
    Group {
        rows: &["sold_out_vs_redis_get", "sold_out_vs_redis_lua"],
        measure: sold_out::vs_redis,
    },
    Group {
        rows: &[
            "admitted_1t",
            "admitted_vs_floor_single",
            "admitted_vs_floor_batch",
            "admitted_vs_lines_single",
            "admitted_vs_lines_batch",
            "batch",
        ],
        measure: admitted::rows,
    },
    Group {
        rows: &["admitted_2t", "admitted_batch_2t"],
        measure: admitted::rows_of_two,
    },
    Group {
        rows: &["admitted_full_1t", "admitted_full_batch_1t"],
        measure: admitted_full::rows,
    },
    Group {
        rows: &["admitted_full_2t", "admitted_full_batch_2t"],
        measure: admitted_full::rows_of_two,
    },
    Group {
        rows: &["flash_vs_naive", "flash_vs_peek"],
        measure: flash::rows,
    },
    Group {
        rows: &["tail_no", "tail_yes"],
        measure: flash::tails,
    },
    Group {
        rows: &["limiter_deny_1t", "limiter_deny_2t"],
        measure: limiter::deny,
    },
    Group {
        rows: &["limiter_1m"],
        measure: limiter::million,
    },
    Group {
        rows: &["limiter_flood_growth", "limiter_flood_leak"],
        measure: limiter::flood,
    },
    Group {
        rows: &["bytes_slot", "bytes_idle_patient", "bytes_booking"],
        measure: bytes::rows,
    },
    Group {
        rows: &["world_bytes", "world_build"],
        measure: world::rows,
    },
    Group {
        rows: &["confirm", "cancel", "exchange", "expire"],
        measure: settle::rows,
    },
    Group {
        rows: &["draw_1m"],
        measure: draw::draw,
    },
    Group {
        rows: &["entry", "entry_bare", "entry_engine"],
        measure: draw::entry_rows,
    },
];

fn main() -> ExitCode {
    let known: Vec<&str> = GROUPS
        .iter()
        .flat_map(|group| group.rows)
        .copied()
        .collect();
    let args = match Args::read(std::env::args().skip(1), &known) {
        Ok(args) => args,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(if text == args::HELP { 0 } else { 2 });
        }
    };
    if let Some(schedules) = args.world {
        world::child(schedules);
        return ExitCode::SUCCESS;
    }
    // A smoke test needs no quiet machine.
    if !args.quick
        && let Some(code) = machine::again()
    {
        return code;
    }
    let missed = run(&args);
    ExitCode::from(u8::from(args.check && missed))
}

/// Runs what is wanted, row after row; whether one missed its goal.
fn run(args: &Args) -> bool {
    let rounds = if args.quick {
        Rounds {
            warm_up: 1,
            counted: 2,
        }
    } else {
        Rounds {
            warm_up: 2,
            counted: 9,
        }
    };
    if !args.json {
        say(&report::head());
    }
    let mut missed = false;
    for group in GROUPS {
        let wanted = |row: &str| args.wants(row);
        if !group.rows.iter().any(|row| wanted(row)) {
            continue;
        }
        for row in (group.measure)(args, rounds) {
            if wanted(row.name) {
                missed |= row.is_missed();
                say(&if args.json { row.json() } else { row.line() });
            }
        }
    }
    missed
}

/// A line to standard output; whoever has closed it wants no more.
fn say(line: &str) {
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}
