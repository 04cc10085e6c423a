//! One scenario for each reason, as short as it gets. Calls carry [`CALL`] as their request id.

use super::streaming::{left_behind, one_too_many, resumed, stopping, too_late};
use super::{mailing, providing};
use crate::behind::{Session, post};
use crate::support::database::TestDatabase;
use crate::support::world::Organization;
use crate::support::{Caller, Harness, NOON, Options};
use futures::FutureExt;
use futures::future::BoxFuture;
use partner_service::backend::{Backend, Clock, Database, Limits, Pause, PausePoint, SecretKey};
use partner_service::feed::token::ResumeToken;
use partner_service::grpc::auth::{Authenticator, JwtVerifier};
use partner_service::grpc::pb::{self, ErrorReason, MemberProfile};
use partner_service::server::{REACTIONS, Service};
use std::sync::Arc;
use tonic::{Code, Response, Status};
use uuid::Uuid;

/// The id under which every refused call is made.
pub const CALL: &str = "call-1";

/// The status of a call refused for this reason; none where there is no reason. Scenarios that leave the service as they
/// found it share `common`, each with organisations of its own.
pub async fn produce(reason: ErrorReason, common: &Arc<Harness>) -> Option<Status> {
    use ErrorReason as R;
    Some(match reason {
        R::CredentialsMissing => without_credentials().await,
        R::CredentialsInvalid => refused(
            by(common, "nobody").accounts.get_account(pb::GetAccountRequest::default()).await,
        ),
        R::ManagePartnersRequired => invited_by_an_observer(common).await,
        R::OperatorRequired => {
            let stage = Stage::on(common).await;
            let mut ann = stage.ann.clone();
            refused(ann.by.accounts.list_accounts(pb::ListAccountsRequest::default()).await)
        }
        R::MemberNotActive => by_a_deactivated_member(common).await,
        R::NotTheRecipient => {
            let (stage, id) = Stage::invited(common).await;
            failed(stage.ann.accepts(&id).await)
        }
        R::NotTheSender => {
            let (stage, id) = Stage::invited(common).await;
            failed(stage.bo.resends(&id).await)
        }
        R::ResourceNotFound => {
            failed(Stage::on(common).await.ann.sees(&Uuid::now_v7().to_string()).await)
        }
        R::FieldInvalid => failed(Stage::on(common).await.ann.invites("no address").await),
        R::SelfInvitation => {
            let stage = Stage::on(common).await;
            failed(stage.ann.invites(&stage.ann.email()).await)
        }
        R::PageTokenInvalid => {
            let stage = Stage::on(common).await;
            let mut ann = stage.ann.clone();
            let request = pb::ListPartnershipsRequest {
                account_id: ann.id.clone(),
                page_token: "damaged".to_owned(),
                ..Default::default()
            };
            refused(ann.by.partners.list_partnerships(request).await)
        }
        R::MessageMalformed => raw(&[], b"\xff\xff\xff").await,
        R::AlreadyPartners => {
            let (stage, id) = Stage::invited(common).await;
            stage.bo.accepts(&id).await.expect("accepted");
            failed(stage.ann.invites(&stage.bo.email()).await)
        }
        R::DuplicateInvitation => {
            let (stage, _) = Stage::invited(common).await;
            failed(stage.ann.invites(&stage.bo.email()).await)
        }
        R::MemberExists => {
            let stage = Stage::on(common).await;
            let member = Some(pb::Member { email: stage.bo.email(), ..Default::default() });
            let request = pb::RegisterMemberRequest {
                account_id: stage.ann.id.clone(),
                member,
                ..Default::default()
            };
            refused(operator(&stage.harness).accounts.register_member(request).await)
        }
        R::AccountExists => {
            let stage = Stage::on(common).await;
            refused(stage.create_account(&stage.ann.id, "").await)
        }
        R::RequestIdReused => {
            let stage = Stage::on(common).await;
            stage.create_account("", "once").await.expect("created");
            refused(stage.create_account(&Uuid::now_v7().to_string(), "once").await)
        }
        R::ReinviteBlocked => {
            let (stage, id) = Stage::invited(common).await;
            stage.bo.rejects(&id).await.expect("rejected");
            failed(stage.ann.invites(&stage.bo.email()).await)
        }
        R::IncomingInvitationPending => {
            let (stage, _) = Stage::invited(common).await;
            failed(stage.bo.invites(&stage.ann.email()).await)
        }
        R::InvitationNotPending => {
            let (stage, id) = Stage::invited(common).await;
            stage.bo.rejects(&id).await.expect("rejected");
            failed(stage.bo.accepts(&id).await)
        }
        R::InvitationExpired => {
            let (stage, id) = Stage::invited(common).await;
            stage.harness.clock.advance(Limits::default().invitation_expiry);
            failed(stage.bo.accepts(&id).await)
        }
        R::ContactPartner => providing::contact_partner(common).await,
        R::AccountNotActive => {
            let stage = Stage::on(common).await;
            let request = pb::SuspendAccountRequest {
                account_id: stage.ann.id.clone(),
                ..Default::default()
            };
            operator(&stage.harness).accounts.suspend_account(request).await.expect("suspended");
            failed(stage.ann.invites(&stage.bo.email()).await)
        }
        R::MemberRemoved => {
            let stage = Stage::on(common).await;
            let request = pb::RemoveMemberRequest {
                account_id: stage.ann.id.clone(),
                member_id: stage.ann.boss.id.clone(),
                ..Default::default()
            };
            operator(&stage.harness)
                .accounts
                .remove_member(request.clone())
                .await
                .expect("removed");
            refused(operator(&stage.harness).accounts.remove_member(request).await)
        }
        R::PositionUnknown => {
            let stage = Stage::on(common).await;
            let mut ann = stage.ann.clone();
            let request =
                pb::GetAccountRequest { account_id: ann.id.clone(), min_position: 1_000_000 };
            refused(ann.by.accounts.get_account(request).await)
        }
        R::EtagMismatch => {
            let (stage, id) = Stage::invited(common).await;
            let mut bo = stage.bo.clone();
            let request = pb::AcceptPartnershipRequest {
                account_id: bo.id.clone(),
                partnership_id: id,
                etag: "v0".to_owned(),
                ..Default::default()
            };
            refused(bo.by.partners.accept_partnership(request).await)
        }
        R::ConcurrentChange => others_are_always_first().await,
        R::InvitationsPerDay => {
            let stage =
                Stage::on(&limited(Limits { invitations_per_day: 0, ..Limits::default() }).await)
                    .await;
            failed(stage.ann.invites(&stage.bo.email()).await)
        }
        R::OpenInvitations => {
            let stage =
                Stage::on(&limited(Limits { open_invitations: 0, ..Limits::default() }).await)
                    .await;
            failed(stage.ann.invites(&stage.bo.email()).await)
        }
        R::ResendTooSoon => {
            let (stage, id) = Stage::invited(common).await;
            failed(stage.ann.resends(&id).await)
        }
        R::RateLimited => {
            let limits = Limits { providers_per_day: 0, ..Limits::default() };
            let stage = Stage::on(&limited(limits).await).await;
            stage.bo.publishes("Bo's").await;
            failed(stage.ann.asks(&[&stage.bo]).await)
        }
        R::MessageTooLarge => {
            let stage = Stage::on(common).await;
            failed(stage.ann.invites(&"x".repeat(300 * 1024)).await)
        }
        R::Deadline => raw(&[("grpc-timeout", "1m")], &[]).await,
        R::DatabaseUnavailable => {
            let stage = Stage::on(&own().await).await;
            stage.harness.backend.close().await;
            failed(stage.ann.sees(&Uuid::now_v7().to_string()).await)
        }
        R::Overloaded => {
            let stage = Stage::on(&own().await).await;
            let mut other = Session::open(&stage.harness.database).await;
            other.stop_all_changes().await;
            failed(stage.ann.invites(&stage.bo.email()).await)
        }
        R::Internal => {
            let stage = Stage::on(&own().await).await;
            Session::open(&stage.harness.database)
                .await
                .run("UPDATE account SET contact_retention = 'NONSENSE'")
                .await;
            let request =
                pb::GetAccountRequest { account_id: stage.ann.id.clone(), ..Default::default() };
            refused(operator(&stage.harness).accounts.get_account(request).await)
        }
        // a replica that stops says so on its connections (GOAWAY): no call gets as far as an answer
        R::ContactExists => {
            let Stage { ann, .. } = Stage::on(common).await;
            ann.types_in("guest@else.example").await.expect("a guest");
            failed(ann.types_in("guest@else.example").await)
        }
        R::UserContact => {
            let Stage { ann, .. } = Stage::on(common).await;
            let own = ann.contacts_of(pb::ContactKind::User).await.remove(0);
            failed(ann.drops(&own.id).await)
        }
        R::ResumeTokenInvalid => resumed(common, |_| "damaged".to_owned()).await,
        R::ResumeTokenDiverged => {
            resumed(common, |token| ResumeToken { proof: [0; 8], ..token }.seal()).await
        }
        R::ResumeTokenExpired => too_late().await,
        R::TooManyStreams => one_too_many().await,
        R::NotYetThere => left_behind().await,
        R::ShuttingDown => stopping().await,
        R::Unspecified => return None,
        // boxed, or all of them together are more than a test's stack holds
        R::AgreementNotAcknowledged => Box::pin(providing::agreement_not_acknowledged()).await,
        R::AgreementExists => Box::pin(providing::agreement_exists()).await,
        R::AgreementVersionStale => Box::pin(providing::agreement_version_stale()).await,
        R::PartnershipNotActive => Box::pin(providing::partnership_not_active(common)).await,
        R::NoAdminRoles => Box::pin(providing::no_admin_roles(common)).await,
        R::PartnershipRequired => Box::pin(providing::partnership_required(common)).await,
        R::AudienceIsDynamic => Box::pin(providing::audience_is_dynamic(common)).await,
        R::MailNotRetryable => mailing::mail_not_retryable(common).boxed().await,
    })
}

