//! Nouns of the domain for tests: organisations with a manager each, and the calls that tests make most.

use super::{Caller, Harness};
use partner_service::feed::log::highest;
use partner_service::grpc::pb;
use std::fmt::Display;
use tonic::{Response, Status};

/// An account and its managers' clients.
#[derive(Clone)]
pub struct Organization {
    pub id: String,
    pub name: String,
    /// An ADMINISTRATOR, `boss@<name>.example`.
    pub boss: pb::Member,
    /// The clients as that administrator.
    pub by: Caller,
}

impl Organization {
    /// The administrator's address.
    pub fn email(&self) -> String {
        self.boss.email.clone()
    }

    /// The address of anybody there.
    pub fn address(&self, name: impl Display) -> String {
        format!("{name}@{}.example", self.name)
    }
}

impl Harness {
    /// An account with an administrator `boss@<name>.example`.
    pub async fn organization(&self, name: &str) -> Organization {
        let account = self.account(name).await;
        let boss = self
            .register(
                &account.id,
                &format!("boss@{name}.example"),
                pb::MemberProfile::Administrator,
            )
            .await
            .expect("the administrator registers");
        Organization { id: account.id, name: name.to_owned(), by: self.member(&boss.id), boss }
    }

    /// An account of nobody.
    pub async fn account(&self, name: &str) -> pb::Account {
        let account = pb::Account { display_name: name.to_owned(), ..Default::default() };
        let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
        let answer =
            self.operator().accounts.create_account(request).await.expect("the account is created");
        answer.into_inner().account.expect("an account in the answer")
    }

    /// A member, by the operator.
    pub async fn register(
        &self,
        account_id: &str,
        email: &str,
        profile: pb::MemberProfile,
    ) -> Result<pb::Member, Status> {
        let member = pb::Member {
            email: email.to_owned(),
            profile: profile.into(),
            display_name: email.to_owned(),
            ..Default::default()
        };
        let request = pb::RegisterMemberRequest {
            account_id: account_id.to_owned(),
            member: Some(member),
            ..Default::default()
        };
        let answer = self.operator().accounts.register_member(request).await?;
        Ok(answer.into_inner().member.expect("a member in the answer"))
    }

    /// Two organisations that are partners; the first one invited.
    pub async fn partners(&self, a: &str, b: &str) -> (Organization, Organization, String) {
        let (a, b) = (self.organization(a).await, self.organization(b).await);
        let id = a.invites(&b.email()).await.expect("the invitation is sent").id;
        b.accepts(&id).await.expect("the invitation is accepted");
        // whoever watches from now on is told of nothing that was before
        let head = highest(self.backend.reads()).await.expect("the log's head");
        self.backend.feed.hub.reach(head).await;
        (a, b, id)
    }
}

type Answer = Result<pb::Partnership, Status>;

impl Organization {
    /// InvitePartner as the administrator.
    pub async fn invites(&self, email: &str) -> Answer {
        let request = pb::InvitePartnerRequest {
            account_id: self.id.clone(),
            invitee_email: email.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().partners.invite_partner(request).await?;
        Ok(answer.into_inner().partnership.expect("a partnership in the answer"))
    }

    /// AcceptPartnership as the administrator.
    pub async fn accepts(&self, id: &str) -> Answer {
        let request = pb::AcceptPartnershipRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().partners.accept_partnership(request).await?;
        Ok(answer.into_inner().partnership.expect("a partnership in the answer"))
    }

    /// RejectPartnership as the administrator.
    pub async fn rejects(&self, id: &str) -> Answer {
        let request = pb::RejectPartnershipRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().partners.reject_partnership(request).await?;
        Ok(answer.into_inner().partnership.expect("a partnership in the answer"))
    }

    /// ResendInvitation as the administrator.
    pub async fn resends(&self, id: &str) -> Answer {
        let request = pb::ResendInvitationRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().partners.resend_invitation(request).await?;
        Ok(answer.into_inner().partnership.expect("a partnership in the answer"))
    }

    /// DeletePartnership as the administrator.
    pub async fn deletes(
        &self,
        id: &str,
    ) -> Result<Response<pb::DeletePartnershipResponse>, Status> {
        let request = pb::DeletePartnershipRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        };
        self.by.clone().partners.delete_partnership(request).await
    }

    /// GetPartnership as the administrator.
    pub async fn sees(&self, id: &str) -> Answer {
        let request = pb::GetPartnershipRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().partners.get_partnership(request).await?;
        Ok(answer.into_inner().partnership.expect("a partnership in the answer"))
    }

    /// One page of ListMemberEvents as the administrator.
    pub async fn events_after(
        &self,
        token: &str,
        page_size: i32,
    ) -> Result<pb::ListMemberEventsResponse, Status> {
        let request = pb::ListMemberEventsRequest {
            account_id: self.id.clone(),
            resume_token: token.to_owned(),
            page_size,
            ..Default::default()
        };
        Ok(self.by.clone().sync.list_member_events(request).await?.into_inner())
    }

    /// Every event after a token, page by page, and the token at the end.
    pub async fn all_events_after(
        &self,
        token: &str,
        page_size: i32,
    ) -> Result<(Vec<pb::MemberEvent>, String), Status> {
        let mut events = Vec::new();
        let mut token = token.to_owned();
        loop {
            let page = self.events_after(&token, page_size).await?;
            assert!(!page.resume_token.is_empty(), "an answer always says where to go on");
            assert!(page.events.len() <= usize::try_from(page_size).unwrap().max(50));
            events.extend(page.events);
            token = page.resume_token;
            if !page.has_more {
                return Ok((events, token));
            }
        }
    }

    /// Every partnership this side sees, newest first.
    pub async fn list(&self) -> Vec<pb::Partnership> {
        let request =
            pb::ListPartnershipsRequest { account_id: self.id.clone(), ..Default::default() };
        let answer = self.by.clone().partners.list_partnerships(request).await.expect("the list");
        answer.into_inner().partnerships
    }
}
