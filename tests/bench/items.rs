//! CheckItemAccess, of a folder that is shared with a partner of ten members and with one of a million, against a bare echo:
//! the size of the audience must not show. One row more asks about all of the million, more than memory keeps.

use crate::calls::{Asking, Call};
use crate::drive::{self, Target};
use crate::raw::Process;
use crate::report::{Report, Round, Row};
use crate::server::Service;
use crate::{Arguments, Failure, postgres, world};
use partner_service::domain::sharing::{Item, ItemType};
use partner_service::grpc::pb;
use prost::Message;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const IN_FLIGHT: usize = 64;
const ECHO: &str = "bare tonic echo";
const GATE: f64 = 0.8;
const FOLDER: &str = "folder";
const CROWD: i64 = 1_000_000;
/// Of a crowd as few are asked about as the other partner has, and a hundred times as many.
const FEW: i64 = 10;
const SOME: i64 = 1_000;
const PEOPLE: i64 = 5_000_000_000;
const PEOPLE_STAYS: i64 = 6_000_000_000;

/// Who is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// The ten members of the small partner.
    Ten,
    /// Ten of the million.
    TenOfCrowd,
    /// A thousand of the million.
    SomeOfCrowd,
    /// All of the million, in no order.
    Crowd,
}

const ROWS: [(Among, Option<f64>); 4] = [
    (Among::Ten, Some(GATE)),
    (Among::TenOfCrowd, Some(GATE)),
    (Among::SomeOfCrowd, Some(GATE)),
    (Among::Crowd, None),
];

impl Among {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ten => "CheckItemAccess, a folder of 10 people",
            Self::TenOfCrowd => "CheckItemAccess, a folder of 1,000,000, 10 asked about",
            Self::SomeOfCrowd => "CheckItemAccess, a folder of 1,000,000, 1,000 asked about",
            Self::Crowd => "CheckItemAccess, a folder of 1,000,000, all asked about",
        }
    }

    /// The question that a number stands for; the operator asks, as internal services do.
    pub fn ask(self, number: i64) -> Asking {
        // a stride that shares no factor with their count visits all of them
        let person = match self {
            Self::Ten => 1 + number % FEW,
            Self::TenOfCrowd => 11 + number % FEW * (CROWD / FEW),
            Self::SomeOfCrowd => 11 + number % SOME * (CROWD / SOME),
            Self::Crowd => 11 + number * 7_919 % CROWD,
        };
        let body = pb::CheckItemAccessRequest {
            owner_account_id: world::id(1),
            item_type: pb::ItemType::Folder.into(),
            external_id: FOLDER.to_owned(),
            member_id: world::id(PEOPLE + person),
            min_position: 0,
        };
        Asking { member: None, body: body.encode_to_vec() }
    }
}

/// Runs each row and its bar in turn, round by round.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let wanted = |among: Among| format!("{} @{IN_FLIGHT}", among.name()).contains(&arguments.only);
    if !ROWS.iter().any(|(among, _)| wanted(*among)) {
        return Ok(());
    }
    let database = format!("load_items_{}", std::process::id());
    let url = server.create(&database).await?;
    let (service, _) = Service::start(&arguments.service, &url, tempfile::tempdir()?).await?;
    seed(&url).await?;
    let echo = Process::start()?;
    for round in 1..=arguments.rounds {
        for (among, gate) in ROWS.into_iter().filter(|(among, _)| wanted(*among)) {
            eprintln!("round {round} of {}: {}", arguments.rounds, among.name());
            let target = Target::service(&service, server.postmaster().await?);
            let (seconds, all) = (arguments.seconds, (0, i64::MAX));
            let ours = drive::calls(target, Call::Item(among), IN_FLIGHT, seconds, all).await?;
            let bar = drive::calls(Target::bar(&echo), Call::Echo, IN_FLIGHT, seconds, all).await?;
            let theirs = match bar.first_failure {
                Some(why) => Err(why),
                None => Ok(postgres::Run {
                    per_second: bar.per_second,
                    cpu_microseconds: bar.service_microseconds,
                }),
            };
            report.add(Row::new(among.name(), IN_FLIGHT, ECHO, gate), Round::of(&ours, theirs));
        }
    }
    service.stop();
    server.drop_database(&database).await
}

async fn seed(url: &str) -> Result<(), Failure> {
    let mut db = PgConnection::connect(url).await?;
    world::seed(&mut db).await?;
    let item = Item { item_type: ItemType::Folder, external_id: FOLDER.to_owned() };
    let numbers = [
        ("few_account", 2),
        ("crowd_account", 3),
        ("crowd", CROWD),
        ("people", PEOPLE),
        ("people_stays", PEOPLE_STAYS),
    ];
    let rows = world::filled(include_str!("items.sql"), &numbers);
    db.execute(AssertSqlSafe(rows.replace("{item_key}", &item.key().0.to_string()))).await?;
    db.execute("VACUUM ANALYZE").await?;
    Ok(())
}