/// A service with two organisations whose calls carry [`CALL`].
pub struct Stage {
    pub harness: Arc<Harness>,
    pub ann: Organization,
    pub bo: Organization,
}

impl Stage {
    pub async fn on(harness: &Arc<Harness>) -> Self {
        let [ann, bo] = ["ann", "bo"].map(|name| format!("{name}-{}", Uuid::now_v7().simple()));
        let (ann, bo) = (harness.organization(&ann).await, harness.organization(&bo).await);
        let [ann, bo] = [ann, bo].map(|who| Organization { by: by(harness, &who.boss.id), ..who });
        Self { harness: Arc::clone(harness), ann, bo }
    }

    /// With an invitation from `ann` to `bo`.
    async fn invited(harness: &Arc<Harness>) -> (Self, String) {
        let stage = Self::on(harness).await;
        let id = stage.ann.invites(&stage.bo.email()).await.expect("invited").id;
        (stage, id)
    }

    async fn create_account(
        &self,
        id: &str,
        request_id: &str,
    ) -> Result<Response<pb::CreateAccountResponse>, Status> {
        let account = pb::Account {
            id: id.to_owned(),
            display_name: "another".to_owned(),
            ..Default::default()
        };
        let request = pb::CreateAccountRequest {
            account: Some(account),
            request_id: request_id.to_owned(),
            ..Default::default()
        };
        operator(&self.harness).accounts.create_account(request).await
    }
}

