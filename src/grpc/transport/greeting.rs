//! What a connection says first: HTTP/2's preface. It is read here, in bounded time, and read again by hyper, which would
//! wait for it for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that spoke; the preface is read from it once more.
#[derive(Debug)]
pub struct Greeted<IO> {
    io: IO,
    left: &'static [u8],
}

impl<IO: AsyncRead + Unpin> Greeted<IO> {
    /// Waits for the preface; the first byte that is none of it ends the wait.
    ///
    /// # Errors
    /// The connection's own, or `InvalidData`.
    pub async fn hear(mut io: IO) -> io::Result<Self> {
        let mut expected = PREFACE;
        let mut heard = [0; PREFACE.len()];
        while !expected.is_empty() {
            let room = &mut heard[..expected.len()];
            let count = io.read(room).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some(rest) = expected.strip_prefix(&room[..count]) else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no HTTP/2"));
            };
            expected = rest;
        }
        Ok(Self { io, left: PREFACE })
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Greeted<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left.is_empty() {
            return Pin::new(&mut self.io).poll_read(context, buffer);
        }
        let (now, later) = self.left.split_at(self.left.len().min(buffer.remaining()));
        buffer.put_slice(now);
        self.left = later;
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Greeted<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn the_preface_is_heard_in_pieces_and_read_again_with_what_follows() {
        let (mut client, server) = tokio::io::duplex(3);
        let saying = tokio::spawn(async move {
            client.write_all(PREFACE).await.unwrap();
            client.write_all(b"and more").await.unwrap();
        });
        let mut greeted = Greeted::hear(server).await.unwrap();
        let mut all = Vec::new();
        greeted.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, [PREFACE, b"and more"].concat());
        saying.await.unwrap();
    }

    #[tokio::test]
    async fn the_first_byte_of_something_else_ends_it() {
        for (said, kind) in [
            (&b"GET / HTTP/1.1\r\n"[..], io::ErrorKind::InvalidData),
            (b"PRI * HTTP/1.1\r\n\r\n", io::ErrorKind::InvalidData),
            (b"\x16\x03\x01", io::ErrorKind::InvalidData),
        ] {
            let (mut client, server) = tokio::io::duplex(64);
            client.write_all(said).await.unwrap();
            assert_eq!(Greeted::hear(server).await.unwrap_err().kind(), kind);
        }
        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(&PREFACE[..23]).await.unwrap();
        drop(client);
        let ended = Greeted::hear(server).await.unwrap_err().kind();
        assert_eq!(ended, io::ErrorKind::UnexpectedEof);
    }
}
