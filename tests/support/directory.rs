//! The directory's side of AccountService: the operator's verbs, and every verb at once where all must be refused.

use super::refusal::Refusal;
use super::{Caller, Harness};
use partner_service::grpc::pb;
use tonic::{Response, Status};

pub type Answer<T> = Result<Response<T>, Status>;

/// An RPC's name, and the reason it was refused with; `OK` if it was not.
pub type Outcome = (&'static str, String);

fn outcome<T>(rpc: &'static str, answer: Answer<T>) -> Outcome {
    (rpc, answer.map_or_else(|status| Refusal::of(&status).reason, |_| "OK".to_owned()))
}

/// Panics unless each was refused with `reason`.
pub fn all_refused(outcomes: &[Outcome], reason: &str) {
    assert!(!outcomes.is_empty());
    for (rpc, was) in outcomes {
        assert_eq!(was, reason, "{rpc}");
    }
}

/// A mask of these paths.
pub fn mask(paths: &[&str]) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask { paths: paths.iter().map(|&path| path.to_owned()).collect() })
}

impl Harness {
    pub async fn suspend_account(&self, account_id: &str) -> Answer<pb::SuspendAccountResponse> {
        let request =
            pb::SuspendAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
        self.operator().accounts.suspend_account(request).await
    }

    pub async fn resume_account(&self, account_id: &str) -> Answer<pb::ResumeAccountResponse> {
        let request =
            pb::ResumeAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
        self.operator().accounts.resume_account(request).await
    }

    pub async fn close_account(&self, account_id: &str) -> Answer<pb::CloseAccountResponse> {
        let request =
            pb::CloseAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
        self.operator().accounts.close_account(request).await
    }

    pub async fn rename(&self, account_id: &str, name: &str) -> Answer<pb::UpdateAccountResponse> {
        let account = pb::Account { display_name: name.to_owned(), ..Default::default() };
        let request = pb::UpdateAccountRequest {
            account_id: account_id.to_owned(),
            account: Some(account),
            ..Default::default()
        };
        self.operator().accounts.update_account(request).await
    }

    /// UpdateMember with a mask; `None` is no mask. The member names itself and its account.
    pub async fn update_member(
        &self,
        member: pb::Member,
        paths: Option<&[&str]>,
    ) -> Answer<pb::UpdateMemberResponse> {
        let request = pb::UpdateMemberRequest {
            account_id: member.account_id.clone(),
            member: Some(member),
            update_mask: paths.and_then(mask),
            ..Default::default()
        };
        self.operator().accounts.update_member(request).await
    }

    pub async fn deactivate(&self, member: &pb::Member) -> Answer<pb::DeactivateMemberResponse> {
        let (account_id, member_id) = (member.account_id.clone(), member.id.clone());
        let request = pb::DeactivateMemberRequest { account_id, member_id, ..Default::default() };
        self.operator().accounts.deactivate_member(request).await
    }

    pub async fn reactivate(&self, member: &pb::Member) -> Answer<pb::ReactivateMemberResponse> {
        let (account_id, member_id) = (member.account_id.clone(), member.id.clone());
        let request = pb::ReactivateMemberRequest { account_id, member_id, ..Default::default() };
        self.operator().accounts.reactivate_member(request).await
    }

    pub async fn remove(&self, member: &pb::Member) -> Answer<pb::RemoveMemberResponse> {
        let (account_id, member_id) = (member.account_id.clone(), member.id.clone());
        let request = pb::RemoveMemberRequest { account_id, member_id, ..Default::default() };
        self.operator().accounts.remove_member(request).await
    }

    /// MoveMember without a profile.
    pub async fn move_member(
        &self,
        member: &pb::Member,
        target: &str,
    ) -> Answer<pb::MoveMemberResponse> {
        let request = pb::MoveMemberRequest {
            account_id: member.account_id.clone(),
            member_id: member.id.clone(),
            target_account_id: target.to_owned(),
            ..Default::default()
        };
        self.operator().accounts.move_member(request).await
    }

    /// The account, as the operator reads it.
    pub async fn account_now(&self, account_id: &str) -> pb::Account {
        let request =
            pb::GetAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
        let answer =
            self.operator().accounts.get_account(request).await.expect("the account is read");
        answer.into_inner().account.expect("an account in the answer")
    }

