//! Calls of the Contacts page, and of the operator's verbs on members that change it.

use super::world::Organization;
use super::{Caller, Harness};
use partner_service::grpc::pb;
use tonic::Status;

impl Harness {
    /// CloseAccount, by the operator.
    pub async fn closes(&self, account_id: &str) {
        let request =
            pb::CloseAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
        self.operator().accounts.close_account(request).await.expect("the account closes");
    }

    /// RemoveMember, by the operator.
    pub async fn removes_by_id(&self, account_id: &str, member_id: &str) -> i64 {
        let request = pb::RemoveMemberRequest {
            account_id: account_id.to_owned(),
            member_id: member_id.to_owned(),
            ..Default::default()
        };
        let answer = self.operator().accounts.remove_member(request).await;
        answer.expect("the member is removed").into_inner().position
    }

    /// DeactivateMember, by the operator.
    pub async fn deactivates(&self, account_id: &str, member_id: &str) {
        let request = pb::DeactivateMemberRequest {
            account_id: account_id.to_owned(),
            member_id: member_id.to_owned(),
            ..Default::default()
        };
        self.operator().accounts.deactivate_member(request).await.expect("deactivated");
    }

    /// UpdateMember of what is set, by the operator.
    pub async fn updates(&self, account_id: &str, member: pb::Member) -> i64 {
        let request = pb::UpdateMemberRequest {
            account_id: account_id.to_owned(),
            member: Some(member),
            ..Default::default()
        };
        let answer = self.operator().accounts.update_member(request).await;
        answer.expect("the member changes").into_inner().position
    }

    /// MoveMember, by the operator.
    pub async fn moves_by_id(&self, from: &str, member_id: &str, to: &str) {
        let request = pb::MoveMemberRequest {
            account_id: from.to_owned(),
            member_id: member_id.to_owned(),
            target_account_id: to.to_owned(),
            ..Default::default()
        };
        self.operator().accounts.move_member(request).await.expect("the member moves");
    }
}

impl Organization {
    /// Partners with `other`; this organisation invites.
    pub async fn joins(&self, other: &Organization) -> String {
        let id = self.invites(&other.email()).await.expect("the invitation is sent").id;
        other.accepts(&id).await.expect("the invitation is accepted");
        id
    }

    /// A member of this organisation.
    pub async fn hires(&self, harness: &Harness, handle: &str) -> pb::Member {
        let email = self.address(handle);
        harness.register(&self.id, &email, pb::MemberProfile::Observer).await.expect("registered")
    }

    /// A ListContacts request without filters.
    pub fn contacts_request(&self) -> pb::ListContactsRequest {
        pb::ListContactsRequest { account_id: self.id.clone(), ..Default::default() }
    }

    /// Every contact, in the list's order.
    pub async fn contacts(&self) -> Vec<pb::Contact> {
        list(&self.by, self.contacts_request()).await
    }

    /// The contacts of one kind.
    pub async fn contacts_of(&self, kind: pb::ContactKind) -> Vec<pb::Contact> {
        let kinds = vec![kind.into()];
        list(&self.by, pb::ListContactsRequest { kinds, ..self.contacts_request() }).await
    }

    /// The partners' members.
    pub async fn members(&self) -> Vec<pb::Contact> {
        self.contacts_of(pb::ContactKind::Member).await
    }

    /// The partner's member with this address.
    pub async fn member_at(&self, email: &str) -> Option<pb::Contact> {
        self.members().await.into_iter().find(|contact| contact.email == email)
    }

    /// CreateGuest as the administrator.
    pub async fn types_in(&self, email: &str) -> Result<pb::Contact, Status> {
        let request = pb::CreateGuestRequest {
            account_id: self.id.clone(),
            email: email.to_owned(),
            display_name: format!("Guest {email}"),
            ..Default::default()
        };
        let answer = self.by.clone().contacts.create_guest(request).await?;
        Ok(answer.into_inner().contact.expect("a contact in the answer"))
    }

    /// GetContact as the administrator.
    pub async fn contact(&self, id: &str) -> Result<pb::Contact, Status> {
        let request = pb::GetContactRequest {
            account_id: self.id.clone(),
            contact_id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().contacts.get_contact(request).await?;
        Ok(answer.into_inner().contact.expect("a contact in the answer"))
    }

    /// DeleteContact as the administrator; the position.
    pub async fn drops(&self, id: &str) -> Result<i64, Status> {
        let request = pb::DeleteContactRequest {
            account_id: self.id.clone(),
            contact_id: id.to_owned(),
            ..Default::default()
        };
        Ok(self.by.clone().contacts.delete_contact(request).await?.into_inner().position)
    }

    /// What this account keeps of partners that go.
    pub async fn keeps(&self, retention: pb::ContactRetention) {
        let preferences =
            pb::PartnerPreferences { contact_retention: retention.into(), ..Default::default() };
        let request = pb::UpdatePartnerPreferencesRequest {
            account_id: self.id.clone(),
            preferences: Some(preferences),
            ..Default::default()
        };
        self.by.clone().partners.update_partner_preferences(request).await.expect("preferences");
    }
}

/// Every page of a list.
pub async fn list(by: &Caller, request: pb::ListContactsRequest) -> Vec<pb::Contact> {
    let mut contacts = Vec::new();
    let mut page = request;
    loop {
        let answer = by.clone().contacts.list_contacts(page.clone()).await.expect("a page");
        let pb::ListContactsResponse { contacts: more, next_page_token } = answer.into_inner();
        contacts.extend(more);
        if next_page_token.is_empty() {
            return contacts;
        }
        page.page_token = next_page_token;
    }
}
