//! The audience of a shared item: the partner's people whom it reaches, read from their stays by position.

use super::SharedItemView;
use crate::backend::one_of;
use crate::domain::account::MemberState;
use crate::domain::ids::{AccountId, MemberId, MembershipId};
use crate::domain::sharing::Reach;
use crate::entity::{audience_removal, member_version, membership};
use crate::error::Error;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::HashMap;

/// Somebody in an audience.
#[derive(Clone, Debug)]
pub struct AudienceMember {
    /// Lists are ordered by it.
    pub joined_position: i64,
    pub member: MemberId,
    pub email: String,
    pub display_name: String,
    /// As it is; of a frozen audience, as it was at the end.
    pub state: MemberState,
}

/// People whom a shared item reaches, in the order in which they joined, above a position; those taken out are not shown.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &impl ConnectionTrait,
    shared: &SharedItemView,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<AudienceMember>, Error> {
    use membership::Column::{AccountId as Home, JoinedPosition};
    let taken_out = Query::select()
        .expr(Expr::value(1))
        .from(audience_removal::Entity)
        .and_where(audience_removal::Column::SharedItemId.eq(shared.row.id))
        .and_where(
            Expr::col((audience_removal::Entity, audience_removal::Column::MembershipId))
                .equals((membership::Entity, membership::Column::Id)),
        )
        .to_owned();
    let stays = membership::Entity::find()
        .filter(Home.eq(shared.row.partner_account_id))
        .filter(reached(shared.reach()))
        .filter(JoinedPosition.gt(after.unwrap_or(0)))
        .filter(Expr::exists(taken_out).not())
        .order_by_asc(JoinedPosition)
        .limit(limit)
        .all(db)
        .await?;
    let mut versions = versions(db, &stays, shared.reach().bound()).await?;
    let member = |stay: membership::Model| {
        let version = versions.remove(&stay.id)?;
        Some(AudienceMember {
            joined_position: stay.joined_position,
            member: stay.member_id,
            email: version.email,
            display_name: version.display_name,
            state: version.state,
        })
    };
    Ok(stays.into_iter().filter_map(member).collect())
}

/// The stay of a person that is reached, if one is; stays of a person do not overlap.
///
/// # Errors
/// The database's.
pub async fn stay_of(
    db: &impl ConnectionTrait,
    partner: AccountId,
    member: MemberId,
    reach: Reach,
) -> Result<Option<MembershipId>, Error> {
    let stay = membership::Entity::find()
        .filter(membership::Column::AccountId.eq(partner))
        .filter(membership::Column::MemberId.eq(member))
        .filter(reached(reach))
        .one(db)
        .await?;
    Ok(stay.map(|stay| stay.id))
}

/// As `Reach::includes`, for the database.
fn reached(reach: Reach) -> Condition {
    use membership::Column::{JoinedPosition, LeftPosition};
    let mut here = Condition::any().add(LeftPosition.is_null());
    if reach.frozen.is_some() {
        here = here.add(LeftPosition.gte(reach.bound()));
    }
    Condition::all().add(JoinedPosition.lt(reach.joined_below())).add(here)
}

/// The version of each stay that stood right below a position.
async fn versions(
    db: &impl ConnectionTrait,
    stays: &[membership::Model],
    bound: i64,
) -> Result<HashMap<MembershipId, member_version::Model>, Error> {
    use member_version::Column::{FromPosition, MembershipId as Stay, ToPosition};
    if stays.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = stays.iter().map(|stay| stay.id);
    let lasted = Condition::any().add(ToPosition.is_null()).add(ToPosition.gte(bound));
    let rows = member_version::Entity::find()
        .filter(one_of(Stay, ids, db.get_database_backend()))
        .filter(FromPosition.lt(bound))
        .filter(lasted)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.membership_id, row)).collect())
}
