//! `healthcheck`: what `grpc.health.v1.Health` of a running service says, as an exit code.

use super::Report;
use crate::config::HealthcheckConfig;
use crate::dial::{Dial, DialError, cause, innermost};
use serde_json::json;
use std::error::Error;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// It does not serve.
const UNHEALTHY: u8 = 1;

/// Why nothing is known of its health.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("no service answers on {address}: {reason}")]
    Silent { address: String, reason: String },
    #[error("the service on {address} does not know {service:?}, which --service asks about")]
    Unknown { address: String, service: String },
    #[error("the service on {address} refused: {} ({:?})", cause(status), status.code())]
    Refused { address: String, status: Status },
}

impl HealthError {
    /// Whether it is the command line or the environment that has to be put right.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Dial(_))
    }

    /// What the service refused with, if it did.
    #[must_use]
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Refused { status, .. } => Some(status),
            Self::Dial(_) | Self::Silent { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// Asks once.
///
/// # Errors
/// A service that does not answer in time, or does not know the name.
pub async fn check(config: &HealthcheckConfig) -> Result<Report, HealthError> {
    let dial = Dial::to(config.address.as_deref(), &config.data_dir, &config.tls)?;
    let address = dial.address.clone();
    let silent = |reason: String| HealthError::Silent { address: address.clone(), reason };
    let asking = async {
        let channel = dial.connect().await.map_err(|error| silent(innermost(&error)))?;
        let request = HealthCheckRequest { service: config.service.clone() };
        let answer = HealthClient::new(channel).check(request).await;
        answer.map_err(|status| match status.code() {
            Code::NotFound => {
                HealthError::Unknown { address: address.clone(), service: config.service.clone() }
            }
            // it came from the connection: no service said so
            _ if status.source().is_some() => silent(cause(&status)),
            _ => HealthError::Refused { address: address.clone(), status },
        })
    };
    let waited = tokio::time::timeout(config.timeout.0, asking).await;
    let late =
        || silent(format!("it took longer than {}", humantime::format_duration(config.timeout.0)));
    let status = waited.map_err(|_| late())??.into_inner().status();
    let code = if status == ServingStatus::Serving { 0 } else { UNHEALTHY };
    let (name, service) = (status.as_str_name(), &config.service);
    let json = json!({"address": address, "service": service, "status": name});
    Ok(Report::told(config.output, || name.to_owned(), &json, code))
}
