//! Accounts.

use super::enums::Wire;
use super::mask::Mask;
use super::time;
use crate::account::etag;
use crate::domain::account::AccountState;
use crate::domain::ids::AccountId;
use crate::entity::account;
use crate::grpc::fields::{Fields, MAX_NAME};
use crate::grpc::pb;

pub struct NewAccount {
    pub id: Option<AccountId>,
    pub display_name: String,
}

pub fn create(fields: &mut Fields, body: pb::CreateAccountRequest) -> NewAccount {
    let pb::CreateAccountRequest { account, request_id: _, validate_only: _ } = body;
    let pb::Account { id, display_name, state: _, create_time: _, etag: _ } =
        account.unwrap_or_default();
    NewAccount {
        id: fields.optional_id("account.id", &id),
        display_name: fields.required_text("account.display_name", display_name, MAX_NAME),
    }
}

pub struct AccountUpdate {
    pub etag: String,
    pub display_name: Option<String>,
}

pub fn update(fields: &mut Fields, body: pb::UpdateAccountRequest) -> AccountUpdate {
    let pb::UpdateAccountRequest {
        account_id,
        account,
        update_mask,
        request_id: _,
        validate_only: _,
    } = body;
    if account.is_none() {
        fields.bad("account", "is required");
    }
    let pb::Account { id, display_name, state: _, create_time: _, etag } =
        account.unwrap_or_default();
    let named: Option<AccountId> = fields.optional_id("account.id", &id);
    if named.is_some() && !id.eq_ignore_ascii_case(&account_id) {
        fields.bad("account.id", "must be empty or the same as account_id");
    }
    let mask =
        Mask::read(fields, update_mask, &["display_name"], &["id", "state", "create_time", "etag"]);
    let display_name = mask
        .writes("display_name", !display_name.is_empty())
        .then(|| fields.required_text("account.display_name", display_name, MAX_NAME));
    AccountUpdate { etag, display_name }
}

pub fn suspend(_: &mut Fields, body: pb::SuspendAccountRequest) -> String {
    let pb::SuspendAccountRequest { account_id: _, etag, request_id: _, validate_only: _ } = body;
    etag
}

pub fn resume(_: &mut Fields, body: pb::ResumeAccountRequest) -> String {
    let pb::ResumeAccountRequest { account_id: _, etag, request_id: _, validate_only: _ } = body;
    etag
}

pub fn close(_: &mut Fields, body: pb::CloseAccountRequest) -> String {
    let pb::CloseAccountRequest { account_id: _, etag, request_id: _, validate_only: _ } = body;
    etag
}

pub fn get(_: &mut Fields, body: pb::GetAccountRequest) {
    let pb::GetAccountRequest { account_id: _, min_position: _ } = body;
}

pub fn list(fields: &mut Fields, body: pb::ListAccountsRequest) -> Vec<AccountState> {
    let pb::ListAccountsRequest { states, page_size: _, page_token: _, min_position: _ } = body;
    fields.many("states", &states)
}

pub fn shown(row: account::Model) -> pb::Account {
    pb::Account {
        id: row.id.to_string(),
        display_name: row.display_name,
        state: row.state.to_wire(),
        create_time: Some(time(row.created_at)),
        etag: etag(row.version),
    }
}
