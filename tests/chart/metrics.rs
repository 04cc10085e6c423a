//! Alerts and dashboard: about the service's metrics and no others, and Prometheus understands them.

use super::helm::{self, NAME, NAMESPACE};
use super::objects::list;
use super::service::Service;
use super::tools::{answer, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// Every metric of the service. A histogram's series end in `_bucket`, `_sum` and `_count`.
const METRICS: &[(&str, bool)] = &[
    ("rpc_server_call_duration_seconds", true),
    ("partner_commit_to_send_seconds", true),
    ("partner_group_commit_size", true),
    ("partner_pool_wait_seconds", true),
    ("partner_deliveries_total", false),
    ("partner_mails_failed_total", false),
    ("partner_mails_sent_total", false),
    ("partner_outbox_age_seconds", false),
    ("partner_outbox_depth", false),
    ("partner_reader_fallbacks_total", false),
    ("partner_streams_open", false),
    ("partner_tail_lag_seconds", false),
    ("partner_tail_position", false),
];
const ON: &str = "metrics: {enabled: true}\n";

fn rules() -> Value {
    let objects = helm::render(&format!("{ON}prometheusRule: {{enabled: true}}"));
    objects.one("PrometheusRule")["spec"].clone()
}

fn dashboard() -> Value {
    let objects = helm::render(&format!("{ON}dashboard: {{enabled: true}}"));
    let map = objects.one("ConfigMap");
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    let text = map["data"][format!("{NAME}.json")].as_str().expect("a dashboard");
    serde_json::from_str(text).expect("JSON")
}

fn alerts() -> Vec<Value> {
    list(&rules()["groups"]).iter().flat_map(|group| list(&group["rules"]).to_vec()).collect()
}

/// Every query of the dashboard's panels.
fn queries() -> Vec<String> {
    let dashboard = dashboard();
    let targets = list(&dashboard["panels"]).iter().flat_map(|panel| list(&panel["targets"]));
    targets.map(|target| target["expr"].as_str().expect("a query").to_owned()).collect()
}

/// The series that a query names.
fn series(query: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = query.split(|c| !is_name(c));
    words.filter(|word| word.starts_with("partner_") || word.starts_with("rpc_server")).collect()
}

fn is_one(series: &str) -> bool {
    METRICS.iter().any(|(metric, is_histogram)| match series.strip_prefix(metric) {
        Some(rest) if *is_histogram => ["_bucket", "_sum", "_count"].contains(&rest),
        rest => rest == Some(""),
    })
}

#[test]
fn alerts_and_dashboard_ask_for_the_services_metrics_and_no_others() {
    let mut asked: Vec<String> = queries();
    asked.extend(alerts().iter().map(|alert| alert["expr"].as_str().unwrap().to_owned()));
    assert!(asked.len() > 20, "{asked:?}");
    for query in &asked {
        let series = series(query);
        assert!(!series.is_empty() || query.contains("up{"), "{query}");
        for series in series {
            assert!(is_one(series), "{series} in {query}");
        }
    }
}

#[test]
fn every_metric_is_on_the_dashboard() {
    let queries = queries().join("\n");
    for (metric, _) in METRICS {
        assert!(queries.contains(metric), "{metric}");
    }
}

#[test]
fn every_query_keeps_to_one_release() {
    for query in queries() {
        assert_eq!(
            query.matches('{').count(),
            query.matches("{namespace=\"$namespace\",job=\"$job\"").count(),
            "{query}"
        );
    }
    let release = format!("{{namespace=\"{NAMESPACE}\",job=\"{NAME}\"");
    for alert in alerts() {
        let query = alert["expr"].as_str().unwrap();
        assert_eq!(query.matches('{').count(), query.matches(&release).count(), "{query}");
    }
    let objects = helm::render(&format!("{ON}serviceMonitor: {{enabled: true}}"));
    let endpoint = &objects.one("ServiceMonitor")["spec"]["endpoints"][0];
    assert_eq!(endpoint["relabelings"], json!([{"targetLabel": "job", "replacement": NAME}]));
    assert_eq!((&endpoint["port"], &endpoint["path"]), (&json!("metrics"), &json!("/metrics")));
}

#[test]
fn panels_do_not_overlap_and_are_told_apart() {
    let dashboard = dashboard();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in list(&dashboard["panels"]) {
        assert!(ids.insert(panel["id"].as_u64()), "{panel}");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
        assert!(x + w <= 24, "{panel}");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(cells.insert(cell), "{} lies on another", panel["title"]);
        }
    }
    let variables = list(&dashboard["templating"]["list"]);
    let names: Vec<_> = variables.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["datasource", "namespace", "job"]);
}

