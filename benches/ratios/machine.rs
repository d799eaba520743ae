//! The machine: its clock, its cores, its scheduler, its pages.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

/// Set in the process that measures: the one that started it.
const STARTED_BY: &str = "FAIRSLOT_RATIOS_PARENT";

/// Nanoseconds since the first call.
#[expect(
    clippy::disallowed_methods,
    reason = "what a call takes is measured, never decided by"
)]
#[inline]
pub(crate) fn now_ns() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(Instant::now);
    // A run lasts minutes.
    Instant::now().duration_since(start).as_nanos() as u64
}

pub(crate) fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Keeps this thread on one core, if `taskset` is there to ask; the crate has no unsafe code, and std has no word for it.
pub(crate) fn pin(index: usize) {
    if let Ok(me) = std::fs::read_link("/proc/thread-self")
        && let Some(id) = me.file_name().and_then(|id| id.to_str())
    {
        let core = (index % cores()).to_string();
        let mut taskset = Command::new("taskset");
        taskset.args(["-cp", &core, id]);
        for stream in [Command::stdin, Command::stdout, Command::stderr] {
            stream(&mut taskset, Stdio::null());
        }
        // Not there, or not allowed: then the scheduler decides.
        let _ = taskset.status();
    }
}

/// Runs this program again as it should be measured, and says how that ended; `None` in the process that measures, or where that
/// cannot be done.
///
/// * In a session of its own, because on a kernel with `sched_autogroup_enabled` a nice value ranks only within one.
/// * With glibc asked for huge pages, which halve what a cache miss costs: for both sides of every ratio.
pub(crate) fn again() -> Option<ExitCode> {
    if std::env::var_os(STARTED_BY).is_some() {
        // Needs root; without it the run is as good as the machine is quiet.
        let _ = std::fs::write("/proc/self/autogroup", "-19");
        return None;
    }
    let me = std::env::current_exe().ok()?;
    let mut command = if Path::new("/usr/bin/setsid").exists() {
        let mut setsid = Command::new("/usr/bin/setsid");
        setsid.arg("--wait").arg(me);
        setsid
    } else {
        Command::new(me)
    };
    let status = command
        .args(std::env::args_os().skip(1))
        .env(STARTED_BY, std::process::id().to_string())
        .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
        .status()
        .ok()?;
    // An exit code is a byte; a signal has none.
    Some(ExitCode::from(status.code().unwrap_or(101) as u8))
}

/// Ends a process whose starter was killed: it is in a session of its own, where an interrupt doesn't reach it.
pub(crate) fn end_if_orphaned() {
    if let Some(parent) = std::env::var_os(STARTED_BY)
        && Path::new("/proc/self").exists()
        && !Path::new("/proc").join(parent).exists()
    {
        std::process::exit(130);
    }
}

/// Resident memory of this process in bytes, where the kernel says.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
