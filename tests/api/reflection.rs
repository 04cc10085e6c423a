//! What a client with nothing but an address finds: services, files with comments and options, health; and what it gets when
//! it asks for what is not there.

use crate::behind::post;
use crate::dynamic::{POOL, behaves, inputs, rpcs};
use crate::support::Harness;
use futures::{StreamExt, stream};
use partner_service::server::Service;
use prost_reflect::prost_types::FileDescriptorProto;
use prost_reflect::{DescriptorPool, FieldDescriptor};
use std::collections::{BTreeMap, BTreeSet};
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const SERVICES: [&str; 6] = [
    "partner.v1.AccountService",
    "partner.v1.PartnerService",
    "partner.v1.ContactService",
    "partner.v1.MemberSyncService",
    "partner.v1.ProviderService",
    "partner.v1.SharingService",
];

/// The leading comments of a file, by path.
pub fn comments(file: &FileDescriptorProto) -> BTreeMap<Vec<i32>, String> {
    let source = file.source_code_info.as_ref().expect("source info is kept");
    source
        .location
        .iter()
        .map(|place| (place.path.clone(), place.leading_comments().to_owned()))
        .collect()
}

/// Both versions of reflection have the same messages under different names.
macro_rules! reflection {
    ($version:ident) => {
        mod $version {
            use super::*;
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

            async fn ask(channel: &Channel, request: MessageRequest) -> MessageResponse {
                let mut client = ServerReflectionClient::new(channel.clone());
                let request =
                    ServerReflectionRequest { host: String::new(), message_request: Some(request) };
                let answers = client
                    .server_reflection_info(stream::iter([request]))
                    .await
                    .expect("reflection answers");
                let answer =
                    answers.into_inner().next().await.expect("one answer").expect("an answer");
                answer.message_response.expect("a message in it")
            }

            /// The names of the services.
            pub async fn services(channel: &Channel) -> Vec<String> {
                match ask(channel, MessageRequest::ListServices(String::new())).await {
                    MessageResponse::ListServicesResponse(list) => {
                        list.service.into_iter().map(|one| one.name).collect()
                    }
                    other => panic!("{other:?}"),
                }
            }

            /// The file of a symbol.
            pub async fn file_of(channel: &Channel, symbol: &str) -> Vec<u8> {
                match ask(channel, MessageRequest::FileContainingSymbol(symbol.to_owned())).await {
                    MessageResponse::FileDescriptorResponse(mut files) => {
                        files.file_descriptor_proto.remove(0)
                    }
                    other => panic!("{symbol}: {other:?}"),
                }
            }

            /// A file by its name.
            pub async fn file(channel: &Channel, name: &str) -> Vec<u8> {
                match ask(channel, MessageRequest::FileByFilename(name.to_owned())).await {
                    MessageResponse::FileDescriptorResponse(mut files) => {
                        files.file_descriptor_proto.remove(0)
                    }
                    other => panic!("{name}: {other:?}"),
                }
            }

            /// Everything that a client needs in order to call the API, fetched as a client fetches it.
            pub async fn pool(channel: &Channel) -> DescriptorPool {
                let mut files = BTreeMap::new();
                let mut wanted = Vec::new();
                for service in SERVICES {
                    let bytes = file_of(channel, service).await;
                    wanted.push(read(&mut files, bytes));
                }
                let mut wanted: Vec<String> = wanted.concat();
                while let Some(name) = wanted.pop() {
                    if !files.contains_key(&name) {
                        let bytes = file(channel, &name).await;
                        wanted.extend(read(&mut files, bytes));
                    }
                }
                assemble(files)
            }
        }
    };
}

reflection!(v1);
reflection!(v1alpha);

type Files = BTreeMap<String, (Vec<String>, Vec<u8>)>;

/// Keeps a file; the names of those that it imports.
fn read(files: &mut Files, bytes: Vec<u8>) -> Vec<String> {
    let file = <FileDescriptorProto as prost::Message>::decode(bytes.as_slice())
        .expect("a file descriptor");
    files.insert(file.name().to_owned(), (file.dependency.clone(), bytes));
    file.dependency
}

/// A pool takes a file only after those that it imports. Options are extensions: they survive as bytes alone.
fn assemble(mut files: Files) -> DescriptorPool {
    let mut pool = DescriptorPool::new();
    while !files.is_empty() {
        let known: BTreeSet<String> = pool.files().map(|file| file.name().to_owned()).collect();
        let ready =
            files.iter().find(|(_, (imports, _))| imports.iter().all(|name| known.contains(name)));
        let name =
            ready.map(|(name, _)| name.clone()).expect("no circle of imports, and none missing");
        let (_, bytes) = files.remove(&name).expect("it is there");
        pool.decode_file_descriptor_proto(bytes.as_slice()).expect("the file fits the others");
    }
    pool
}

