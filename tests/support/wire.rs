//! Calls below the generated clients: any bytes, any headers, and no timer on the client's side.

use super::Harness;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use partner_service::grpc::transport::serve_connection;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::Routes;

/// A gRPC frame: not compressed, its length, the message.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a message shorter than 4 GiB");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

impl Harness {
    /// Posts `body` to `path` (`Service/Method` of `partner.v1`) on a connection of its own.
    pub async fn send(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> http::Response<Incoming> {
        let (client, server) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve_connection(
            server,
            Routes::clone(&self.routes),
            CancellationToken::new(),
        ));
        let connected =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client));
        let (mut sender, connection) = connected.await.expect("an HTTP/2 connection");
        tokio::spawn(connection);
        let mut request = http::Request::post(format!("http://in-memory/partner.v1.{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Whole(Some(body.into()))).expect("a request");
        sender.send_request(request).await.expect("a response")
    }

    /// The same; the status that came back.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Status {
        let response = self.send(path, headers, body).await;
        if let Some(status) = Status::from_header_map(response.headers()) {
            return status;
        }
        let mut body = response.into_body();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            if let Some(trailers) = frame.expect("a whole response").trailers_ref() {
                return Status::from_header_map(trailers).expect("a status in the trailers");
            }
        }
        panic!("the response had no status");
    }
}

/// A body in one piece.
struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}
