//! `config check`: everything that is known to be wrong before serving, all of it at once.

use super::Report;
use crate::backend::Look;
use crate::config::{CheckConfig, Output, ServeConfig};
use crate::keys::{authenticator, key_in_file};
use crate::tls::Serving;
use serde_json::json;

const WRONG: u8 = 2;

/// Tells what is wrong; the problems are for standard error.
#[must_use]
pub fn check(config: &CheckConfig) -> (Report, Vec<String>) {
    let (found, problems) = examined(&config.serve);
    let code = if problems.is_empty() { 0 } else { WRONG };
    if config.output == Output::Json {
        let json = json!({"isValid": problems.is_empty(), "problems": problems});
        return (Report { code, ..Report::done(format!("{json}\n")) }, Vec::new());
    }
    let text = if problems.is_empty() {
        format!("nothing is wrong with it\n{found}")
    } else {
        String::new()
    };
    (Report { code, ..Report::done(text) }, problems)
}

fn examined(config: &ServeConfig) -> (String, Vec<String>) {
    let mut problems = Vec::new();
    let mut note = |problem: String| {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    };
    if let Err(error) = config.check() {
        note(error.to_string());
    }
    match config.tls.files() {
        Ok(Some(files)) => {
            if let Err(error) = Serving::start(files) {
                note(error.to_string());
            }
        }
        Ok(None) => {}
        Err(error) => note(error.to_string()),
    }
    if let Err(error) = authenticator(config) {
        note(error.to_string());
    }
    if let Err(error) = key_in_file(config) {
        note(error.to_string());
    }
    let url = config.database.url(&config.data_dir);
    let database = Look::check(&url, config.database.direct_url());
    let location = database.unwrap_or_else(|error| {
        note(error.to_string());
        String::new()
    });
    (format!("  gRPC      {}\n  database  {location}\n", config.listen), problems)
}
