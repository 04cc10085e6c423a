//! Calls that the tests of the partnership rules make, beyond the plain ones of `support::world`.

use crate::support::Harness;
use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use partner_service::entity::log;
use partner_service::grpc::pb;
use partner_service::partnership::sweep;
use pb::{AuditAction, PartnershipState, ReceivePolicy};
use sea_orm::{EntityTrait, QueryOrder};
use std::fmt::Debug;
use std::time::Duration;
use tonic::Status;

pub const HOUR: Duration = Duration::from_secs(60 * 60);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The refusal of a call that must not have succeeded.
pub fn refusal<T: Debug>(answer: Result<T, Status>) -> Refusal {
    Refusal::of(&answer.expect_err("the call should have been refused"))
}

/// The reason of a call that must not have succeeded.
pub fn why<T: Debug>(answer: Result<T, Status>) -> String {
    refusal(answer).reason
}

/// An audit entry, as far as its rules go: what was done, and what this side saw before and after.
pub type Step = (AuditAction, Option<PartnershipState>, Option<PartnershipState>);

pub fn step(entry: &pb::AuditEntry) -> Step {
    let seen = |state| Some(state).filter(|state| *state != PartnershipState::Unspecified);
    (entry.action(), seen(entry.from_state()), seen(entry.to_state()))
}

impl Harness {
    /// Somebody else of an organisation, with clients of their own.
    pub async fn colleague(
        &self,
        of: &Organization,
        email: &str,
        profile: pb::MemberProfile,
    ) -> Organization {
        let member = self.register(&of.id, email, profile).await.expect("the colleague registers");
        Organization {
            id: of.id.clone(),
            name: of.name.clone(),
            by: self.member(&member.id),
            boss: member,
        }
    }

    /// Two organisations, strangers to each other.
    pub async fn strangers(&self) -> (Organization, Organization) {
        (self.organization("ann").await, self.organization("bo").await)
    }

    pub async fn suspend(&self, account: &Organization) {
        let account_id = account.id.clone();
        let request = pb::SuspendAccountRequest { account_id, ..Default::default() };
        self.operator().accounts.suspend_account(request).await.expect("the account is suspended");
    }

    pub async fn resume(&self, account: &Organization) {
        let account_id = account.id.clone();
        let request = pb::ResumeAccountRequest { account_id, ..Default::default() };
        self.operator().accounts.resume_account(request).await.expect("the account is resumed");
    }

    pub async fn close(&self, account: &Organization) {
        let account_id = account.id.clone();
        let request = pb::CloseAccountRequest { account_id, ..Default::default() };
        self.operator().accounts.close_account(request).await.expect("the account is closed");
    }

    /// Another home for a person, as an OBSERVER there.
    pub async fn moves(&self, member: &pb::Member, to: &Organization) {
        let request = pb::MoveMemberRequest {
            account_id: member.account_id.clone(),
            member_id: member.id.clone(),
            target_account_id: to.id.clone(),
            ..Default::default()
        };
        self.operator().accounts.move_member(request).await.expect("the member moves");
    }

    pub async fn removes(&self, member: &pb::Member) {
        let request = pb::RemoveMemberRequest {
            account_id: member.account_id.clone(),
            member_id: member.id.clone(),
            ..Default::default()
        };
        self.operator().accounts.remove_member(request).await.expect("the member is removed");
    }

    /// Another address for a person.
    pub async fn readdresses(&self, member: &pb::Member, email: &str) {
        let request = pb::UpdateMemberRequest {
            account_id: member.account_id.clone(),
            member: Some(pb::Member {
                id: member.id.clone(),
                email: email.to_owned(),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["email".to_owned()] }),
            ..Default::default()
        };
        self.operator().accounts.update_member(request).await.expect("the address changes");
    }

    pub async fn sweep(&self) -> usize {
        sweep::expire_overdue(&self.backend).await.expect("the sweep ends")
    }

    /// The whole log, oldest first.
    pub async fn log(&self) -> Vec<log::Model> {
        let by_position = log::Entity::find().order_by_asc(log::Column::Position);
        by_position.all(self.backend.reads()).await.expect("the log is read")
    }

    /// The highest position.
    pub async fn head(&self) -> i64 {
        self.log().await.last().map_or(0, |event| event.position)
    }
}

impl Organization {
    pub fn invitation(&self, email: &str) -> pb::InvitePartnerRequest {
        pb::InvitePartnerRequest {
            account_id: self.id.clone(),
            invitee_email: email.to_owned(),
            ..Default::default()
        }
    }

