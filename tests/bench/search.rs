//! Searches among a hundred thousand providers: how long one takes, in a mix of rare and common words, places and sizes,
//! on both engines.

use crate::calls::{Asking, Call};
use crate::drive::{self, Target};
use crate::figure::Figure;
use crate::report::{Report, quantile};
use crate::server::Service;
use crate::{Arguments, Failure, postgres, world};
use partner_service::grpc::pb;
use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};

const PROVIDERS: i64 = 100_000;
const AT_ONCE: i64 = 1_000;
const IN_FLIGHT: usize = 8;
const AT_MOST_MS: f64 = 50.0;
const ON_POSTGRES: &str = "SearchProviders of 100,000, p99, PostgreSQL";
const ON_SQLITE: &str = "SearchProviders of 100,000, p99, SQLite";
const DESCRIPTION_WORDS: i64 = 50;
/// Words of descriptions, the first ones in most of them, the last ones in hardly any.
const WORDS: f64 = 30_000.0;
const SERVICES: f64 = 400.0;
const FIRST: [&str; 8] = ["acme", "north", "zenith", "blue", "prime", "nova", "polar", "apex"];
const SECOND: [&str; 6] = ["cloud", "systems", "software", "networks", "labs", "data"];
const COUNTRIES: [&str; 10] = ["SE", "NO", "DK", "FI", "DE", "NL", "FR", "KR", "US", "BR"];
const CITIES: i64 = 500;

/// Measures each engine, in turn.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    if ON_POSTGRES.contains(&arguments.only) {
        let name = format!("search_{}", std::process::id());
        let url = server.create(&name).await?;
        on(&url, ON_POSTGRES, server.postmaster().await?, arguments, report).await?;
        server.drop_database(&name).await?;
    }
    if ON_SQLITE.contains(&arguments.only) {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite://{}", folder.path().join("partner.db").display());
        on(&url, ON_SQLITE, None, arguments, report).await?;
    }
    Ok(())
}

async fn on(
    url: &str,
    name: &'static str,
    postmaster: Option<u32>,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    // the schema comes with the first start
    let (service, _) = Service::start(&arguments.service, url, tempfile::tempdir()?).await?;
    service.stop();
    seed(url).await?;
    let (service, _) = Service::start(&arguments.service, url, tempfile::tempdir()?).await?;
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: {name}", arguments.rounds);
        let target = Target::service(&service, postmaster);
        let seconds = arguments.seconds;
        let run = drive::calls(target, Call::Search, IN_FLIGHT, seconds, (0, i64::MAX)).await?;
        let alone = drive::calls(target, Call::Search, 1, seconds, (0, i64::MAX)).await?;
        let figure = Figure::new(name, "ms", Some(AT_MOST_MS));
        report.figure(match run.first_failure.or(alone.first_failure) {
            Some(why) => figure.void(why),
            None => figure.with(
                quantile(&run.latencies_ms, 0.99),
                &[
                    ("p50", quantile(&run.latencies_ms, 0.5)),
                    ("p50, 1 in flight", quantile(&alone.latencies_ms, 0.5)),
                    ("p99, 1 in flight", quantile(&alone.latencies_ms, 0.99)),
                    ("calls/s", run.per_second),
                    ("service us each", run.service_microseconds),
                    ("database us each", run.database_microseconds),
                ],
            ),
        });
    }
    service.stop();
    Ok(())
}

async fn seed(url: &str) -> Result<(), Failure> {
    let db = sea_orm::Database::connect(url).await?;
    let statements = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => include_str!("providers.sql"),
        _ => include_str!("providers_sqlite.sql"),
    };
    for first in (1..=PROVIDERS).step_by(usize::try_from(AT_ONCE)?) {
        let rows: Vec<Value> = (first..first + AT_ONCE).map(provider).collect();
        fill(&db, statements, &Value::from(rows).to_string()).await?;
    }
    let settled = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => "VACUUM ANALYZE",
        _ => "ANALYZE",
    };
    db.execute_unprepared(settled).await?;
    db.close().await?;
    Ok(())
}

