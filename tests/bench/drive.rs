//! A run of calls: so many in flight over four connections at most, a first second not counted.

use crate::Failure;
use crate::calls::Call;
use crate::machine::{cpu_of, cpu_of_family};
use crate::raw::Process;
use crate::server::Service;
use crate::unary::{self, Plan, Trouble};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tonic::transport::Endpoint;

const CONNECTIONS: usize = 4;
const WARM_UP: Duration = Duration::from_secs(1);

/// What one run of calls did.
pub struct Run {
    pub per_second: f64,
    /// CPU time per call, in microseconds: the service's, the database's, this program's.
    pub service_microseconds: f64,
    pub database_microseconds: f64,
    pub client_microseconds: f64,
    /// How long calls took, in milliseconds.
    pub latencies_ms: Vec<f64>,
    pub first_failure: Option<String>,
}

/// What is called: where it listens, and the processes whose time is counted.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub address: &'a str,
    server: u32,
    postmaster: Option<u32>,
}

impl<'a> Target<'a> {
    pub fn service(service: &'a Service, postmaster: Option<u32>) -> Self {
        Self { address: service.address(), server: service.pid(), postmaster }
    }

    pub fn bar(bar: &'a Process) -> Self {
        Self { address: &bar.address, server: bar.pid(), postmaster: None }
    }

    /// Any server.
    pub fn process(address: &'a str, server: u32) -> Self {
        Self { address, server, postmaster: None }
    }

    /// CPU time so far: the server's, the database's, this program's.
    pub fn cpu(&self) -> [Duration; 3] {
        let database = self.postmaster.map_or(Duration::ZERO, cpu_of_family);
        [cpu_of(self.server), database, cpu_of(std::process::id())]
    }
}

/// CPU time between two moments, in microseconds per operation.
pub fn spent(before: [Duration; 3], after: [Duration; 3], operations: f64) -> [f64; 3] {
    [0, 1, 2].map(|whose: usize| {
        after[whose].saturating_sub(before[whose]).as_secs_f64() * 1e6 / operations
    })
}

/// Makes calls with numbers from `first` up to `end`, `in_flight` at once, and counts them for `seconds`.
pub async fn calls(
    target: Target<'_>,
    call: Call,
    in_flight: usize,
    seconds: u64,
    (first, end): (i64, i64),
) -> Result<Run, Failure> {
    let plan = Arc::new(Plan {
        call,
        next: AtomicI64::new(first),
        end,
        counting: AtomicBool::new(false),
        stopping: AtomicBool::new(false),
        made: AtomicU64::new(0),
    });
    let connections = CONNECTIONS.min(in_flight);
    let callers: Vec<_> = (0..connections)
        .map(|_| {
            let (plan, address) = (Arc::clone(&plan), target.address.to_owned());
            tokio::spawn(unary::keep_calling(plan, address, in_flight / connections))
        })
        .collect();
    tokio::time::sleep(WARM_UP).await;
    let (before, began) = (target.cpu(), Instant::now());
    plan.counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    plan.counting.store(false, Ordering::Relaxed);
    let (took, after) = (began.elapsed(), target.cpu());
    let made = plan.made.load(Ordering::Relaxed) as f64;
    plan.stopping.store(true, Ordering::Relaxed);
    let (mut latencies_ms, mut first_failure) = (Vec::new(), None);
    for caller in callers {
        match caller.await? {
            Ok(each) => latencies_ms.extend(each),
            Err(trouble) if first_failure.is_none() => {
                first_failure = Some(why(target.address, call, trouble).await);
            }
            Err(_) => {}
        }
    }
    let [service_microseconds, database_microseconds, client_microseconds] =
        spent(before, after, made);
    Ok(Run {
        per_second: made / took.as_secs_f64(),
        service_microseconds,
        database_microseconds,
        client_microseconds,
        latencies_ms,
        first_failure,
    })
}

async fn why(address: &str, call: Call, trouble: Trouble) -> String {
    let Some(number) = trouble.number else {
        return format!("{}: {}", call.name(), trouble.what);
    };
    let connected = match Endpoint::from_shared(format!("http://{address}")) {
        Ok(endpoint) => endpoint.connect().await,
        Err(error) => Err(error),
    };
    match connected {
        Ok(channel) => call.why(channel, number).await,
        Err(error) => format!("{}: {}, and then {error}", call.name(), trouble.what),
    }
}
