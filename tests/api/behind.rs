//! What a test does behind the service's back: statements of its own, and raw HTTP/2 calls that no generated client makes.

use crate::support::database::{TestDatabase, TestEngine, engine};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use partner_service::grpc::transport::serve_connection;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::Routes;

/// A connection of the test's own to the service's database.
pub enum Session {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Session {
    pub async fn open(database: &TestDatabase) -> Self {
        match engine() {
            TestEngine::Sqlite => {
                Self::Sqlite(SqliteConnection::connect(&database.url).await.expect("a session"))
            }
            TestEngine::Postgres => {
                Self::Postgres(PgConnection::connect(&database.url).await.expect("a session"))
            }
        }
    }

    /// Runs statements that both engines read alike.
    pub async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(session) => {
                session.execute(sql).await.expect("the statement runs");
            }
            Self::Postgres(session) => {
                session.execute(sql).await.expect("the statement runs");
            }
        }
    }

    /// Takes the lock that every change of the service needs, until the session ends.
    pub async fn stop_all_changes(&mut self) {
        match self {
            Self::Sqlite(_) => self.run("BEGIN IMMEDIATE").await,
            Self::Postgres(_) => self.run("BEGIN; SELECT id FROM log_head FOR UPDATE").await,
        }
    }
}

/// Posts `message`, framed, to `path`; the status of the answer with its headers as metadata.
pub async fn post(routes: Routes, path: &str, headers: &[(&str, &str)], message: &[u8]) -> Status {
    let (client, server) = tokio::io::duplex(64 * 1024);
    tokio::spawn(serve_connection(server, routes, CancellationToken::new()));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client))
            .await
            .expect("HTTP/2");
    tokio::spawn(connection);
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    let framed = [&[0], length.as_slice(), message].concat();
    let request = headers
        .iter()
        .fold(http::Request::post(format!("http://in-memory{path}")), |request, (name, value)| {
            request.header(*name, *value)
        })
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Full::new(Bytes::from(framed)))
        .expect("a request");
    let (head, body) = sender.send_request(request).await.expect("an answer").into_parts();
    let trailers =
        body.collect().await.expect("the whole answer").trailers().cloned().unwrap_or_default();
    Status::from_header_map(&head.headers)
        .or_else(|| Status::from_header_map(&trailers))
        .expect("a gRPC status")
}
