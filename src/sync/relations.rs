//! What an account has to do with others, read in one statement together with the position at which that is so.

use crate::contact::sql::Sql;
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::partner_type::PartnerType;
use crate::domain::sync::{Relations, Span};
use crate::error::Error;
use sea_orm::{ActiveEnum, ConnectionTrait, Iterable};

/// The account's relations, and the head of the log when they were read.
///
/// # Errors
/// The database's.
pub async fn load(db: &impl ConnectionTrait, viewer: AccountId) -> Result<(Relations, i64), Error> {
    let mut relations = Relations::default();
    let mut head = 0;
    for row in statement(viewer).all(db).await? {
        let home: Option<AccountId> = row.try_get("", "home")?;
        let member: Option<MemberId> = row.try_get("", "member")?;
        let ends: [Option<i64>; 2] = [row.try_get("", "until")?, row.try_get("", "ended")?];
        let until = ends.into_iter().flatten().min();
        let span = Span { since: row.try_get("", "since")?, until };
        let is_detail: bool = row.try_get("", "is_detail")?;
        match (home, member) {
            (Some(partner), None) if is_detail => relations.detail(partner, span),
            (Some(home), Some(member)) => relations.hide(home, member, span),
            (Some(partner), None) => relations.share(partner, span),
            (None, _) => head = span.since,
        }
    }
    Ok((relations, head))
}

fn statement(viewer: AccountId) -> Sql {
    let mut sql = Sql::default();
    sql.text(
        "SELECT CAST(NULL AS uuid) AS home, CAST(NULL AS uuid) AS member, max(position) AS since, \
         CAST(NULL AS bigint) AS until, CAST(NULL AS bigint) AS ended, false AS is_detail FROM log",
    );
    for (own, other) in [("sender", "recipient"), ("recipient", "sender")] {
        let syncing = PartnerType::iter().filter(|kind| kind.policy().syncs_members);
        sql.text(&format!(
            " UNION ALL SELECT {other}_account_id, NULL, activated_position, ended_position, NULL, false \
             FROM partnership WHERE {own}_account_id = "
        ));
        sql.value(viewer.0).text(" AND activated_position IS NOT NULL AND kind IN ");
        sql.list(syncing.map(|kind| kind.to_value()));
    }
    sql.text(
        " UNION ALL SELECT home_account_id, member_id, from_position, until_position, NULL, false \
         FROM suppression WHERE account_id = ",
    );
    sql.value(viewer.0);
    sql.text(
        " UNION ALL SELECT s.owner_account_id, NULL, s.shared_position, s.unshared_position, p.ended_position, true \
         FROM shared_item s JOIN partnership p ON p.id = s.partnership_id \
         WHERE s.item_type = 'CONTACT_DETAILS' AND s.partner_account_id = ",
    );
    sql.value(viewer.0);
    sql
}
