//! AccountService: accounts and members; operators write, members read their own.

use super::convert::{account, batch, member};
use super::gate::{Gate, own};
use super::pb;
use super::pb::account_service_server::AccountService;
use super::transport::CallContext;
use crate::account::group_commit::Registrations;
use crate::account::{accounts, members, register, store};
use crate::caller::Need;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.AccountService`.
pub struct Accounts {
    pub gate: Gate,
    pub registrations: Arc<Registrations>,
}

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl AccountService for Accounts {
    async fn create_account(
        &self,
        request: Request<pb::CreateAccountRequest>,
    ) -> Answer<pb::CreateAccountResponse> {
        self.gate
            .mutate(request, Need::Operator, account::create, |ask, new| async move {
                let done =
                    accounts::create(&self.gate.backend, &ask, new.id, &new.display_name).await?;
                let mut shown = account::shown(done.answer);
                if ask.validate_only {
                    shown.id.clear();
                }
                Ok(pb::CreateAccountResponse { account: Some(shown), position: done.position })
            })
            .await
    }

    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Answer<pb::GetAccountResponse> {
        self.gate
            .read(request, Need::Look, account::get, |actor, ()| async move {
                let row = store::account(self.gate.backend.reads(), own(&actor)?).await?;
                Ok(pb::GetAccountResponse { account: Some(account::shown(row)) })
            })
            .await
    }

    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Answer<pb::ListAccountsResponse> {
        self.gate
            .page(request, Need::Operator, account::list, |_, states, pager| async move {
                let page = pager.page;
                let mut rows =
                    store::accounts(self.gate.backend.reads(), &states, page.before, page.limit())
                        .await?;
                let next_page_token = pager.cut(&mut rows, |row| row.created_position);
                let accounts = rows.into_iter().map(account::shown).collect();
                Ok(pb::ListAccountsResponse { accounts, next_page_token })
            })
            .await
    }

    async fn update_account(
        &self,
        request: Request<pb::UpdateAccountRequest>,
    ) -> Answer<pb::UpdateAccountResponse> {
        self.gate
            .mutate(request, Need::Operator, account::update, |ask, update| async move {
                let name = update.display_name.as_deref();
                let done = accounts::rename(
                    &self.gate.backend,
                    &ask,
                    own(&ask.actor)?,
                    &update.etag,
                    name,
                )
                .await?;
                Ok(pb::UpdateAccountResponse {
                    account: Some(account::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn suspend_account(
        &self,
        request: Request<pb::SuspendAccountRequest>,
    ) -> Answer<pb::SuspendAccountResponse> {
        self.gate
            .mutate(request, Need::Operator, account::suspend, |ask, etag| async move {
                let done =
                    accounts::suspend(&self.gate.backend, &ask, own(&ask.actor)?, &etag).await?;
                Ok(pb::SuspendAccountResponse {
                    account: Some(account::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn resume_account(
        &self,
        request: Request<pb::ResumeAccountRequest>,
    ) -> Answer<pb::ResumeAccountResponse> {
        self.gate
            .mutate(request, Need::Operator, account::resume, |ask, etag| async move {
                let done =
                    accounts::resume(&self.gate.backend, &ask, own(&ask.actor)?, &etag).await?;
                Ok(pb::ResumeAccountResponse {
                    account: Some(account::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn close_account(
        &self,
        request: Request<pb::CloseAccountRequest>,
    ) -> Answer<pb::CloseAccountResponse> {
        self.gate
            .mutate(request, Need::Operator, account::close, |ask, etag| async move {
                let done =
                    accounts::close(&self.gate.backend, &ask, own(&ask.actor)?, &etag).await?;
                Ok(pb::CloseAccountResponse {
                    account: Some(account::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn register_member(
        &self,
        request: Request<pb::RegisterMemberRequest>,
    ) -> Answer<pb::RegisterMemberResponse> {
        self.gate
            .mutate(request, Need::Operator, member::register, |ask, new| async move {
                let (room, account) =
                    ((&*self.gate.backend, &*self.registrations), own(&ask.actor)?);
                let done = register::register(room, &ask, account, new).await?;
                let mut shown = member::shown(done.answer);
                if ask.validate_only {
                    shown.id.clear();
                }
                Ok(pb::RegisterMemberResponse { member: Some(shown), position: done.position })
            })
            .await
    }

    async fn batch_register_members(
        &self,
        request: Request<pb::BatchRegisterMembersRequest>,
    ) -> Answer<pb::BatchRegisterMembersResponse> {
        let call = CallContext::of(request.extensions());
        self.gate
            .mutate(request, Need::Operator, batch::register, |ask, members| async move {
                let (backend, account) = (&self.gate.backend, own(&ask.actor)?);
                let batch::Batch { good, bad } = members;
                let done = register::register_many(backend, &ask, account, good).await?;
                let results = batch::results(&call, bad, done, ask.validate_only);
                Ok(pb::BatchRegisterMembersResponse { results })
            })
            .await
    }

    async fn update_member(
        &self,
        request: Request<pb::UpdateMemberRequest>,
    ) -> Answer<pb::UpdateMemberResponse> {
        self.gate
            .mutate(request, Need::Operator, member::update, |ask, update| async move {
                let account = own(&ask.actor)?;
                let member::Update { id, etag, fields } = update;
                let done =
                    members::change_fields(&self.gate.backend, &ask, account, id, &etag, fields)
                        .await?;
                Ok(pb::UpdateMemberResponse {
                    member: Some(member::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn deactivate_member(
        &self,
        request: Request<pb::DeactivateMemberRequest>,
    ) -> Answer<pb::DeactivateMemberResponse> {
        self.gate
            .mutate(request, Need::Operator, member::deactivate, |ask, target| async move {
                let account = own(&ask.actor)?;
                let done =
                    members::deactivate(&self.gate.backend, &ask, account, target.id, &target.etag)
                        .await?;
                Ok(pb::DeactivateMemberResponse {
                    member: Some(member::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn reactivate_member(
        &self,
        request: Request<pb::ReactivateMemberRequest>,
    ) -> Answer<pb::ReactivateMemberResponse> {
        self.gate
            .mutate(request, Need::Operator, member::reactivate, |ask, target| async move {
                let account = own(&ask.actor)?;
                let done =
                    members::reactivate(&self.gate.backend, &ask, account, target.id, &target.etag)
                        .await?;
                Ok(pb::ReactivateMemberResponse {
                    member: Some(member::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn remove_member(
        &self,
        request: Request<pb::RemoveMemberRequest>,
    ) -> Answer<pb::RemoveMemberResponse> {
        self.gate
            .mutate(request, Need::Operator, member::remove, |ask, target| async move {
                let account = own(&ask.actor)?;
                let done =
                    members::remove(&self.gate.backend, &ask, account, target.id, &target.etag)
                        .await?;
                Ok(pb::RemoveMemberResponse {
                    member: Some(member::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn move_member(
        &self,
        request: Request<pb::MoveMemberRequest>,
    ) -> Answer<pb::MoveMemberResponse> {
        self.gate
            .mutate(request, Need::Operator, member::move_to, |ask, moved| async move {
                let member::Move { target, to, profile } = moved;
                let (backend, from) = (&self.gate.backend, own(&ask.actor)?);
                let done =
                    members::move_to(backend, &ask, from, target.id, &target.etag, to, profile)
                        .await?;
                Ok(pb::MoveMemberResponse {
                    member: Some(member::shown(done.answer)),
                    position: done.position,
                })
            })
            .await
    }

    async fn get_member(
        &self,
        request: Request<pb::GetMemberRequest>,
    ) -> Answer<pb::GetMemberResponse> {
        self.gate
            .read(request, Need::Look, member::get, |actor, id| async move {
                let row = store::member(self.gate.backend.reads(), own(&actor)?, id).await?;
                Ok(pb::GetMemberResponse { member: Some(member::shown(row)) })
            })
            .await
    }

    async fn list_members(
        &self,
        request: Request<pb::ListMembersRequest>,
    ) -> Answer<pb::ListMembersResponse> {
        self.gate
            .page(request, Need::Look, member::list, |actor, states, pager| async move {
                let (db, page) = (self.gate.backend.reads(), pager.page);
                let account = store::account(db, own(&actor)?).await?;
                let mut rows =
                    store::members(db, account.id, &states, page.before, page.limit()).await?;
                let next_page_token = pager.cut(&mut rows, |row| row.created_position);
                let members = rows.into_iter().map(member::shown).collect();
                Ok(pb::ListMembersResponse { members, next_page_token })
            })
            .await
    }
}
