//! A generator of calls: so many in flight over four connections, a first second not counted.

use crate::Failure;
use crate::calls::Call;
use crate::machine::{cpu_of, cpu_of_family};
use crate::server::Service;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tonic::transport::Channel;

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
    pub failures: u64,
    pub first_failure: Option<String>,
}

struct Shared {
    call: Call,
    next: AtomicI64,
    end: i64,
    counting: AtomicBool,
    stopping: AtomicBool,
    made: AtomicU64,
    failures: AtomicU64,
    first_failure: Mutex<Option<String>>,
}

/// Makes calls with numbers from `first` up to `end`, `in_flight` at once, and counts them for `seconds`.
pub async fn calls(
    service: &Service,
    postmaster: Option<u32>,
    call: Call,
    in_flight: usize,
    seconds: u64,
    (first, end): (i64, i64),
) -> Result<Run, Failure> {
    let shared = Arc::new(Shared {
        call,
        next: AtomicI64::new(first),
        end,
        counting: AtomicBool::new(false),
        stopping: AtomicBool::new(false),
        made: AtomicU64::new(0),
        failures: AtomicU64::new(0),
        first_failure: Mutex::new(None),
    });
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(service.connect().await?);
    }
    let callers: Vec<_> = (0..in_flight)
        .map(|caller| {
            tokio::spawn(keep_calling(Arc::clone(&shared), channels[caller % CONNECTIONS].clone()))
        })
        .collect();
    let cpu = || {
        let database = postmaster.map_or(Duration::ZERO, cpu_of_family);
        [service.cpu(), database, cpu_of(std::process::id())]
    };

    tokio::time::sleep(WARM_UP).await;
    let (before, began) = (cpu(), Instant::now());
    shared.counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    shared.counting.store(false, Ordering::Relaxed);
    let (took, after) = (began.elapsed(), cpu());
    let made = shared.made.load(Ordering::Relaxed) as f64;
    shared.stopping.store(true, Ordering::Relaxed);
    let mut latencies_ms = Vec::new();
    for caller in callers {
        latencies_ms.extend(caller.await?);
    }

    let [service, database, client] =
        [0, 1, 2].map(|whose: usize| (after[whose] - before[whose]).as_secs_f64() * 1e6 / made);
    let first_failure = shared.first_failure.lock().await.take();
    Ok(Run {
        per_second: made / took.as_secs_f64(),
        service_microseconds: service,
        database_microseconds: database,
        client_microseconds: client,
        latencies_ms,
        failures: shared.failures.load(Ordering::Relaxed),
        first_failure,
    })
}

/// One caller: the next call as soon as the last is answered. Answers the time each counted call took.
async fn keep_calling(shared: Arc<Shared>, channel: Channel) -> Vec<f64> {
    let mut latencies_ms = Vec::new();
    while !shared.stopping.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        let outcome = if number < shared.end {
            shared.call.make(&channel, number).await
        } else {
            Err(format!("{}: faster than what was prepared for it", shared.call.name()))
        };
        match outcome {
            Ok(()) if shared.counting.load(Ordering::Relaxed) => {
                shared.made.fetch_add(1, Ordering::Relaxed);
                latencies_ms.push(began.elapsed().as_secs_f64() * 1e3);
            }
            Ok(()) => {}
            Err(error) => {
                shared.failures.fetch_add(1, Ordering::Relaxed);
                shared.first_failure.lock().await.get_or_insert(error);
                // the row is void; what follows would only be more of the same
                break;
            }
        }
    }
    latencies_ms
}