/// A service for one scenario, which breaks or stops it.
pub async fn own() -> Arc<Harness> {
    limited(Limits::default()).await
}

pub async fn limited(limits: Limits) -> Arc<Harness> {
    Arc::new(Harness::with(Options { limits, ..Options::default() }).await)
}

fn by(harness: &Harness, member: &str) -> Caller {
    harness.caller(&[("x-member-id", member.to_owned()), ("x-request-id", CALL.to_owned())])
}

fn operator(harness: &Harness) -> Caller {
    harness.caller(&[("x-request-id", CALL.to_owned())])
}

pub fn refused<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Status {
    failed(answer)
}

pub fn failed<T: std::fmt::Debug>(answer: Result<T, Status>) -> Status {
    answer.expect_err("the call should have been refused")
}

async fn without_credentials() -> Status {
    let verifier =
        JwtVerifier::with_key(&[b's'; 32], "issuer", "audience").expect("a secret of 32 bytes");
    let authenticator = Some(Authenticator::Jwt(Box::new(verifier)));
    let harness = Harness::with(Options { authenticator, ..Options::default() }).await;
    refused(operator(&harness).accounts.list_accounts(pb::ListAccountsRequest::default()).await)
}

async fn invited_by_an_observer(common: &Arc<Harness>) -> Status {
    let Stage { harness, ann, bo } = Stage::on(common).await;
    let email = ann.address("eye");
    let observer =
        harness.register(&ann.id, &email, MemberProfile::Observer).await.expect("registered");
    let observer = Organization { by: by(&harness, &observer.id), ..ann };
    failed(observer.invites(&bo.email()).await)
}