#[test]
fn every_alert_says_what_happened_and_what_to_look_at() {
    for alert in alerts() {
        let name = alert["alert"].as_str().expect("a name");
        assert!(["critical", "warning"].contains(&alert["labels"]["severity"].as_str().unwrap()));
        for key in ["summary", "description"] {
            let text = alert["annotations"][key].as_str().unwrap_or_default();
            assert!(text.ends_with('.'), "{name}: {key} is {text:?}");
        }
        let told = helm::file("README.md").contains(&format!("| {name} |"));
        assert!(told, "README.md does not explain {name}");
    }
    let objects = helm::render(&helm::example("everything"));
    let labelled = &objects.one("PrometheusRule")["spec"]["groups"][0]["rules"][0]["labels"];
    assert_eq!(*labelled, json!({"severity": "critical", "team": "platform"}));
}

fn promtool(arguments: &[&str], files: &[(&str, String)]) -> Result<String, String> {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let mut promtool = Command::new("promtool");
    promtool.args(arguments).current_dir(folder.path());
    answer(promtool, "")
}

#[test]
fn prometheus_understands_the_alerts() {
    let said = promtool(&["check", "rules", "rules.json"], &[("rules.json", rules().to_string())]);
    let said = said.unwrap_or_else(|said| panic!("{said}"));
    assert!(said.contains(&format!("{} rules found", alerts().len())), "{said}");
}

#[test]
fn prometheus_understands_the_dashboard() {
    let rule = |(index, query): (usize, String)| {
        let query = query.replace("$__rate_interval", "5m");
        json!({"record": format!("panel:{index}"), "expr": query})
    };
    let rules: Vec<Value> = queries().into_iter().enumerate().map(rule).collect();
    let file = json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string();
    let said = promtool(&["check", "rules", "--lint=none", "rules.json"], &[("rules.json", file)]);
    assert!(said.is_ok(), "{said:?}");
}

/// What goes wrong, which alert it is, and what else is scraped meanwhile.
const ALARMS: &[(&str, &[(&str, &str)])] = &[
    ("PartnerServiceAbsent", &[("up{#}", "0x60")]),
    (
        "PartnerServiceErrors",
        &[
            (
                "rpc_server_call_duration_seconds_count{#,rpc_response_status_code=\"INTERNAL\"}",
                "0+2x60",
            ),
            (
                "rpc_server_call_duration_seconds_count{#,rpc_response_status_code=\"OK\"}",
                "0+98x60",
            ),
        ],
    ),
    (
        "PartnerServiceUnavailable",
        &[
            (
                "rpc_server_call_duration_seconds_count{#,rpc_response_status_code=\"UNAVAILABLE\"}",
                "0+6x60",
            ),
            (
                "rpc_server_call_duration_seconds_count{#,rpc_response_status_code=\"OK\"}",
                "0+94x60",
            ),
        ],
    ),
    (
        "PartnerServiceSlow",
        &[
            ("rpc_server_call_duration_seconds_bucket{#,rpc_method=\"a/B\",le=\"1\"}", "0+98x60"),
            ("rpc_server_call_duration_seconds_bucket{#,rpc_method=\"a/B\",le=\"5\"}", "0+100x60"),
            (
                "rpc_server_call_duration_seconds_bucket{#,rpc_method=\"a/B\",le=\"+Inf\"}",
                "0+100x60",
            ),
        ],
    ),
    ("PartnerServiceTailLags", &[("partner_tail_lag_seconds{#,pod=\"a\"}", "11x60")]),
    (
        "PartnerServicePoolWaits",
        &[
            ("partner_pool_wait_seconds_sum{#,pod=\"a\"}", "0+20x60"),
            ("partner_pool_wait_seconds_count{#,pod=\"a\"}", "0+100x60"),
        ],
    ),
    ("PartnerServiceOutboxOld", &[("partner_outbox_age_seconds{#}", "901x60")]),
    (
        "PartnerServiceMailsFail",
        &[("partner_mails_failed_total{#}", "0+2x60"), ("partner_mails_sent_total{#}", "0+8x60")],
    ),
];
/// What is scraped when nothing is wrong; streams that end are no failed calls.
const WELL: &[(&str, &str)] = &[
    ("up{#}", "1x60"),
    ("rpc_server_call_duration_seconds_count{#,rpc_response_status_code=\"OK\"}", "0+100x60"),
    (
        "rpc_server_call_duration_seconds_count{#,rpc_method=\"s/WatchMembers\",rpc_response_status_code=\"UNAVAILABLE\"}",
        "0+50x60",
    ),
    ("rpc_server_call_duration_seconds_bucket{#,rpc_method=\"s/WatchMembers\",le=\"1\"}", "0x60"),
    ("rpc_server_call_duration_seconds_bucket{#,rpc_method=\"s/WatchMembers\",le=\"5\"}", "0x60"),
    (
        "rpc_server_call_duration_seconds_bucket{#,rpc_method=\"s/WatchMembers\",le=\"+Inf\"}",
        "0+50x60",
    ),
    ("partner_tail_lag_seconds{#,pod=\"a\"}", "1x60"),
    ("partner_outbox_age_seconds{#}", "60x60"),
    ("partner_mails_failed_total{#}", "0x60"),
    ("partner_mails_sent_total{#}", "0+8x60"),
];

