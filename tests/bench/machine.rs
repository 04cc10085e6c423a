//! What was measured on: the machine, the versions, how long a flush takes, and CPU time by process.

use crate::{Failure, postgres};
use serde::Serialize;
use std::fmt;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::process::Command;
use std::time::{Duration, Instant};

/// Linux counts CPU time in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);
const FLUSHES: usize = 300;

/// Where the figures come from.
#[derive(Debug, Serialize)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_gib: f64,
    kernel: String,
    /// How TCP paces itself, on loopback too.
    congestion_control: String,
    load_before: f64,
    service: String,
    revision: String,
    postgres: String,
    postgres_from: String,
    pgbench: String,
    flush_microseconds: f64,
}

/// Looks around.
pub async fn look(postgres: &postgres::Server) -> Result<Machine, Failure> {
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let memory = field(&fs::read_to_string("/proc/meminfo")?, "MemTotal");
    let kib: f64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg")?;
    Ok(Machine {
        processor: field(&fs::read_to_string("/proc/cpuinfo")?, "model name"),
        cores: std::thread::available_parallelism()?.get(),
        memory_gib: (kib / 1_048_576.0 * 10.0).round() / 10.0,
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
        congestion_control: fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control")?
            .trim()
            .to_owned(),
        load_before: load
            .split(' ')
            .next()
            .and_then(|first| first.parse().ok())
            .unwrap_or_default(),
        service: env!("CARGO_PKG_VERSION").to_owned(),
        revision: output(Command::new("git").args(["describe", "--always", "--dirty"])),
        postgres: postgres.version().await?,
        postgres_from: postgres.origin().to_owned(),
        pgbench: output(Command::new(postgres.pgbench()).arg("--version")),
        flush_microseconds: flush_latency()?,
    })
}

fn output(command: &mut Command) -> String {
    let run = command.output().ok().filter(|run| run.status.success());
    run.map(|run| String::from_utf8_lossy(&run.stdout).trim().to_owned())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The median time to make 8 KiB durable by overwriting them, as a database does with its log.
fn flush_latency() -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("flush"))?;
    let block = [7_u8; 8_192];
    file.write_all(&block)?;
    file.sync_all()?;
    let mut took = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        file.seek(SeekFrom::Start(0))?;
        let began = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        took.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(crate::report::quantile(&took, 0.5))
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processor, cores, memory_gib, kernel, service, revision, postgres, pgbench, ..
        } = self;
        writeln!(out, "machine   {processor}, {cores} cores, {memory_gib} GiB, Linux {kernel}")?;
        writeln!(out, "network   loopback, TCP {}", self.congestion_control)?;
        writeln!(
            out,
            "service   partner-service {service} ({revision}), release build, default logging"
        )?;
        writeln!(out, "database  {postgres} ({}); {pgbench}", self.postgres_from)?;
        write!(
            out,
            "flush     {:.0} us (8 KiB, fdatasync, temporary folder)",
            self.flush_microseconds
        )?;
        if self.load_before > 0.5 {
            write!(out, "\nNOT QUIET: the load average was {} before the run", self.load_before)?;
        }
        Ok(())
    }
}

/// CPU time of a process: user and system.
pub fn cpu_of(pid: u32) -> Duration {
    stat(pid).map_or(Duration::ZERO, |stat| stat.own)
}

/// The same to the nanosecond, of the threads that are still there.
pub fn precise_cpu_of(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}

/// CPU time of a process and its children, those that have ended included.
pub fn cpu_of_family(parent: u32) -> Duration {
    let children = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = children.filter_map(|entry| stat(entry.file_name().to_str()?.parse().ok()?));
    let living: Duration = children.filter(|stat| stat.parent == parent).map(|stat| stat.own).sum();
    living + stat(parent).map_or(Duration::ZERO, |stat| stat.own + stat.ended_children)
}

/// The memory a process has in use, in bytes: now, and at most since it was last asked for the most.
pub fn memory_of(pid: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok())
    };
    let bytes = |name| kib(name).unwrap_or(f64::NAN) * 1024.0;
    (bytes("VmRSS:"), bytes("VmHWM:"))
}

/// Forgets what was the most; only where this is allowed.
pub fn forget_peak(pid: u32) {
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// The parent of a process.
pub fn parent_of(pid: u32) -> Option<u32> {
    stat(pid).map(|stat| stat.parent)
}

struct Stat {
    parent: u32,
    own: Duration,
    ended_children: Duration,
}

fn stat(pid: u32) -> Option<Stat> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the name before may hold anything, spaces and brackets too
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u32>().ok();
    Some(Stat {
        parent: ticks(1)?,
        own: TICK * (ticks(11)? + ticks(12)?),
        ended_children: TICK * (ticks(13)? + ticks(14)?),
    })
}