async fn by_a_deactivated_member(common: &Arc<Harness>) -> Status {
    let Stage { harness, ann, bo } = Stage::on(common).await;
    let request = pb::DeactivateMemberRequest {
        account_id: ann.id.clone(),
        member_id: ann.boss.id.clone(),
        ..Default::default()
    };
    operator(&harness).accounts.deactivate_member(request).await.expect("deactivated");
    failed(ann.invites(&bo.email()).await)
}

/// Wherever the change would write its audit entry, somebody's stands already, at every attempt.
async fn others_are_always_first() -> Status {
    let (stage, _) = Stage::invited(&own().await).await;
    let mut session = Session::open(&stage.harness.database).await;
    for ahead in 1..=3 {
        session
            .run(&format!(
                "INSERT INTO audit_entry (position, id, action, actor_is_operator, operator_name, reason, reason_shared, \
                 request_id, created_at) SELECT (SELECT max(position) + {ahead} FROM log), id, action, actor_is_operator, \
                 operator_name, reason, reason_shared, request_id, created_at FROM audit_entry LIMIT 1"
            ))
            .await;
    }
    failed(stage.ann.invites("somebody@else.example").await)
}

/// Holds every change for ever.
struct Held;

impl Pause for Held {
    fn reach(&self, _: PausePoint) -> BoxFuture<'_, ()> {
        futures::future::pending().boxed()
    }
}

/// What CreateAccount answers to a call made by hand, in a service whose changes never end.
async fn raw(headers: &[(&str, &str)], message: &[u8]) -> Status {
    let (Service { routes, .. }, _database) = service(Some(Arc::new(Held))).await;
    let headers = [headers, &[("x-request-id", CALL)]].concat();
    // field 1 (account), 3 bytes: field 2 (display_name), 1 byte
    let message = if message.is_empty() { b"\x0a\x03\x12\x01A".as_slice() } else { message };
    let status = post(routes, "/partner.v1.AccountService/CreateAccount", &headers, message).await;
    assert_ne!(status.code(), Code::Ok);
    status
}

/// A service without a client, for calls made by hand, and the database that it lives on.
pub async fn service(pause: Option<Arc<dyn Pause>>) -> (Service, TestDatabase) {
    let database = TestDatabase::fresh().await;
    let opened = Database::open(&database.url).await.expect("the test database opens");
    let key = SecretKey::new(vec![7; 32]).expect("32 bytes are enough");
    let mut backend = Backend::new(opened, Clock::fixed(NOON), Limits::default(), key, REACTIONS);
    if let Some(pause) = pause {
        backend = backend.paused_by(pause);
    }
    (
        Service::assemble(backend, Authenticator::None).await.expect("the service assembles"),
        database,
    )
}
