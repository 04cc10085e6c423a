//! What a history does to the world: one call each, chosen beforehand, and what it turned out to change.

use crate::support::{Caller, Harness};
use partner_service::grpc::pb;
use tonic::Status;

/// An account: who acts for it.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: String,
    pub boss: String,
}

/// One call. Accounts are named by their place in the history.
#[derive(Clone, Debug)]
pub enum Verb {
    Invite {
        from: Account,
        email: String,
    },
    Accept {
        by: Account,
        id: String,
    },
    Reject {
        by: Account,
        id: String,
    },
    Delete {
        by: Account,
        id: String,
    },
    Register {
        to: usize,
        account: Account,
        email: String,
    },
    Update {
        member: pb::Member,
    },
    Deactivate {
        member: pb::Member,
    },
    Reactivate {
        member: pb::Member,
    },
    Remove {
        member: pb::Member,
    },
    Move {
        member: pb::Member,
        to: usize,
        target: Account,
    },
    /// Deletes the contact that this number falls on.
    Hide {
        account: Account,
        pick: usize,
    },
    TypeIn {
        account: Account,
        email: String,
    },
    Retain {
        account: Account,
        purges: bool,
    },
    ShareDetails {
        account: Account,
        partner: Account,
    },
    UnshareDetails {
        account: Account,
        id: String,
    },
    Suspend {
        index: usize,
        account: Account,
    },
    Resume {
        index: usize,
        account: Account,
    },
    Close {
        index: usize,
        account: Account,
    },
}