/// A promtool test: with these series `firing` fires after an hour, and no other alert.
fn scene(firing: Option<&str>, series: &[(&str, &str)]) -> Value {
    let labels = format!("namespace=\"{NAMESPACE}\",job=\"{NAME}\"");
    let series: Vec<Value> = series
        .iter()
        .map(|(name, values)| json!({"series": name.replace('#', &labels), "values": values}))
        .collect();
    let firing: Vec<Value> = firing
        .iter()
        .map(|name| json!({"labels": format!("ALERTS{{alertname=\"{name}\"}}"), "value": 1}))
        .collect();
    let question = "count by (alertname, __name__) (ALERTS{alertstate=\"firing\"})";
    json!({
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [{"expr": question, "eval_time": "1h", "exp_samples": firing}],
    })
}

#[test]
fn each_alert_fires_at_what_it_is_for_and_none_when_all_is_well() {
    let named: BTreeSet<String> =
        alerts().iter().map(|alert| alert["alert"].as_str().unwrap().to_owned()).collect();
    assert_eq!(named, ALARMS.iter().map(|(name, _)| (*name).to_owned()).collect());
    let up = ("up{#}", "1x60");
    let mut scenes = vec![scene(None, WELL)];
    for (name, series) in ALARMS {
        let mut series = series.to_vec();
        if *name != "PartnerServiceAbsent" {
            series.push(up);
        }
        scenes.push(scene(Some(name), &series));
    }
    let tests = json!({"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": scenes});
    let files = [("rules.json", rules().to_string()), ("tests.json", tests.to_string())];
    let said = promtool(&["test", "rules", "tests.json"], &files);
    assert!(said.is_ok(), "{}", said.unwrap_err());
}

/// Every selector of a query: the series, and the labels that it asks for.
fn selectors(query: &str) -> Vec<(&str, Vec<&str>)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let selector = |(at, _): (usize, &str)| {
        let before = &query[..at];
        let series = &before[before.rfind(|c| !is_name(c)).map_or(0, |at| at + 1)..];
        let inside = query[at + 1..].split('}').next().unwrap_or_default();
        let labels = inside.split(',').filter_map(|label| label.split(['=', '!']).next());
        (series, labels.map(str::trim).collect())
    };
    query.match_indices('{').map(selector).collect()
}

/// What a query groups by, besides what Prometheus itself adds.
fn groups(query: &str) -> Vec<&str> {
    let by = query.split(" by (").skip(1).filter_map(|rest| rest.split(')').next());
    by.flat_map(|labels| labels.split(',').map(str::trim)).collect()
}

/// What Prometheus adds to every series, and to buckets.
const ADDED: [&str; 4] = ["namespace", "job", "pod", "le"];

#[test]
fn a_running_service_serves_what_alerts_and_dashboard_ask_for_with_its_labels() {
    let service = Service::start(&helm::render(ON).environment());
    let mut call = Command::new("grpcurl");
    call.args(["-plaintext", &service.address, "grpc.health.v1.Health/Check"]);
    answer(call, "").expect("a health check");
    let (code, page) = service.get("/metrics");
    assert_eq!(code, 200);
    let line_of = |series: &str| {
        let is_its = |line: &&str| {
            line.strip_prefix(series).is_some_and(|rest| rest.starts_with(['{', ' ']))
        };
        page.lines().find(is_its)
    };
    for (metric, is_histogram) in METRICS {
        let suffixes: &[&str] = if *is_histogram { &["_bucket", "_sum", "_count"] } else { &[""] };
        for suffix in suffixes {
            let series = format!("{metric}{suffix}");
            assert!(line_of(&series).is_some(), "{series} is not in {page}");
        }
    }
    let mut asked: Vec<String> = queries();
    asked.extend(alerts().iter().map(|alert| alert["expr"].as_str().unwrap().to_owned()));
    let mut seen = 0;
    for query in &asked {
        for (series, mut labels) in selectors(query) {
            if series == "up" {
                continue;
            }
            labels.extend(groups(query));
            let line = line_of(series).unwrap_or_else(|| panic!("{series} is not in {page}"));
            for label in labels.into_iter().filter(|label| !ADDED.contains(label)) {
                assert!(
                    line.contains(&format!("{label}=\"")),
                    "{label} of {query} is not in {line}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn prometheus_has_nothing_to_say_against_what_is_served() {
    let service = Service::start(&helm::render(ON).environment());
    for path in ["grpc.health.v1.Health/Check", "grpc.health.v1.Health/Checks"] {
        let mut call = Command::new("grpcurl");
        call.args(["-plaintext", &service.address, path]);
        let _ = answer(call, "");
    }
    let mut check = Command::new("promtool");
    check.args(["check", "metrics"]);
    let output = run(check, &service.get("/metrics").1);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}
