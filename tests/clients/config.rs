//! The published service config: what a client's library retries, and for how long, by itself.

use super::pages;
use partner_service::grpc::pb::DESCRIPTORS;
use prost_reflect::DescriptorPool;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PATH: &str = "proto/partner/v1/service_config.json";
/// What a read with `min_position` may wait for.
const LONGEST_ANSWER_S: f64 = 5.0;

fn config() -> Value {
    serde_json::from_str(&pages::text_of(PATH)).expect("JSON")
}

/// What is said about whole services, and about single methods.
fn parts() -> (Value, Vec<Value>) {
    let parts = config()["methodConfig"].as_array().expect("a list").clone();
    let (of_methods, of_services): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|part| part["name"][0].get("method").is_some());
    assert_eq!(of_services.len(), 1, "one rule for all services");
    (of_services[0].clone(), of_methods)
}

fn pool() -> DescriptorPool {
    DescriptorPool::decode(DESCRIPTORS).expect("descriptors")
}

#[test]
fn every_service_of_the_api_is_in_the_service_config() {
    let (rule, _) = parts();
    let named: BTreeSet<String> = rule["name"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|name| name["service"].as_str().expect("a service").to_owned())
        .collect();
    let served: BTreeSet<String> =
        pool().services().map(|service| service.full_name().to_owned()).collect();
    assert_eq!(named, served, "{PATH} and the services of the API");
}

#[test]
fn unavailable_is_all_that_is_tried_again_and_not_without_end() {
    let (rule, _) = parts();
    assert_eq!(rule["retryPolicy"]["retryableStatusCodes"], json!(["UNAVAILABLE"]));
    let attempts = rule["retryPolicy"]["maxAttempts"].as_u64().expect("a number");
    assert!((2..=5).contains(&attempts), "libraries take five for more than five");
    let throttling = &config()["retryThrottling"];
    assert!(throttling["maxTokens"].as_u64().is_some_and(|tokens| tokens >= attempts));
    assert!(throttling["tokenRatio"].as_f64().is_some_and(|ratio| ratio < 1.0));
}

#[test]
fn a_call_may_take_longer_than_the_longest_answer() {
    let (rule, _) = parts();
    let timeout = rule["timeout"].as_str().and_then(|text| text.strip_suffix('s')?.parse().ok());
    assert!(timeout.is_some_and(|seconds: f64| seconds > LONGEST_ANSWER_S), "{}", rule["timeout"]);
    assert_eq!(rule["waitForReady"], true);
}

/// A consumer follows a stream itself: it stays away for as long as it is asked to, and goes on from its token.
#[test]
fn streams_have_no_timeout_and_are_left_to_those_who_follow_them() {
    let (_, of_methods) = parts();
    let methods: Vec<_> =
        pool().services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    let streams = methods.iter().filter(|method| method.is_server_streaming());
    let streams: Vec<Value> = streams
        .map(|method| json!({"service": method.parent_service().full_name(), "method": method.name()}))
        .collect();
    let named: Vec<Value> = of_methods
        .iter()
        .flat_map(|part| part["name"].as_array().expect("a list").clone())
        .collect();
    assert_eq!(named, streams);
    for part in of_methods {
        assert!(part.get("timeout").is_none() && part.get("retryPolicy").is_none(), "{part}");
        assert_eq!(part["waitForReady"], false);
    }
}
