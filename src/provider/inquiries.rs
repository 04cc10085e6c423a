//! ContactProviders: one form to several providers, in one change with an event for each (P3).
//!
//! The account's day is locked right after the accounts, as invitations' is, so that forms sent at the same time are
//! counted one after the other.

use super::store;
use crate::account::lock::{self, Accounts, Strength, make_or_lock};
use crate::backend::{Ask, Backend, Done, Outcome, Part, Slot, Work, insert_all};
use crate::domain::account::AccountState;
use crate::domain::event::{AuditAction, AuditNote, Body, Event, EventKind, Glimpse};
use crate::domain::ids::{AccountId, InquiryId};
use crate::domain::mail::Occasion;
use crate::domain::provider::CustomerSize;
use crate::entity::{inquiry, inquiry_usage, provider_profile};
use crate::error::{Error, Quota};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryTrait};

/// What a customer asks.
#[derive(Clone, Debug)]
pub struct Form {
    /// Whom: different ones, none of them the customer's own account.
    pub providers: Vec<AccountId>,
    pub needs: String,
    pub reply_to: String,
    /// Empty, or ISO 3166-1 alpha-2.
    pub country: String,
    pub customer_size: Option<CustomerSize>,
}

/// Sends the form to all of them, or to none.
///
/// # Errors
/// `NotFound` for the first one that is not published; `QuotaExceeded`.
pub async fn send(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    form: Form,
) -> Result<Done<Vec<inquiry::Model>>, Error> {
    let form = &form;
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let accounts = lock::accounts(work, &form.providers, Strength::Shared).await?;
            let day = (account, work.now.day());
            let usage = inquiry_usage::ActiveModel {
                account_id: Set(day.0),
                day: Set(day.1),
                sent: Set(0),
            };
            let key = [inquiry_usage::Column::AccountId, inquiry_usage::Column::Day];
            make_or_lock(work, [usage], key).await?;
            let names = published(work, &accounts, &form.providers).await?;
            check_quota(work, day, names.len() as u64).await?;
            sent(work, &accounts, account, form, names)
        })
        .await
}

/// The names under which these providers are published.
async fn published(
    work: &Work,
    accounts: &Accounts,
    providers: &[AccountId],
) -> Result<Vec<(AccountId, String)>, Error> {
    let mut profiles = store::several(&work.txn, providers.iter().copied()).await?;
    let is_open = |id| accounts.get(id).is_ok_and(|found| found.state == AccountState::Active);
    let named = providers.iter().map(|id| {
        let profile = profiles.remove(id).filter(|profile| profile.listed && is_open(*id));
        let profile: provider_profile::Model = profile.ok_or_else(|| store::not_found(*id))?;
        Ok((*id, profile.display_name))
    });
    named.collect()
}

async fn check_quota(work: &Work, day: (AccountId, i64), more: u64) -> Result<(), Error> {
    let used = inquiry_usage::Entity::find_by_id(day).one(&work.txn).await?;
    let used = used.ok_or(Error::ConcurrentChange)?.sent;
    let limit = work.limits.providers_per_day;
    if u64::try_from(used).unwrap_or(0) + more > limit {
        let retry_after = work.now.until(work.now.next_day());
        return Err(Error::QuotaExceeded { quota: Quota::ProvidersPerDay, limit, retry_after });
    }
    Ok(())
}

fn sent(
    work: &Work,
    accounts: &Accounts,
    account: AccountId,
    form: &Form,
    providers: Vec<(AccountId, String)>,
) -> Result<Outcome<Vec<inquiry::Model>>, Error> {
    let Form { providers: _, needs, reply_to, country, customer_size } = form.clone();
    let (now, sender) = (work.now, accounts.member.as_ref());
    let template = inquiry::Model {
        id: InquiryId::fresh(),
        created_position: 0,
        customer_account_id: account,
        customer_display_name: accounts.get(account)?.display_name.clone(),
        provider_account_id: account,
        provider_display_name: String::new(),
        sender_member_id: sender.map(|member| member.id),
        sender_display_name: sender.map(|member| member.display_name.clone()).unwrap_or_default(),
        needs,
        reply_to_email: reply_to,
        country,
        customer_size,
        created_at: now,
    };
    let mut part = Part::default();
    let rows = providers.into_iter().map(|(provider, provider_display_name)| {
        let id = InquiryId::fresh();
        let slot = part.event(event(account, provider, id));
        part.tell(Occasion::Inquired {
            provider,
            customer_name: template.customer_display_name.clone(),
            sender_name: template.sender_display_name.clone(),
            reply_to: template.reply_to_email.clone(),
            country: template.country.clone(),
            customer_size: template.customer_size,
            needs: template.needs.clone(),
        });
        let provider_account_id = provider;
        (
            slot,
            inquiry::Model { id, provider_account_id, provider_display_name, ..template.clone() },
        )
    });
    let rows: Vec<(Slot, inquiry::Model)> = rows.collect();
    let (count, stored) = (i64::try_from(rows.len()).unwrap_or(i64::MAX), rows.clone());
    part.write(move |at, db| {
        let mut statements = insert_all(placed(stored, |slot| at.position(slot)), db);
        let counted = inquiry_usage::Entity::update_many()
            .col_expr(
                inquiry_usage::Column::Sent,
                Expr::col(inquiry_usage::Column::Sent).add(count),
            )
            .filter(inquiry_usage::Column::AccountId.eq(account))
            .filter(inquiry_usage::Column::Day.eq(now.day()));
        statements.push(counted.build(db));
        statements
    });
    Ok(Outcome::new(part, move |at| placed(rows, |slot| at.position(slot))))
}

fn placed(
    rows: Vec<(Slot, inquiry::Model)>,
    position: impl Fn(Slot) -> i64,
) -> Vec<inquiry::Model> {
    let at = |(slot, row)| inquiry::Model { created_position: position(slot), ..row };
    rows.into_iter().map(at).collect()
}

fn event(customer: AccountId, provider: AccountId, inquiry: InquiryId) -> Event {
    let glimpse = |account| Some(Glimpse { account, from: None, to: None });
    Event {
        kind: EventKind::InquirySent,
        account: customer,
        counterpart: Some(provider),
        subject: inquiry.0,
        body: Body::Empty {},
        audit: Some(AuditNote {
            action: AuditAction::Inquired,
            partnership: None,
            sender: glimpse(customer),
            recipient: glimpse(provider),
            reason: String::new(),
            reason_shared: false,
        }),
        appears: None,
    }
}
