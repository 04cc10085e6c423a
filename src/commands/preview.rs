//! `mail preview`.

use super::{Failure, Report};
use crate::config::PreviewConfig;
use crate::mail::letter::Rendered;
use crate::mail::preview::preview;
use serde_json::json;

/// A letter of made-up data.
///
/// # Errors
/// There is no such letter.
pub fn letter(config: &PreviewConfig) -> Result<Report, Failure> {
    let PreviewConfig { kind, language, html: as_html, output, link_base_url } = config;
    let letter = preview(kind.kind(), language, link_base_url);
    let Rendered { subject, text, html } = letter.ok_or_else(Failure::no_letter)?;
    let json = json!({"subject": subject, "text": text, "html": html});
    let words = || if *as_html { html } else { format!("Subject: {subject}\n\n{text}") };
    Ok(Report::told(*output, words, &json, 0))
}
