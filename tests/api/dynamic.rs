//! Any RPC of the descriptors, called by name with messages made from them: what a test generates instead of listing.

use bytes::Buf;
use partner_service::grpc::pb;
use prost::Message;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, ReflectMessage, Value,
};
use std::sync::LazyLock;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{Ascii, MetadataKey};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

/// Every descriptor that the service is built from and serves.
pub static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(pb::DESCRIPTORS).expect("the descriptors are whole"));

/// Every RPC of the API.
pub fn rpcs() -> Vec<MethodDescriptor> {
    let services = POOL.services().filter(|service| service.package_name() == "partner.v1");
    services.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// A text as a field's value.
pub fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

/// A request of `method` with these fields, by path: `member.email`.
pub fn request(method: &MethodDescriptor, values: &[(&str, Value)]) -> DynamicMessage {
    let mut message = DynamicMessage::new(method.input());
    for (path, value) in values {
        set(&mut message, path, value.clone());
    }
    message
}

/// Sets the field at `path`, making the messages on the way to it.
pub fn set(message: &mut DynamicMessage, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            let known = message.try_set_field_by_name(path, value);
            known.unwrap_or_else(|error| panic!("{}.{path}: {error}", message.descriptor().name()));
        }
        Some((first, rest)) => set(inner(message, first), rest, value),
    }
}

/// Empties the field at `path`.
pub fn clear(message: &mut DynamicMessage, path: &str) {
    match path.split_once('.') {
        None => message.clear_field_by_name(path),
        Some((first, rest)) => clear(inner(message, first), rest),
    }
}

/// The value at `path`; the default where nothing is set.
pub fn get(message: &DynamicMessage, path: &str) -> Value {
    let (first, rest) =
        path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = message.get_field_by_name(first).expect("a field of this name").into_owned();
    match rest {
        None => value,
        Some(rest) => get(value.as_message().expect("a message on the way"), rest),
    }
}

fn inner<'a>(message: &'a mut DynamicMessage, name: &str) -> &'a mut DynamicMessage {
    let field = message.get_field_by_name_mut(name).unwrap_or_else(|| panic!("no field {name}"));
    field.as_message_mut().unwrap_or_else(|| panic!("{name} is no message"))
}

/// Whether the message has a field of this name.
pub fn has(message: &MessageDescriptor, name: &str) -> bool {
    message.get_field_by_name(name).is_some()
}

/// Every field that a caller may fill in, with its path; output-only ones and what lies within them are left out, and so
/// are the insides of the well-known types.
pub fn inputs(message: &MessageDescriptor) -> Vec<(String, FieldDescriptor)> {
    let mut found = Vec::new();
    for field in message.fields().filter(|field| !behaves(field, "OUTPUT_ONLY")) {
        let path = field.name().to_owned();
        if let Kind::Message(inside) = field.kind()
            && field.cardinality() != Cardinality::Repeated
            && inside.package_name() == "partner.v1"
        {
            found.extend(
                inputs(&inside)
                    .into_iter()
                    .map(|(below, field)| (format!("{path}.{below}"), field)),
            );
        }
        found.push((path, field));
    }
    found
}

/// Whether `google.api.field_behavior` says this of the field.
pub fn behaves(field: &FieldDescriptor, behavior: &str) -> bool {
    let extension = POOL
        .get_extension_by_name("google.api.field_behavior")
        .expect("field_behavior is imported");
    let Kind::Enum(values) = extension.kind() else { panic!("field_behavior is an enumeration") };
    let number = values.get_value_by_name(behavior).expect("a behavior of this name").number();
    field
        .options()
        .get_extension(&extension)
        .as_list()
        .expect("a list")
        .contains(&Value::EnumNumber(number))
}

/// Calls `method` with these metadata; of a stream, the answer is its first message.
pub async fn call(
    channel: &Channel,
    method: &MethodDescriptor,
    message: DynamicMessage,
    metadata: &[(&'static str, String)],
) -> Result<Response<DynamicMessage>, Status> {
    let mut request = Request::new(message);
    for (name, value) in metadata {
        let name = MetadataKey::<Ascii>::from_static(name);
        request.metadata_mut().insert(name, value.parse().expect("a header value"));
    }
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.expect("the service is there");
    let (path, codec) = (path.parse().expect("a path"), Dynamic(method.output()));
    if !method.is_server_streaming() {
        return client.unary(request, path, codec).await;
    }
    let mut stream = client.server_streaming(request, path, codec).await?.into_inner();
    let first = stream.message().await?;
    Ok(Response::new(first.expect("a stream does not end before it has said anything")))
}

/// Writes any message, reads the one it is told.
struct Dynamic(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self(self.0.clone())
    }

    fn decoder(&mut self) -> Self {
        Self(self.0.clone())
    }
}

impl Encoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.encode(into).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        let message = DynamicMessage::decode(self.0.clone(), bytes);
        message.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
