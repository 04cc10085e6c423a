//! Which calls there are, and of each how often it came, how it ended and how long it took.
//!
//! What a caller writes never becomes a label: methods that are not served are one, `_OTHER`.

use super::pb;
use crate::meter::{Histograms, durations};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use prost::Message;
use prost_types::FileDescriptorSet;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;
use tonic::Code;

const OTHER: &str = "_OTHER";
/// By number; the names that the RPC conventions of OpenTelemetry give them.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// A code as labels and spans have it.
pub fn name_of(code: Code) -> &'static str {
    usize::try_from(i32::from(code)).ok().and_then(|number| CODES.get(number)).unwrap_or(&CODES[2])
}

/// The methods of a server, and what is counted of them.
pub struct Calls {
    numbers: HashMap<String, usize>,
    /// The last one stands for those that there are not.
    methods: Vec<Method>,
    durations: Histograms<Labels>,
}

type Labels = [(&'static str, String); 2];

struct Method {
    /// `/package.Service/Method`.
    path: String,
    /// Of `durations`, so that no call looks its own up by labels.
    by_code: [OnceLock<Histogram>; CODES.len()],
}

impl Method {
    fn name(&self) -> &str {
        &self.path[1..]
    }

    fn new(name: &str) -> Self {
        Self { path: format!("/{name}"), by_code: std::array::from_fn(|_| OnceLock::new()) }
    }
}

impl Default for Calls {
    /// Of a server that knows no method by name.
    fn default() -> Self {
        Self { numbers: HashMap::new(), methods: vec![Method::new(OTHER)], durations: durations() }
    }
}

impl Calls {
    /// Every method of this service.
    #[must_use]
    pub fn served() -> Self {
        let sets = [
            pb::DESCRIPTORS,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        let mut names: Vec<String> = sets.into_iter().flat_map(methods).collect();
        names.sort_unstable();
        names.dedup();
        let mut methods: Vec<Method> = names.iter().map(|name| Method::new(name)).collect();
        methods.push(Method::new(OTHER));
        let numbers = names.into_iter().enumerate().map(|(number, name)| (name, number)).collect();
        Self { numbers, methods, durations: durations() }
    }

    /// The number of the method that a path names.
    pub(super) fn number(&self, path: &str) -> usize {
        let name = path.strip_prefix('/').unwrap_or(path);
        self.numbers.get(name).copied().unwrap_or(self.methods.len() - 1)
    }

    /// `package.Service/Method`; `_OTHER` where there is none.
    pub(super) fn name(&self, number: usize) -> &str {
        self.methods[number].name()
    }

    /// The path of a method that there is.
    pub(super) fn path(&self, number: usize) -> Option<&str> {
        (number + 1 < self.methods.len()).then(|| &*self.methods[number].path)
    }

    pub(super) fn count(&self, number: usize, code: Code, took: Duration) {
        let index = usize::try_from(i32::from(code)).unwrap_or(2);
        let method = &self.methods[number];
        let histogram = method.by_code[index].get_or_init(|| {
            self.durations.get_or_create_owned(&[
                ("rpc_method", method.name().to_owned()),
                ("rpc_response_status_code", name_of(code).to_owned()),
            ])
        });
        histogram.observe(took.as_secs_f64());
    }

    /// Puts what came on a page to come.
    pub fn tell(&self, registry: &mut Registry) {
        registry.register(
            "rpc_server_call_duration_seconds",
            "Calls by method and status code, streams from beginning to end",
            self.durations.clone(),
        );
    }
}

/// The methods in a set of descriptors.
fn methods(set: &[u8]) -> Vec<String> {
    let files = FileDescriptorSet::decode(set).map(|set| set.file).unwrap_or_default();
    let mut names = Vec::new();
    for file in files {
        let package = file.package().to_owned();
        for service in file.service {
            let method = |method: &prost_types::MethodDescriptorProto| {
                format!("{package}.{}/{}", service.name(), method.name())
            };
            names.extend(service.method.iter().map(method));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::page;

    #[test]
    fn every_code_has_its_name() {
        for number in 0..=16 {
            let code = Code::from_i32(number);
            let plain = |text: &str| text.replace('_', "").to_uppercase();
            assert_eq!(plain(name_of(code)), plain(&format!("{code:?}")));
        }
    }

    #[test]
    fn the_methods_of_every_service_are_known_and_what_callers_make_up_is_one() {
        let calls = Calls::served();
        for name in [
            "partner.v1.PartnerService/InvitePartner",
            "partner.v1.MemberSyncService/WatchMembers",
            "grpc.health.v1.Health/Watch",
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        ] {
            assert_eq!(calls.name(calls.number(&format!("/{name}"))), name);
        }
        for path in ["/", "", "/partner.v1.PartnerService/Invite", "/bo@b.example/x", "/_OTHER"] {
            assert_eq!(calls.name(calls.number(path)), OTHER, "{path}");
        }
    }

    #[test]
    fn a_call_is_told_by_method_and_code() {
        let calls = Calls::served();
        let number = calls.number("/grpc.health.v1.Health/Check");
        calls.count(number, Code::NotFound, Duration::from_millis(3));
        let mut registry = Registry::default();
        calls.tell(&mut registry);
        let text = page(&registry);
        let labels =
            "rpc_method=\"grpc.health.v1.Health/Check\",rpc_response_status_code=\"NOT_FOUND\"";
        for line in [
            format!("rpc_server_call_duration_seconds_bucket{{le=\"0.0025\",{labels}}} 0"),
            format!("rpc_server_call_duration_seconds_bucket{{le=\"0.005\",{labels}}} 1"),
            format!("rpc_server_call_duration_seconds_count{{{labels}}} 1"),
            format!("rpc_server_call_duration_seconds_sum{{{labels}}} 0.003"),
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in {text}");
        }
        assert_eq!(text.matches("_count{").count(), 1);
    }
}
