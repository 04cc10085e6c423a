//! Who is let in, and in what language.

use super::certificates::{Authority, OVER, TO_COME, write};
use super::{Dialling, Stage, meet, told};
use crate::tls::provider;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, SupportedProtocolVersion};

/// A client of one version, which asks for one protocol.
fn client(stage: &Stage, version: &'static SupportedProtocolVersion, protocol: &[u8]) -> Dialling {
    let trusted = super::super::files::authorities(&stage.ca, &std::fs::read(&stage.ca).unwrap());
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(trusted.unwrap())
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Dialling(Arc::new(config))
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_with_http_2_and_with_nothing_else() {
    let stage = Stage::new();
    let serving = stage.serving(false);
    for version in [&TLS12, &TLS13] {
        meet(&serving, &client(&stage, version, b"h2")).await.agreed();
        let refused = meet(&serving, &client(&stage, version, b"http/1.1")).await.refused();
        assert_eq!(refused, "peer doesn't support any known protocol");
    }
}

#[tokio::test]
async fn tls_1_1_is_refused_by_an_alert_that_says_so() {
    let stage = Stage::new();
    // ClientHello: TLS 1.1, a random, no session, one cipher suite of that time, no compression, one group of curves
    // and one kind of signature
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
    hello.extend([0, 16, 0, 10, 0, 4, 0, 2, 0, 0x1d, 0, 13, 0, 4, 0, 2, 4, 3]);
    let length = u8::try_from(hello.len()).unwrap();
    let record = [&[0x16, 0x03, 0x01, 0, length + 4, 1, 0, 0, length][..], &hello].concat();
    let (back, _) = told(&stage.serving(false), &record).await;
    // an alert, fatal: protocol version
    assert_eq!((back[0], &back[5..]), (0x15, &[2, 70][..]), "{back:?}");
}

#[tokio::test]
async fn what_is_no_tls_is_refused() {
    let stage = Stage::new();
    for bytes in [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let (_, why) = told(&stage.serving(false), bytes).await;
        assert!(why.contains("corrupt"), "{why}");
    }
}

#[tokio::test]
async fn without_a_client_authority_callers_show_nothing() {
    let stage = Stage::new();
    assert!(!stage.serving(false).is_mutual());
    meet(&stage.serving(false), &stage.client(None)).await.agreed();
}

#[tokio::test]
async fn with_one_a_caller_without_its_certificate_is_refused_in_the_handshake() {
    let stage = Stage::new();
    let serving = stage.serving(true);
    assert!(serving.is_mutual());
    let known = stage.write("known", &stage.authority.issues(&["caller"]));
    meet(&serving, &stage.client(Some(&known))).await.agreed();

    let none = meet(&serving, &stage.client(None)).await.refused();
    assert!(none.contains("no certificates"), "{none}");
    for (issued, why) in [
        (Authority::new("other").issues(&["caller"]), "UnknownIssuer"),
        // the same name is not the same authority
        (Authority::new("one").issues(&["caller"]), "BadSignature"),
        (stage.authority.issues_for(&["caller"], OVER), "expired"),
        (stage.authority.issues_for(&["caller"], TO_COME), "not valid yet"),
    ] {
        let foreign = stage.write("foreign", &issued);
        let refused = meet(&serving, &stage.client(Some(&foreign))).await.refused();
        assert!(refused.contains(why), "{why}: {refused}");
    }
}

#[tokio::test]
async fn whoever_holds_the_services_own_key_is_let_in_and_trusts_it_whatever_its_names() {
    let stage = Stage::new();
    // from an authority that the service does not let callers come from
    let other = Authority::new("other");
    let (certificate, key) = stage.write("service", &other.issues(&["service.example"]));
    let files = super::Files {
        certificate: certificate.clone(),
        key: key.clone(),
        client_ca: Some(stage.ca.clone()),
    };
    let serving = super::Serving::start(files).unwrap();
    let own = Dialling::own(&certificate, Some(&key)).unwrap();
    meet(&serving, &own).await.agreed();

    let without_key = Dialling::own(&certificate, None).unwrap();
    meet(&serving, &without_key).await.refused();
    // its certificate is public: shown without its key it is worth nothing
    let (_, wrong) = stage.write("wrong", &other.issues(&["service.example"]));
    assert!(Dialling::own(&certificate, Some(&wrong)).is_err());
}

#[tokio::test]
async fn a_client_with_the_services_certificate_trusts_no_other() {
    let stage = Stage::new();
    let serving = stage.serving(false);
    let (same_names, _) = stage.write("other", &stage.authority.issues(&["localhost"]));
    meet(&serving, &Dialling::own(&same_names, None).unwrap()).await.refused();
}

#[tokio::test]
async fn a_client_trusts_the_authority_it_was_given_for_the_name_it_asked_for() {
    let stage = Stage::new();
    let strange = write(stage.folder.path(), "strange.crt", &Authority::new("other").pem());
    let client = Dialling::trusting(Some(&strange), None).unwrap();
    let met = meet(&stage.serving(false), &client).await;
    let why = met.shown.unwrap_err().to_string();
    assert!(why.contains("UnknownIssuer"), "{why}");

    let (certificate, key) = stage.write("service", &stage.authority.issues(&["other.example"]));
    let files = super::Files { certificate, key, client_ca: None };
    let met = meet(&super::Serving::start(files).unwrap(), &stage.client(None)).await;
    let why = met.shown.unwrap_err().to_string();
    assert!(why.contains("not valid for name"), "{why}");
}

#[tokio::test]
async fn a_caller_that_asks_for_no_protocol_is_let_in_for_its_preface_tells() {
    let stage = Stage::new();
    let serving = stage.serving(false);
    let name = ServerName::try_from("localhost").unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serving.accept(stream).await
    });
    let Dialling(config) = stage.client(None);
    let mut config = ClientConfig::clone(&config);
    config.alpn_protocols.clear();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), None);
    assert!(accepting.await.unwrap().is_ok());
}