async fn fill(db: &DatabaseConnection, statements: &str, rows: &str) -> Result<(), Failure> {
    for statement in statements.split(";\n").map(str::trim).filter(|text| !text.is_empty()) {
        let backend = db.get_database_backend();
        db.execute_raw(Statement::from_sql_and_values(backend, statement, [rows.into()])).await?;
    }
    Ok(())
}

/// A number between 0 and 1 for each pair, always the same.
fn chance(number: i64, which: i64) -> f64 {
    let mut mixed = (number as u64) << 20 ^ which as u64;
    for _ in 0..2 {
        mixed = (mixed ^ mixed >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

/// One of so many, small numbers far more often than large ones.
fn common(most: f64, number: i64, which: i64) -> i64 {
    most.powf(chance(number, which)) as i64
}

fn one_of<'a>(words: &[&'a str], number: i64, which: i64) -> &'a str {
    words[(chance(number, which) * words.len() as f64) as usize]
}

fn provider(n: i64) -> Value {
    let name = format!("{} {} {n}", one_of(&FIRST, n, 1), one_of(&SECOND, n, 2));
    let services: Vec<String> =
        (10..15).map(|which| format!("service{}", common(SERVICES, n, which))).collect();
    let text: Vec<String> = (0..DESCRIPTION_WORDS)
        .map(|which| format!("word{}", common(WORDS, n, 100 + which)))
        .collect();
    let serves = format!(
        "c_{} c_{} t_city{} s_{}",
        one_of(&COUNTRIES, n, 3).to_lowercase(),
        one_of(&COUNTRIES, n, 4).to_lowercase(),
        (chance(n, 5) * CITIES as f64) as i64,
        one_of(&["1", "10", "50", "250", "1000"], n, 6)
    );
    json!({
        "number": n,
        "account": world::id(n).replace('-', ""),
        "name": name,
        "services": services.join(" "),
        "description": text.join(" "),
        "words": format!(
            "{name} {} {} {} {} {serves}",
            marked("n_", &name),
            services.join(" "),
            marked("v_", &services.join(" ")),
            text.join(" ")
        ),
    })
}

/// The same words, as the service marks those of a name or of services.
fn marked(place: &str, words: &str) -> String {
    words.split(' ').map(|word| format!("{place}{word}")).collect::<Vec<_>>().join(" ")
}

/// The search that a number stands for; all of them find somebody.
pub fn ask(number: i64) -> Asking {
    let service = format!("service{}", common(SERVICES, number, 21));
    let word = format!("word{}", common(WORDS / 100.0, number, 22));
    let (mut keywords, mut country, mut city, mut size) =
        (String::new(), String::new(), String::new(), pb::CustomerSize::Unspecified);
    match number % 10 {
        0 | 1 => keywords = service,
        2 => keywords = word,
        3 => keywords = format!("{service} {word}"),
        4 => (keywords, country) = (service, one_of(&COUNTRIES, number, 23).to_owned()),
        5 => keywords = one_of(&FIRST, number, 24).to_owned(),
        6 => {
            keywords = one_of(&SECOND, number, 25).to_owned();
            city = format!("city{}", (chance(number, 26) * CITIES as f64) as i64);
        }
        7 => {
            country = one_of(&COUNTRIES, number, 27).to_owned();
            size = pb::CustomerSize::From10To49;
        }
        8 => keywords = format!("zenth {}", one_of(&SECOND, number, 28)),
        _ => {}
    }
    let request = pb::SearchProvidersRequest {
        account_id: world::id(1),
        keywords,
        country,
        city,
        customer_size: size.into(),
        page_size: 20,
        ..Default::default()
    };
    Asking { member: None, body: request.encode_to_vec() }
}
