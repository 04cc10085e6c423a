//! The verbs on letters, and the mail server they go to.

use crate::gate::{Gate, Moment};
use crate::scene::Cast;
use crate::support::Harness;
use crate::verb::{Outcome, told};
use partner_service::grpc::pb;
use partner_service::mail::post::Carrier;
use partner_service::mail::smtp::{Server, Smtp};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Whom the mail server does not know.
pub const UNKNOWN: &str = "nobody@x.example";

/// One round of a worker. How many letters it sent is nobody's business: of two workers each may send some.
pub async fn deliver(harness: &Harness, cast: &Cast) -> Outcome {
    let server = Server::parse(&cast.mail_server, false).expect("a URL");
    let smtp = Smtp::new(server, "service.example", None, None).expect("a mail server");
    let mut worker = harness.worker(Carrier::smtp(smtp));
    match worker.deliver_due(&CancellationToken::new()).await {
        Ok(pause) => Outcome::Done(format!("{pause:?}")),
        Err(error) => Outcome::Refused(format!("{error:?}")),
    }
}

/// As the operator.
pub async fn retry(harness: &Harness, id: &str) -> Outcome {
    let request = pb::RetryMailRequest { mail_id: id.to_owned(), ..Default::default() };
    told(harness.operator().mails.retry_mail(request).await)
}

/// Starts a mail server that asks the gate before it takes a letter; its URL.
pub async fn mail_server(gate: Arc<Gate>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(&gate)));
        }
    });
    format!("smtp+plain://{address}")
}

async fn converse(stream: TcpStream, gate: Arc<Gate>) -> io::Result<()> {
    let mut wire = BufReader::new(stream);
    wire.write_all(b"220 here\r\n").await?;
    let (mut line, mut is_letter) = (String::new(), false);
    loop {
        line.clear();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match line.trim_end() {
            "." => {
                is_letter = false;
                gate.hold(Moment::Sending).await;
                "250 taken"
            }
            _ if is_letter => continue,
            "DATA" => {
                is_letter = true;
                "354 go on"
            }
            to if to.starts_with("RCPT") && to.contains(UNKNOWN) => "550 no such mailbox",
            _ => "250 yes",
        };
        wire.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}