    /// The member, as the operator reads it in the account that `member` names.
    pub async fn member_now(&self, member: &pb::Member) -> pb::Member {
        let (account_id, member_id) = (member.account_id.clone(), member.id.clone());
        let request = pb::GetMemberRequest { account_id, member_id, ..Default::default() };
        let answer =
            self.operator().accounts.get_member(request).await.expect("the member is read");
        answer.into_inner().member.expect("a member in the answer")
    }
}

/// Every verb on an account, each with these fields and a new name.
pub async fn account_verbs(by: &Caller, account_id: &str, etag: &str) -> Vec<Outcome> {
    let mut by = by.accounts.clone();
    let (account_id, etag) = (account_id.to_owned(), etag.to_owned());
    let renamed = pb::Account {
        display_name: "another name".to_owned(),
        etag: etag.clone(),
        ..Default::default()
    };
    let update = pb::UpdateAccountRequest {
        account_id: account_id.clone(),
        account: Some(renamed),
        ..Default::default()
    };
    let suspend = pb::SuspendAccountRequest {
        account_id: account_id.clone(),
        etag: etag.clone(),
        ..Default::default()
    };
    let resume = pb::ResumeAccountRequest {
        account_id: account_id.clone(),
        etag: etag.clone(),
        ..Default::default()
    };
    let close = pb::CloseAccountRequest { account_id, etag, ..Default::default() };
    vec![
        outcome("UpdateAccount", by.update_account(update).await),
        outcome("SuspendAccount", by.suspend_account(suspend).await),
        outcome("ResumeAccount", by.resume_account(resume).await),
        outcome("CloseAccount", by.close_account(close).await),
    ]
}

/// Every verb on a member that exists, each with these fields; the update gives a new name, the move goes to `target`.
pub async fn member_verbs(
    by: &Caller,
    (account_id, member_id): (&str, &str),
    etag: &str,
    target: &str,
) -> Vec<Outcome> {
    let mut by = by.accounts.clone();
    let (account_id, member_id, etag) =
        (account_id.to_owned(), member_id.to_owned(), etag.to_owned());
    let member = pb::Member {
        id: member_id.clone(),
        display_name: "another name".to_owned(),
        etag: etag.clone(),
        ..Default::default()
    };
    let update = pb::UpdateMemberRequest {
        account_id: account_id.clone(),
        member: Some(member),
        ..Default::default()
    };
    let deactivate = pb::DeactivateMemberRequest {
        account_id: account_id.clone(),
        member_id: member_id.clone(),
        etag: etag.clone(),
        ..Default::default()
    };
    let reactivate = pb::ReactivateMemberRequest {
        account_id: account_id.clone(),
        member_id: member_id.clone(),
        etag: etag.clone(),
        ..Default::default()
    };
    let remove = pb::RemoveMemberRequest {
        account_id: account_id.clone(),
        member_id: member_id.clone(),
        etag: etag.clone(),
        ..Default::default()
    };
    let moved = pb::MoveMemberRequest {
        account_id,
        member_id,
        target_account_id: target.to_owned(),
        etag,
        ..Default::default()
    };
    vec![
        outcome("UpdateMember", by.update_member(update).await),
        outcome("DeactivateMember", by.deactivate_member(deactivate).await),
        outcome("ReactivateMember", by.reactivate_member(reactivate).await),
        outcome("RemoveMember", by.remove_member(remove).await),
        outcome("MoveMember", by.move_member(moved).await),
    ]
}

/// The writes that make something new.
pub async fn makers(by: &Caller, account_id: &str, email: &str) -> Vec<Outcome> {
    let mut by = by.accounts.clone();
    let account = pb::Account { display_name: "new".to_owned(), ..Default::default() };
    let member = pb::Member { email: email.to_owned(), ..Default::default() };
    let create = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let register = pb::RegisterMemberRequest {
        account_id: account_id.to_owned(),
        member: Some(member),
        ..Default::default()
    };
    vec![
        outcome("CreateAccount", by.create_account(create).await),
        outcome("RegisterMember", by.register_member(register).await),
    ]
}