/// What a call changed, as far as the next ones must know.
#[derive(Clone, Debug)]
pub enum Effect {
    Nothing,
    Invited(String),
    /// This partnership is active.
    Accepted(String),
    /// It is not any more.
    Deleted(String),
    Member {
        home: usize,
        member: Box<pb::Member>,
    },
    Deactivated(String),
    Reactivated(String),
    Removed(String),
    Retains {
        account: String,
        purges: bool,
    },
    /// This account shares its contact details, by this id.
    Shared(Account, String),
    Unshared(String),
    Suspended(usize),
    Resumed(usize),
    Closed(usize),
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Done {
    pub position: i64,
    pub effect: Effect,
}

impl Verb {
    /// A name to count it by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Invite { .. } => "invite",
            Self::Accept { .. } => "accept",
            Self::Reject { .. } => "reject",
            Self::Delete { .. } => "delete",
            Self::Register { .. } => "register",
            Self::Update { .. } => "update",
            Self::Deactivate { .. } => "deactivate",
            Self::Reactivate { .. } => "reactivate",
            Self::Remove { .. } => "remove",
            Self::Move { .. } => "move",
            Self::Hide { .. } => "hide",
            Self::TypeIn { .. } => "type in",
            Self::Retain { .. } => "retain",
            Self::ShareDetails { .. } => "share details",
            Self::UnshareDetails { .. } => "unshare details",
            Self::Suspend { .. } => "suspend",
            Self::Resume { .. } => "resume",
            Self::Close { .. } => "close",
        }
    }

    /// Makes the call on a replica.
    pub async fn perform(self, on: &Harness) -> Result<Done, Status> {
        match self {
            Self::Invite { .. }
            | Self::Accept { .. }
            | Self::Reject { .. }
            | Self::Delete { .. }
            | Self::Hide { .. }
            | Self::TypeIn { .. }
            | Self::ShareDetails { .. }
            | Self::UnshareDetails { .. }
            | Self::Retain { .. } => self.of_manager(on).await,
            Self::Register { .. }
            | Self::Update { .. }
            | Self::Deactivate { .. }
            | Self::Reactivate { .. }
            | Self::Remove { .. }
            | Self::Move { .. } => self.of_member(on.operator()).await,
            Self::Suspend { index, account } => {
                let answer = on.suspend_account(&account.id).await?.into_inner();
                Ok(Done { position: answer.position, effect: Effect::Suspended(index) })
            }
            Self::Resume { index, account } => {
                let answer = on.resume_account(&account.id).await?.into_inner();
                Ok(Done { position: answer.position, effect: Effect::Resumed(index) })
            }
            Self::Close { index, account } => {
                let answer = on.close_account(&account.id).await?.into_inner();
                Ok(Done { position: answer.position, effect: Effect::Closed(index) })
            }
        }
    }

    async fn of_manager(self, on: &Harness) -> Result<Done, Status> {
        match self {
            Self::Invite { from, email } => {
                let request = pb::InvitePartnerRequest {
                    account_id: from.id,
                    invitee_email: email,
                    ..Default::default()
                };
                let answer = on.member(&from.boss).partners.invite_partner(request).await?;
                let pb::InvitePartnerResponse { partnership, position } = answer.into_inner();
                Ok(Done { position, effect: Effect::Invited(partnership.unwrap_or_default().id) })
            }
            Self::Accept { by, id } => {
                let request = pb::AcceptPartnershipRequest {
                    account_id: by.id,
                    partnership_id: id.clone(),
                    ..Default::default()
                };
                let answer = on.member(&by.boss).partners.accept_partnership(request).await?;
                let position = answer.into_inner().position;
                Ok(Done { position, effect: Effect::Accepted(id) })
            }
            Self::Reject { by, id } => {
                let request = pb::RejectPartnershipRequest {
                    account_id: by.id,
                    partnership_id: id,
                    ..Default::default()
                };
                let answer = on.member(&by.boss).partners.reject_partnership(request).await?;
                Ok(Done { position: answer.into_inner().position, effect: Effect::Nothing })
            }
            Self::Delete { by, id } => {
                let request = pb::DeletePartnershipRequest {
                    account_id: by.id,
                    partnership_id: id.clone(),
                    ..Default::default()
                };
                let answer = on.member(&by.boss).partners.delete_partnership(request).await?;
                Ok(Done { position: answer.into_inner().position, effect: Effect::Deleted(id) })
            }
            Self::Hide { account, pick } => hide(on.member(&account.boss), account, pick).await,
            Self::TypeIn { account, email } => {
                let request =
                    pb::CreateGuestRequest { account_id: account.id, email, ..Default::default() };
                let answer = on.member(&account.boss).contacts.create_guest(request).await?;
                Ok(Done { position: answer.into_inner().position, effect: Effect::Nothing })
            }
            Self::ShareDetails { account, partner } => {
                let request = pb::ShareItemRequest {
                    account_id: account.id.clone(),
                    partner_account_id: partner.id,
                    item_type: pb::ItemType::ContactDetails.into(),
                    ..Default::default()
                };
                let answer = on.member(&account.boss).sharing.share_item(request).await?;
                let pb::ShareItemResponse { shared_item, position } = answer.into_inner();
                let id = shared_item.unwrap_or_default().id;
                Ok(Done { position, effect: Effect::Shared(account, id) })
            }
            Self::UnshareDetails { account, id } => {
                let request = pb::UnshareItemRequest {
                    account_id: account.id,
                    shared_item_id: id.clone(),
                    ..Default::default()
                };
                let answer = on.member(&account.boss).sharing.unshare_item(request).await?;
                let position = answer.into_inner().position;
                Ok(Done { position, effect: Effect::Unshared(id) })
            }
            Self::Retain { account, purges } => {
                retain(on.member(&account.boss), account, purges).await
            }
            other => unreachable!("{other:?} is no manager's verb"),
        }
    }

    async fn of_member(self, operator: Caller) -> Result<Done, Status> {
        let mut by = operator.accounts;
        let ids = |member: &pb::Member| (member.account_id.clone(), member.id.clone());
        let (position, effect) = match self {
            Self::Register { to, account, email } => {
                let display_name = format!("name of {email}");
                let member = pb::Member { email, display_name, ..Default::default() };
                let request = pb::RegisterMemberRequest {
                    account_id: account.id,
                    member: Some(member),
                    ..Default::default()
                };
                let answer = by.register_member(request).await?.into_inner();
                let member = Box::new(answer.member.unwrap_or_default());
                (answer.position, Effect::Member { home: to, member })
            }
            Self::Update { member } => {
                let account_id = member.account_id.clone();
                let member = Some(member);
                let request = pb::UpdateMemberRequest { account_id, member, ..Default::default() };
                (by.update_member(request).await?.into_inner().position, Effect::Nothing)
            }
            Self::Deactivate { member } => {
                let (account_id, member_id) = ids(&member);
                let request =
                    pb::DeactivateMemberRequest { account_id, member_id, ..Default::default() };
                let position = by.deactivate_member(request).await?.into_inner().position;
                (position, Effect::Deactivated(member.id))
            }
            Self::Reactivate { member } => {
                let (account_id, member_id) = ids(&member);
                let request =
                    pb::ReactivateMemberRequest { account_id, member_id, ..Default::default() };
                let position = by.reactivate_member(request).await?.into_inner().position;
                (position, Effect::Reactivated(member.id))
            }
            Self::Remove { member } => {
                let (account_id, member_id) = ids(&member);
                let request =
                    pb::RemoveMemberRequest { account_id, member_id, ..Default::default() };
                let position = by.remove_member(request).await?.into_inner().position;
                (position, Effect::Removed(member.id))
            }
            Self::Move { member, to, target } => {
                let (account_id, member_id) = ids(&member);
                let request = pb::MoveMemberRequest {
                    account_id,
                    member_id,
                    target_account_id: target.id,
                    ..Default::default()
                };
                let answer = by.move_member(request).await?.into_inner();
                let member = Box::new(answer.member.unwrap_or_default());
                (answer.position, Effect::Member { home: to, member })
            }
            other => unreachable!("{other:?} is no member's verb"),
        };
        Ok(Done { position, effect })
    }
}

async fn hide(by: Caller, account: Account, pick: usize) -> Result<Done, Status> {
    let mut contacts = by.contacts;
    let request = pb::ListContactsRequest {
        account_id: account.id.clone(),
        kinds: vec![pb::ContactKind::Member.into()],
        page_size: 500,
        ..Default::default()
    };
    let there = contacts.list_contacts(request).await?.into_inner().contacts;
    let Some(contact) = there.get(pick % there.len().max(1)) else {
        return Ok(Done { position: 0, effect: Effect::Nothing });
    };
    let request = pb::DeleteContactRequest {
        account_id: account.id,
        contact_id: contact.id.clone(),
        ..Default::default()
    };
    let position = contacts.delete_contact(request).await?.into_inner().position;
    Ok(Done { position, effect: Effect::Nothing })
}

async fn retain(by: Caller, account: Account, purges: bool) -> Result<Done, Status> {
    let retention = if purges { pb::ContactRetention::Purge } else { pb::ContactRetention::Keep };
    let preferences =
        pb::PartnerPreferences { contact_retention: retention.into(), ..Default::default() };
    let request = pb::UpdatePartnerPreferencesRequest {
        account_id: account.id.clone(),
        preferences: Some(preferences),
        ..Default::default()
    };
    let mut partners = by.partners;
    let position = partners.update_partner_preferences(request).await?.into_inner().position;
    Ok(Done { position, effect: Effect::Retains { account: account.id, purges } })
}
