//! The verbs, each one call through gRPC (the sweep apart, which nobody calls).

use crate::letters;
use crate::scene::Cast;
use crate::support::Harness;
use crate::support::refusal::Refusal;
use partner_service::grpc::pb;
use partner_service::partnership::sweep;
use prost_types::FieldMask;
use std::fmt::Debug;
use tonic::{Response, Status};

/// `account.person`.
type By = &'static str;
type Account = &'static str;
/// As the scene calls it.
type Row = &'static str;
type Item = &'static str;
type Letter = &'static str;

/// One call.
#[derive(Clone, Copy, Debug)]
pub enum Verb {
    Invite(By, &'static str),
    Resend(By, Row),
    Accept(By, Row),
    Reject(By, Row),
    Delete(By, Row),
    /// The same call under a request id: however often it is made, it happens once.
    Once(&'static Verb),
    Sweep,
    /// In an account, under an address.
    Register(Account, &'static str),
    /// A member's new address.
    Readdress(By, &'static str),
    Rename(By),
    Demote(By),
    Deactivate(By),
    Remove(By),
    Move(By, Account),
    Suspend(Account),
    Close(Account),
    DenyAll(Account),
    /// With an account: what kind of item and its id (`file/p`), and under what title.
    Share(By, Account, &'static str, &'static str),
    Unshare(By, Item),
    /// Somebody of the partner's.
    TakeOut(By, Item, By),
    /// A worker sends whatever is due.
    Deliver,
    /// A letter that was given up.
    Retry(Letter),
}

/// What the caller was told, without what differs from run to run; ids are named later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done(String),
    Refused(String),
}

impl Verb {
    /// Makes the call.
    pub async fn run(&self, harness: &Harness, cast: &Cast) -> Outcome {
        match self {
            Self::Once(verb) => verb.call(harness, cast, "once").await,
            verb => verb.call(harness, cast, "").await,
        }
    }

    async fn call(&self, harness: &Harness, cast: &Cast, request_id: &str) -> Outcome {
        match *self {
            Self::Invite(by, _)
            | Self::Resend(by, _)
            | Self::Accept(by, _)
            | Self::Reject(by, _)
            | Self::Delete(by, _) => self.as_partner(by, harness, cast, request_id).await,
            Self::Once(_) => unreachable!("a request id is given once"),
            Self::Sweep => match sweep::expire_overdue(&harness.backend).await {
                Ok(moved) => Outcome::Done(format!("{moved} expired")),
                Err(error) => Outcome::Refused(format!("{error:?}")),
            },
            Self::Suspend(account) | Self::Close(account) | Self::DenyAll(account) => {
                self.on_account(cast.id(account), harness).await
            }
            Self::Register(account, email) => {
                let member = pb::Member {
                    email: email.into(),
                    profile: pb::MemberProfile::Administrator.into(),
                    ..Default::default()
                };
                let request = pb::RegisterMemberRequest {
                    account_id: cast.id(account).into(),
                    member: Some(member),
                    ..Default::default()
                };
                told(harness.operator().accounts.register_member(request).await)
            }
            Self::Readdress(member, _)
            | Self::Rename(member)
            | Self::Demote(member)
            | Self::Deactivate(member)
            | Self::Remove(member)
            | Self::Move(member, _) => self.on_member(member, harness, cast).await,
            Self::Share(by, ..) | Self::Unshare(by, _) | Self::TakeOut(by, ..) => {
                self.on_item(by, harness, cast).await
            }
            Self::Deliver => letters::deliver(harness, cast).await,
            Self::Retry(letter) => letters::retry(harness, cast.id(letter)).await,
        }
    }

    async fn as_partner(
        &self,
        by: &str,
        harness: &Harness,
        cast: &Cast,
        request_id: &str,
    ) -> Outcome {
        let mut partners = harness.member(cast.id(by)).partners;
        let account_id = cast.home(by).to_owned();
        let request_id = request_id.to_owned();
        match *self {
            Self::Invite(_, email) => {
                let invitee_email = email.into();
                let request = pb::InvitePartnerRequest {
                    account_id,
                    invitee_email,
                    request_id,
                    ..Default::default()
                };
                told(partners.invite_partner(request).await)
            }
            Self::Resend(_, row) => {
                let partnership_id = cast.id(row).into();
                let request = pb::ResendInvitationRequest {
                    account_id,
                    partnership_id,
                    request_id,
                    ..Default::default()
                };
                told(partners.resend_invitation(request).await)
            }
            Self::Accept(_, row) => {
                let partnership_id = cast.id(row).into();
                let request = pb::AcceptPartnershipRequest {
                    account_id,
                    partnership_id,
                    request_id,
                    ..Default::default()
                };
                told(partners.accept_partnership(request).await)
            }
            Self::Reject(_, row) => {
                let (partnership_id, reason) = (cast.id(row).into(), "no".into());
                let request = pb::RejectPartnershipRequest {
                    account_id,
                    partnership_id,
                    reason,
                    request_id,
                    ..Default::default()
                };
                told(partners.reject_partnership(request).await)
            }
            Self::Delete(_, row) => {
                let partnership_id = cast.id(row).into();
                let request = pb::DeletePartnershipRequest {
                    account_id,
                    partnership_id,
                    request_id,
                    ..Default::default()
                };
                told(partners.delete_partnership(request).await)
            }
            _ => unreachable!("{self:?} is no partner's verb"),
        }
    }

    async fn on_account(&self, id: &str, harness: &Harness) -> Outcome {
        let account_id = id.to_owned();
        let mut operator = harness.operator();
        match self {
            Self::Suspend(_) => {
                let request = pb::SuspendAccountRequest { account_id, ..Default::default() };
                told(operator.accounts.suspend_account(request).await)
            }
            Self::Close(_) => {
                let request = pb::CloseAccountRequest { account_id, ..Default::default() };
                told(operator.accounts.close_account(request).await)
            }
            Self::DenyAll(_) => {
                let preferences = pb::PartnerPreferences {
                    receive_policy: pb::ReceivePolicy::DenyAll.into(),
                    ..Default::default()
                };
                let request = pb::UpdatePartnerPreferencesRequest {
                    account_id,
                    preferences: Some(preferences),
                    update_mask: Some(FieldMask { paths: vec!["receive_policy".into()] }),
                    ..Default::default()
                };
                told(operator.partners.update_partner_preferences(request).await)
            }
            _ => unreachable!("{self:?} is no verb on an account"),
        }
    }

    async fn on_member(&self, member: &str, harness: &Harness, cast: &Cast) -> Outcome {
        let (account_id, member_id) = (cast.home(member).to_owned(), cast.id(member).to_owned());
        let mut operator = harness.operator();
        let updated = |field: &str, change: pb::Member| pb::UpdateMemberRequest {
            account_id: account_id.clone(),
            member: Some(pb::Member { id: member_id.clone(), ..change }),
            update_mask: Some(FieldMask { paths: vec![field.to_owned()] }),
            ..Default::default()
        };
        match *self {
            Self::Readdress(_, email) => {
                let change = pb::Member { email: email.into(), ..Default::default() };
                told(operator.accounts.update_member(updated("email", change)).await)
            }
            Self::Rename(_) => {
                let change = pb::Member { display_name: "Renamed".into(), ..Default::default() };
                told(operator.accounts.update_member(updated("display_name", change)).await)
            }
            Self::Demote(_) => {
                let profile = pb::MemberProfile::Observer.into();
                let change = pb::Member { profile, ..Default::default() };
                told(operator.accounts.update_member(updated("profile", change)).await)
            }
            Self::Deactivate(_) => {
                let request =
                    pb::DeactivateMemberRequest { account_id, member_id, ..Default::default() };
                told(operator.accounts.deactivate_member(request).await)
            }
            Self::Remove(_) => {
                let request =
                    pb::RemoveMemberRequest { account_id, member_id, ..Default::default() };
                told(operator.accounts.remove_member(request).await)
            }
            Self::Move(_, to) => {
                let target_account_id = cast.id(to).to_owned();
                let request = pb::MoveMemberRequest {
                    account_id,
                    member_id,
                    target_account_id,
                    ..Default::default()
                };
                told(operator.accounts.move_member(request).await)
            }
            _ => unreachable!("{self:?} is no verb on a member"),
        }
    }
}

pub fn told<T: Debug>(answer: Result<Response<T>, Status>) -> Outcome {
    match answer {
        Ok(response) => Outcome::Done(format!("{:?}", response.into_inner())),
        Err(status) => {
            let Refusal { code, reason, metadata, fields, .. } = Refusal::of(&status);
            Outcome::Refused(format!("{code:?} {reason} {metadata:?} {fields:?}"))
        }
    }
}
