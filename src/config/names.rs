//! Names that nobody knows, and what was probably meant.

use super::ConfigError;

const PREFIX: &str = "PARTNER_";
/// How alike two names have to be for one to be named as what was meant.
const ALIKE: f64 = 0.5;

/// The one of `known` that is most like `name`, if any is.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let likeness = |other: &'a str| (strsim::normalized_damerau_levenshtein(name, other), other);
    let best = known.into_iter().map(likeness).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(alike, _)| *alike >= ALIKE).map(|(_, other)| other.to_owned())
}

/// Refuses a variable that begins like the service's own and is none of them.
///
/// # Errors
/// `UnknownVariable`.
pub fn check<'a>(
    variables: impl IntoIterator<Item = &'a str>,
    known: &'a [String],
) -> Result<(), ConfigError> {
    for name in variables.into_iter().filter(|name| name.starts_with(PREFIX)) {
        if known.iter().any(|other| other == name) || is_kubernetes(name) {
            continue;
        }
        // what all of them begin with makes none of them more alike
        let rest = |name: &'a str| name.trim_start_matches(PREFIX);
        let nearest = nearest(rest(name), known.iter().map(|name| rest(name)))
            .map(|nearest| format!("{PREFIX}{nearest}"));
        return Err(ConfigError::UnknownVariable { name: name.to_owned(), nearest });
    }
    Ok(())
}

/// Whether Kubernetes sets it by itself, for a service whose name begins with `partner`: `PARTNER_SERVICE_HOST`,
/// `PARTNER_DB_SERVICE_PORT_GRPC`, `PARTNER_PORT_50051_TCP_ADDR`.
fn is_kubernetes(name: &str) -> bool {
    let goes_on = |rest: &str| rest.is_empty() || rest.starts_with('_');
    name.ends_with("_SERVICE_HOST")
        || name.match_indices("_PORT").any(|(at, found)| goes_on(&name[at + found.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> Option<String> {
        let known = ["PARTNER_LISTEN", "PARTNER_DATABASE_URL", "PARTNER_DATABASE_URL_FILE"];
        check([name], &known.map(str::to_owned)).err().map(|error| error.to_string())
    }

    #[test]
    fn a_variable_that_nobody_knows_is_refused_with_the_nearest_that_somebody_does() {
        assert_eq!(
            refused("PARTNER_DATABSE_URL").as_deref(),
            Some("PARTNER_DATABSE_URL in the environment is no setting; PARTNER_DATABASE_URL is")
        );
        assert_eq!(
            refused("PARTNER_X").as_deref(),
            Some("PARTNER_X in the environment is no setting; config print tells which there are")
        );
        for fine in ["PARTNER_LISTEN", "PARTNERS", "PATH", "partner_listen"] {
            assert_eq!(refused(fine), None, "{fine}");
        }
    }

    #[test]
    fn what_kubernetes_sets_for_a_service_is_nobodys_misspelling() {
        for name in [
            "PARTNER_SERVICE_HOST",
            "PARTNER_SERVICE_SERVICE_HOST",
            "PARTNER_SERVICE_SERVICE_PORT",
            "PARTNER_SERVICE_SERVICE_PORT_GRPC",
            "PARTNER_SERVICE_PORT",
            "PARTNER_DB_PORT_5432_TCP",
            "PARTNER_DB_PORT_5432_TCP_PROTO",
        ] {
            assert_eq!(refused(name), None, "{name}");
        }
        for name in ["PARTNER_SERVICE", "PARTNER_HOST", "PARTNER_PORTS", "PARTNER_SERVICE_HOSTS"] {
            assert!(refused(name).is_some(), "{name}");
        }
    }
}