    pub fn acceptance(&self, id: &str) -> pb::AcceptPartnershipRequest {
        pb::AcceptPartnershipRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        }
    }

    pub fn rejection(&self, id: &str, reason: &str) -> pb::RejectPartnershipRequest {
        pb::RejectPartnershipRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            reason: reason.to_owned(),
            ..Default::default()
        }
    }

    pub fn deletion(&self, id: &str) -> pb::DeletePartnershipRequest {
        pb::DeletePartnershipRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        }
    }

    pub fn resending(&self, id: &str) -> pb::ResendInvitationRequest {
        pb::ResendInvitationRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        }
    }

    pub fn listing(&self) -> pb::ListPartnershipsRequest {
        pb::ListPartnershipsRequest { account_id: self.id.clone(), ..Default::default() }
    }

    pub async fn invite(
        &self,
        request: pb::InvitePartnerRequest,
    ) -> Result<pb::InvitePartnerResponse, Status> {
        Ok(self.by.clone().partners.invite_partner(request).await?.into_inner())
    }

    pub async fn accept(
        &self,
        request: pb::AcceptPartnershipRequest,
    ) -> Result<pb::AcceptPartnershipResponse, Status> {
        Ok(self.by.clone().partners.accept_partnership(request).await?.into_inner())
    }

    pub async fn reject(
        &self,
        request: pb::RejectPartnershipRequest,
    ) -> Result<pb::RejectPartnershipResponse, Status> {
        Ok(self.by.clone().partners.reject_partnership(request).await?.into_inner())
    }

    pub async fn delete(
        &self,
        request: pb::DeletePartnershipRequest,
    ) -> Result<pb::DeletePartnershipResponse, Status> {
        Ok(self.by.clone().partners.delete_partnership(request).await?.into_inner())
    }

    pub async fn resend(
        &self,
        request: pb::ResendInvitationRequest,
    ) -> Result<pb::ResendInvitationResponse, Status> {
        Ok(self.by.clone().partners.resend_invitation(request).await?.into_inner())
    }

    pub async fn lists(
        &self,
        request: pb::ListPartnershipsRequest,
    ) -> Result<pb::ListPartnershipsResponse, Status> {
        Ok(self.by.clone().partners.list_partnerships(request).await?.into_inner())
    }

    /// The state this side is shown; `None` where it is shown nothing (and is told so by NOT_FOUND).
    pub async fn shown(&self, id: &str) -> Option<PartnershipState> {
        match self.sees(id).await {
            Ok(seen) => {
                assert_eq!(seen.account_id, self.id);
                Some(seen.state())
            }
            Err(status) => {
                assert_eq!(Refusal::of(&status).reason, "RESOURCE_NOT_FOUND");
                None
            }
        }
    }

    pub fn preferences(
        &self,
        policy: ReceivePolicy,
        blocked: &[&Organization],
    ) -> pb::UpdatePartnerPreferencesRequest {
        pb::UpdatePartnerPreferencesRequest {
            account_id: self.id.clone(),
            preferences: Some(pb::PartnerPreferences {
                receive_policy: policy.into(),
                blocked_account_ids: blocked.iter().map(|account| account.id.clone()).collect(),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    /// UpdatePartnerPreferences as the administrator.
    pub async fn prefer(
        &self,
        request: pb::UpdatePartnerPreferencesRequest,
    ) -> Result<pb::UpdatePartnerPreferencesResponse, Status> {
        Ok(self.by.clone().partners.update_partner_preferences(request).await?.into_inner())
    }

    /// Lets in from now on what `policy` says.
    pub async fn lets_in(&self, policy: ReceivePolicy, blocked: &[&Organization]) {
        self.prefer(self.preferences(policy, blocked)).await.expect("the preferences change");
    }

    /// Every audit entry of this side, newest first, in pages of three.
    pub async fn audit(&self) -> Vec<pb::AuditEntry> {
        self.audit_of("").await
    }

    /// This side's audit entries of one partnership, newest first.
    pub async fn audit_of(&self, id: &str) -> Vec<pb::AuditEntry> {
        let mut entries = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = pb::ListAuditEntriesRequest {
                account_id: self.id.clone(),
                partnership_id: id.to_owned(),
                page_size: 3,
                page_token,
                ..Default::default()
            };
            let answer = self.by.clone().partners.list_audit_entries(request).await;
            let answer = answer.expect("the audit is listed").into_inner();
            entries.extend(answer.audit_entries);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return entries;
            }
        }
    }

    /// What this side's audit tells of one partnership, oldest first.
    pub async fn story(&self, id: &str) -> Vec<Step> {
        self.audit_of(id).await.iter().rev().map(step).collect()
    }
}
