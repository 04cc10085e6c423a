//! The image's Dockerfile and the chart: what helm renders from values, what it refuses, and whether the service can live
//! with what it is given. No cluster: helm, Kubernetes' schemas and the real binary.
//!
//! ```text
//!   helm.rs         helm, run                     objects.rs    what it rendered
//!   tools.rs        commands from tests/support/tools
//!   schemas.rs      lint, and Kubernetes' schemas of three versions
//!   values.rs       values, their schema, and the table in the chart's README
//!   readme.rs       the README's commands
//!   refused.rs      values that make no sense
//!   switches.rs     which objects there are       pods.rs       what their pods are like
//!   network.rs      who may talk with whom        secrets.rs    secrets as files
//!   environment.rs  every variable is one of the service's, and it starts with them
//!   notes.rs        the lines that the notes and `helm test` run, executed
//!   metrics.rs      alerts and dashboard          image.rs      the Dockerfile
//! ```
//! `README_BLESS=1` writes the table of values into the chart's README.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod environment;
mod helm;
mod image;
mod metrics;
mod network;
mod notes;
mod objects;
mod pods;
mod readme;
mod refused;
mod schemas;
mod secrets;
mod service;
mod switches;
mod tls;
mod tools;
mod values;
