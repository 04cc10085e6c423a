//! What a verb on a member writes besides its row: the event, the address, and the history that contacts are read from.

use crate::backend::{Part, Slot, insert, insert_all, upsert_all};
use crate::domain::email::{EmailKey, fold};
use crate::domain::event::{Body, Event, EventKind, MemberFact};
use crate::domain::ids::{MemberId, MembershipId};
use crate::domain::time::Timestamp;
use crate::entity::{address, member, member_version, membership};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

/// What partners may see of a member (C10).
pub(super) fn fact(row: &member::Model) -> MemberFact {
    MemberFact {
        membership: row.membership_id,
        member: row.id,
        email: row.email.clone(),
        display_name: row.display_name.clone(),
        state: row.state,
        phone: row.phone.clone(),
        title: row.title.clone(),
        locale: row.locale.clone(),
    }
}

/// The event of a change; `appears` when the person is new at its address here.
pub(super) fn event(row: &member::Model, kind: EventKind, appears: bool) -> Event {
    Event {
        kind,
        account: row.account_id,
        counterpart: None,
        subject: row.id.0,
        body: Body::Member(fact(row)),
        audit: None,
        appears: appears.then(|| row.email_key.clone()),
    }
}

/// Whose addresses are from now on; their rows are locked, hence there.
pub(super) fn own_addresses(part: &mut Part, owners: Vec<(EmailKey, Option<MemberId>)>) {
    part.write(move |_, db| {
        let rows = owners.into_iter().map(|(email_key, member_id)| address::ActiveModel {
            email_key: Set(email_key),
            member_id: Set(member_id),
        });
        let owned = OnConflict::column(address::Column::EmailKey)
            .update_column(address::Column::MemberId)
            .to_owned();
        upsert_all(rows, owned, db)
    });
}

/// Stays begin, each with its first version.
pub(super) fn join(part: &mut Part, joined: Vec<(Slot, member::Model)>, now: Timestamp) {
    part.write(move |at, db| {
        let stays = joined.iter().map(|(slot, row)| membership::Model {
            id: row.membership_id,
            account_id: row.account_id,
            member_id: row.id,
            joined_position: at.position(*slot),
            left_position: None,
        });
        let versions = joined.iter().map(|(slot, row)| member_version::Model {
            from_position: at.position(*slot),
            ..version(row, now)
        });
        [insert_all(stays, db), insert_all(versions, db)].concat()
    });
}

/// A stay ends.
pub(super) fn leave(part: &mut Part, slot: Slot, id: MembershipId) {
    part.write(move |at, db| {
        let left = membership::Entity::update_many()
            .col_expr(membership::Column::LeftPosition, Expr::value(at.position(slot)))
            .filter(membership::COLUMN.id.eq(id));
        vec![left.build(db)]
    });
}

/// Ends the current version and begins the next; a removed member's last version says so and stays.
pub(super) fn next_version(part: &mut Part, slot: Slot, row: &member::Model, now: Timestamp) {
    let next = version(row, now);
    part.write(move |at, db| {
        let position = at.position(slot);
        let ended = member_version::Entity::update_many()
            .col_expr(member_version::Column::ToPosition, Expr::value(position))
            .filter(member_version::COLUMN.membership_id.eq(next.membership_id))
            .filter(member_version::COLUMN.to_position.is_null());
        let next = member_version::Model { from_position: position, ..next };
        vec![ended.build(db), insert(next, db)]
    });
}

/// What is seen of a member from now on, wherever in the log that will be.
fn version(row: &member::Model, now: Timestamp) -> member_version::Model {
    let MemberFact { membership, member: _, email, display_name, state, phone, title, locale } =
        fact(row);
    member_version::Model {
        membership_id: membership,
        from_position: 0,
        to_position: None,
        account_id: row.account_id,
        email_key: row.email_key.clone(),
        email_fold: fold(&email),
        name_fold: fold(&display_name),
        email,
        display_name,
        state,
        phone,
        title,
        locale,
        at: now,
    }
}
