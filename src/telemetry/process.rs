//! What the kernel says of this process; nothing where there is no `/proc`.

use crate::meter::Total;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use std::fs;

/// In which `/proc` tells times, whatever the machine's own ticks are.
const TICKS_PER_SECOND: f64 = 100.0;

/// Puts it on a page to come, by the names that Prometheus' own libraries use.
pub fn tell(registry: &mut Registry) {
    if let Some((cpu, start)) = times() {
        registry.register("process_cpu_seconds_total", "Time on a processor", Total(cpu));
        let start = ConstGauge::new(start);
        registry.register(
            "process_start_time_seconds",
            "When the process began, in Unix time",
            start,
        );
    }
    if let Some(bytes) = resident().map(ConstGauge::new) {
        registry.register("process_resident_memory_bytes", "Memory that is in use", bytes);
    }
    if let Some(count) = fs::read_dir("/proc/self/fd").ok().map(Iterator::count) {
        let count = ConstGauge::new(count);
        registry.register("process_open_fds", "Open file descriptors", count);
    }
    if let Some(most) = most_files().map(ConstGauge::new) {
        registry.register("process_max_fds", "File descriptors that may be open", most);
    }
}

/// Seconds on a processor, and when it began.
fn times() -> Option<(f64, f64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // behind the name, which may hold anything
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let seconds = |field: usize| -> Option<f64> {
        Some(fields.get(field)?.parse::<f64>().ok()? / TICKS_PER_SECOND)
    };
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.parse().ok()?;
    Some((seconds(11)? + seconds(12)?, boot + seconds(19)?))
}

fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kibibytes.split_whitespace().next()?.parse::<u64>().ok()? * 1_024)
}

fn most_files() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    soft.split_whitespace().next()?.parse().ok()
}
