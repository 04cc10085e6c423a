//! The bars that are servers: bare tonic, in a process of their own, which is this program started again.
//!
//! One call answers what it was asked; one streams the same bytes to everybody as fast as they are taken.

use crate::Failure;
use bytes::{Buf, BufMut, Bytes};
use futures::stream::{self, BoxStream, StreamExt};
use partner_service::grpc::pb::RegisterMemberRequest;
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::BoxFuture;
use tonic::codegen::tokio_stream::wrappers::TcpListenerStream;
use tonic::server::{NamedService, ServerStreamingService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// Where the echo is.
pub const ECHO: &str = "/bench.Bar/Echo";
/// Where the stream is: the request says of how many bytes each message is, in four.
pub const STREAM: &str = "/bench.Bar/Stream";
/// As many as the service allows on a connection.
const STREAMS_PER_CONNECTION: u32 = 1_000;

/// Messages as bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buf.put_slice(&item);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buf.copy_to_bytes(buf.remaining())))
    }
}

/// The service that is served.
#[derive(Clone, Copy)]
struct Bar;

impl NamedService for Bar {
    const NAME: &'static str = "bench.Bar";
}

impl tower::Service<http::Request<Body>> for Bar {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            Ok(if request.uri().path() == ECHO {
                let codec = ProstCodec::<RegisterMemberRequest, RegisterMemberRequest>::default();
                tonic::server::Grpc::new(codec).unary(Bar, request).await
            } else {
                tonic::server::Grpc::new(Raw).server_streaming(Bar, request).await
            })
        })
    }
}

impl UnaryService<RegisterMemberRequest> for Bar {
    type Response = RegisterMemberRequest;
    type Future = BoxFuture<Response<RegisterMemberRequest>, Status>;

    fn call(&mut self, request: Request<RegisterMemberRequest>) -> Self::Future {
        Box::pin(async move { Ok(Response::new(request.into_inner())) })
    }
}

impl ServerStreamingService<Bytes> for Bar {
    type Response = Bytes;
    type ResponseStream = BoxStream<'static, Result<Bytes, Status>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let mut what = request.into_inner();
        Box::pin(async move {
            let length = what.try_get_u32().map_err(|_| Status::invalid_argument("a length"))?;
            let message = Bytes::from(vec![b'x'; length as usize]);
            Ok(Response::new(stream::repeat_with(move || Ok(message.clone())).boxed()))
        })
    }
}

/// What the program does when it is started as a bar: says where it listens, and serves.
pub async fn serve() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let connections = TcpListenerStream::new(listener)
        .map(|connection| connection.and_then(|stream| stream.set_nodelay(true).map(|()| stream)));
    let server = tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .add_service(Bar);
    Ok(server.serve_with_incoming(connections).await?)
}

/// The program as a bar; killed when dropped.
pub struct Process {
    child: Child,
    pub address: String,
}

impl Process {
    pub fn start() -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child =
            command.arg("--serve-bar").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        let output = child.stdout.take().ok_or("the bar has no output")?;
        BufReader::new(output).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
