//! A key set's URL, asked once: over TLS unless that is not needed or not wanted, for a few seconds, for so many bytes.
//!
//! The URL may hold a password. It is for the server alone: what is logged leaves it out, and so do errors.

use crate::config::is_loopback;
use crate::tls;
use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, StatusCode, Url};
use std::error::Error as StdError;
use std::time::Duration;

/// The largest key set that is taken: one key is about a kilobyte.
pub const MOST_BYTES: usize = 1024 * 1024;
const MOST_REDIRECTS: usize = 3;
const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(5);

/// Where a key set is to be had.
pub struct Endpoint {
    client: Client,
    url: Url,
    shown: String,
}

/// What it answered.
pub struct Answer {
    pub body: Vec<u8>,
    /// For how long it says that this stays true.
    pub max_age: Option<Duration>,
}

/// Why it gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0}")]
    Http(String),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("it answered more than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("it cannot be read: {0}")]
    File(#[from] std::io::Error),
    #[error("{0}")]
    Key(#[from] crate::grpc::auth::KeyError),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(in_full(&error.without_url()))
    }
}

/// An error and what is behind it, on one line.
fn in_full(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        behind = error.source();
    }
    text
}

impl Endpoint {
    /// A client for this URL. Certificates are verified with the system's, or with what SSL_CERT_FILE and SSL_CERT_DIR
    /// name. `insecure` lets redirects lead to addresses without TLS, if the URL itself has none.
    ///
    /// # Errors
    /// TLS that cannot be set up.
    pub fn new(url: Url, insecure: bool) -> Result<Self, FetchError> {
        let shown = shown(&url);
        let is_near = is_loopback(&url);
        let plain = (url.scheme() == "http").then_some(insecure);
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls::system_only())
            .user_agent(concat!("partner-service/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::custom(move |attempt| redirected(attempt, plain)))
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            // a connection that stays open would be found broken at the next time
            .pool_max_idle_per_host(0);
        if is_near {
            client = client.no_proxy();
        }
        Ok(Self { client: client.build()?, url, shown })
    }

    /// Where that is, without what may be secret in it.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Asks once.
    ///
    /// # Errors
    /// Whatever is no key set of a size that can be taken, within seconds.
    pub async fn ask(&self) -> Result<Answer, FetchError> {
        let request = self.client.get(self.url.clone()).header(ACCEPT, "application/json");
        let mut response = request.send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let max_age = max_age(response.headers());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await? {
            if body.len() + piece.len() > MOST_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { body, max_age })
    }
}

fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // both fail for URLs that cannot have any
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// Where there is TLS it stays; where there is none it is not made worse.
fn redirected(attempt: Attempt<'_>, plain: Option<bool>) -> Action {
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error("it was redirected too often");
    }
    let is_fine = match (attempt.url().scheme(), plain) {
        ("https", _) => true,
        ("http", Some(insecure)) => insecure || is_loopback(attempt.url()),
        _ => false,
    };
    if is_fine {
        attempt.follow()
    } else {
        attempt.error("it was redirected to an address without TLS")
    }
}

/// `max-age` of `Cache-Control`; nothing where there is none, nought where nothing is to be kept.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut found = None;
    for directive in values.flat_map(|value| value.split(',')) {
        let directive = directive.trim().to_ascii_lowercase();
        if directive == "no-store" || directive == "no-cache" {
            return Some(Duration::ZERO);
        }
        let seconds = directive.strip_prefix("max-age=").map(|value| value.trim_matches('"'));
        found = seconds.and_then(|value| value.parse().ok()).map(Duration::from_secs).or(found);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_url_has_no_password_and_no_query() {
        let url = "https://user:hush@id.example:8443/keys?token=hush#hush".parse().unwrap();
        assert_eq!(shown(&url), "https://id.example:8443/keys");
    }

    #[test]
    fn how_long_an_answer_stays_true_is_read_from_whatever_it_says() {
        let said = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CACHE_CONTROL, value.parse().unwrap());
            }
            max_age(&headers).map(|age| age.as_secs())
        };
        assert_eq!(said(&[]), None);
        assert_eq!(said(&["public"]), None);
        assert_eq!(said(&["public, Max-Age=300, must-revalidate"]), Some(300));
        assert_eq!(said(&["max-age=\"60\""]), Some(60));
        assert_eq!(said(&["public", "max-age=7"]), Some(7));
        assert_eq!(said(&["max-age=300, no-cache"]), Some(0));
        for nonsense in ["max-age=", "max-age=-1", "max-age=1e3", "max-age=99999999999999999999"] {
            assert_eq!(said(&[nonsense]), None, "{nonsense}");
        }
    }
}