#[tokio::test]
async fn both_versions_of_reflection_list_every_service() {
    let harness = Harness::start().await;
    for listed in [v1::services(&harness.channel).await, v1alpha::services(&harness.channel).await]
    {
        for service in SERVICES.into_iter().chain(["grpc.health.v1.Health"]) {
            assert!(listed.iter().any(|name| name == service), "{service} is not among {listed:?}");
        }
    }
}

#[tokio::test]
async fn reflection_serves_the_files_with_every_comment_and_option() {
    let harness = Harness::start().await;
    for pool in [v1::pool(&harness.channel).await, v1alpha::pool(&harness.channel).await] {
        let ours = pool.files().filter(|file| file.package_name() == "partner.v1");
        let names: Vec<String> = ours.map(|file| file.name().to_owned()).collect();
        assert!(names.len() >= 6, "{names:?}");
        for name in names {
            let (served, built) =
                (pool.get_file_by_name(&name).unwrap(), POOL.get_file_by_name(&name).unwrap());
            // the same bytes: comments and options included
            assert_eq!(served.encode_to_vec(), built.encode_to_vec(), "{name}");
            assert_eq!(
                comments(served.file_descriptor_proto()),
                comments(built.file_descriptor_proto()),
                "{name}"
            );
        }
        let validate =
            pool.get_extension_by_name("buf.validate.field").expect("the rules are served");
        let request = pool.get_message_by_name("partner.v1.GetPartnershipRequest").unwrap();
        let account = request.get_field_by_name("account_id").unwrap();
        assert!(account.options().has_extension(&validate));
        let behavior = pool.get_extension_by_name("google.api.field_behavior").unwrap();
        assert!(account.options().has_extension(&behavior));
    }
}

#[test]
fn every_part_of_the_api_has_a_comment_in_one_piece() {
    let files: Vec<_> = POOL.files().filter(|file| file.package_name() == "partner.v1").collect();
    for file in &files {
        let proto = file.file_descriptor_proto();
        let source = proto.source_code_info.as_ref().expect("source info is kept");
        for place in source.location.iter().filter(|place| is_declaration(&place.path)) {
            let whole = place.leading_comments().trim();
            assert!(!whole.is_empty(), "{} {:?} has no comment", file.name(), place.path);
            let begun =
                whole.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit());
            assert!(begun, "{}: a comment begins in the middle: {whole:?}", file.name());
            let torn = &place.leading_detached_comments;
            assert!(torn.is_empty(), "{}: an empty line tears off {torn:?}", file.name());
        }
    }
    assert!(files.len() >= 6);
}

/// Whether a path of source info names a message, field, enumeration, value, service or method.
fn is_declaration(path: &[i32]) -> bool {
    matches!(path, [4..=6, _] | [4..=6, _, 2, _])
}

#[test]
fn every_field_of_every_request_says_how_it_behaves() {
    let says = |field: &FieldDescriptor| {
        ["REQUIRED", "OPTIONAL", "IMMUTABLE"].iter().any(|one| behaves(field, one))
    };
    for rpc in rpcs() {
        for (path, field) in inputs(&rpc.input()) {
            assert!(says(&field), "{}.{path} has no field_behavior", rpc.input().name());
        }
    }
}

#[tokio::test]
async fn health_answers_for_the_whole_for_each_probe_and_for_each_service() {
    let harness = Harness::start().await;
    let mut client = HealthClient::new(harness.channel.clone());
    for service in ["", "liveness", "readiness"].into_iter().chain(SERVICES) {
        let answer =
            client.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap();
        assert_eq!(answer.into_inner().status(), ServingStatus::Serving, "{service:?}");
    }
    let unknown =
        client.check(HealthCheckRequest { service: "nothing".to_owned() }).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn calls_to_unknown_methods_are_unimplemented_and_come_without_details() {
    let (Service { routes, .. }, _database) = crate::errors::service(None).await;
    for path in
        ["/partner.v1.PartnerService/NoSuchThing", "/partner.v1.NoSuchService/Get", "/elsewhere"]
    {
        let status = post(routes.clone(), path, &[("x-request-id", "mine")], &[]).await;
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
        assert!(status.details().is_empty(), "{path}");
        assert_eq!(status.metadata().get("x-request-id").unwrap(), "mine", "{path}");
    }
}
