//! People as of a position: who may be a contact, what the rules say of each, and the version to show.

use super::partners::{Partner, Partners, Viewing};
use super::sql::Sql;
use super::{ContactView, PersonView};
use crate::domain::account::MemberState;
use crate::domain::contact::{ContactKind, Link, Prefix, Sharing, Sight, Stay, contact_id};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, MemberId, MembershipId};
use crate::domain::sharing::DetailsSpan;
use crate::entity::{account, member_version, membership, suppression};
use crate::error::Error;
use crate::faults::{Variant, broken};
use crate::sharing::details;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};

/// A person in an account: what a contact is identified by (C7).
pub type Key = (AccountId, MemberId);

/// The stays of each, oldest first.
pub type Stays = BTreeMap<Key, Vec<membership::Model>>;

/// Somebody the account sees, or would if it had not deleted the contact.
#[derive(Clone, Debug)]
pub struct Person {
    pub key: Key,
    pub email_key: EmailKey,
    /// Folded, for searches.
    pub email_fold: String,
    /// Folded, for searches.
    pub name_fold: String,
    /// The account deleted the contact (C8).
    pub suppressed: bool,
    pub view: ContactView,
}

/// What a walk looks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Empty is every link.
    pub links: Vec<Link>,
    pub query: Option<Prefix>,
}

impl Wanted {
    /// Whether people of this partner can have a wanted link.
    pub fn meets(&self, partner: &Partner) -> bool {
        self.links.is_empty()
            || self.links.contains(&partner.sharing.link())
            || self.links.contains(&Link::RemovedAtSource)
    }

    /// Whether a person is looked for.
    pub fn is(&self, person: &Person) -> bool {
        let link = person.view.person.as_ref().and_then(|told| told.link);
        // the account's own people have none, and are not asked for one
        let linked = self.links.is_empty() || link.is_none_or(|link| self.links.contains(&link));
        let begins =
            |prefix: &Prefix| prefix.begins(&person.name_fold) || prefix.begins(&person.email_fold);
        linked && self.query.as_ref().is_none_or(begins)
    }
}

/// The stays of up to `limit` people of these partners, above a key: at least all who are contacts and wanted.
///
/// # Errors
/// The database's.
pub async fn candidates(
    db: &impl ConnectionTrait,
    partners: &[(AccountId, &Partner)],
    wanted: &Wanted,
    after: Key,
    limit: u64,
) -> Result<Stays, Error> {
    let mut sql = Sql::default();
    sql.text("SELECT s.* FROM (SELECT account_id, member_id FROM (");
    match &wanted.query {
        Some(prefix) => search(&mut sql, partners, prefix, after),
        None => walk(&mut sql, partners, wanted, after, limit),
    }
    sql.text(") AS found ORDER BY account_id, member_id LIMIT ").number(limit);
    sql.text(
        ") AS k JOIN membership s ON s.account_id = k.account_id AND s.member_id = k.member_id \
         ORDER BY s.account_id, s.member_id, s.joined_position",
    );
    stays(sql, db).await
}

/// Along the index of each partner's people, as far as the limit; what can be told from a stay alone is told there.
fn walk(
    sql: &mut Sql,
    partners: &[(AccountId, &Partner)],
    wanted: &Wanted,
    after: Key,
    limit: u64,
) {
    for (index, (id, partner)) in partners.iter().enumerate() {
        let sharing = &partner.sharing;
        if index > 0 {
            sql.text(" UNION ALL ");
        }
        sql.text("SELECT * FROM (SELECT DISTINCT account_id, member_id FROM membership WHERE account_id = ");
        sql.value(id.0);
        if *id == after.0 {
            sql.text(" AND member_id > ").value(after.1.0);
        }
        sql.text(" AND joined_position < ").value(sharing.until());
        stayed(sql, sharing, &wanted.links);
        sql.text(" ORDER BY account_id, member_id LIMIT ").number(limit);
        sql.text(&format!(") AS p{index}"));
    }
}

fn stayed(sql: &mut Sql, sharing: &Sharing, links: &[Link]) {
    if broken(Variant::LongGoneShown) {
        return;
    }
    let ended = sharing.until() != i64::MAX;
    let wants = |link: Link| links.is_empty() || links.contains(&link);
    let there = wants(sharing.link());
    let left = wants(Link::RemovedAtSource);
    match (there, left, ended) {
        (true, false, false) => sql.text(" AND left_position IS NULL"),
        (true, false, true) => sql
            .text(" AND (left_position IS NULL OR left_position > ")
            .value(sharing.until())
            .text(")"),
        (false, true, false) => {
            sql.text(" AND left_position IS NOT NULL AND left_position > ").value(sharing.since())
        }
        (false, true, true) => sql
            .text(" AND left_position > ")
            .value(sharing.since())
            .text(" AND left_position < ")
            .value(sharing.until()),
        (true, true, _) | (false, false, _) => sql
            .text(" AND (left_position IS NULL OR left_position > ")
            .value(sharing.since())
            .text(")"),
    };
}

/// Whoever of these partners ever had a name or an address that begins so.
fn search(sql: &mut Sql, partners: &[(AccountId, &Partner)], prefix: &Prefix, after: Key) {
    for (index, column) in ["name_fold", "email_fold"].into_iter().enumerate() {
        if index > 0 {
            sql.text(" UNION ");
        }
        sql.text(
            "SELECT m.account_id, m.member_id FROM member_version v JOIN membership m ON m.id = v.membership_id \
             WHERE v.account_id IN ",
        );
        sql.list(partners.iter().map(|(id, _)| id.0));
        sql.text(&format!(" AND v.{column} >= ")).value(prefix.from.clone());
        sql.text(&format!(" AND v.{column} < ")).value(prefix.below.clone());
        sql.text(" AND (m.account_id > ").value(after.0.0);
        sql.text(" OR (m.account_id = ").value(after.0.0);
        sql.text(" AND m.member_id > ").value(after.1.0).text("))");
    }
}

/// The stays of certain people.
///
/// # Errors
/// The database's.
pub async fn stays_of(db: &impl ConnectionTrait, keys: &BTreeSet<Key>) -> Result<Stays, Error> {
    if keys.is_empty() {
        return Ok(Stays::new());
    }
    let mut sql = Sql::default();
    sql.text("SELECT s.* FROM ").pairs(keys.iter().map(|(home, member)| (home.0, member.0)));
    sql.text(
        " AS k JOIN membership s ON s.account_id = k.column1 AND s.member_id = k.column2 \
         ORDER BY s.account_id, s.member_id, s.joined_position",
    );
    stays(sql, db).await
}

async fn stays(sql: Sql, db: &impl ConnectionTrait) -> Result<Stays, Error> {
    let mut stays = Stays::new();
    for row in sql.all(db).await? {
        let stay = membership::Model::from_query_result(&row, "")?;
        stays.entry((stay.account_id, stay.member_id)).or_default().push(stay);
    }
    Ok(stays)
}

/// Who ever had one of these addresses in a version that still stands.
///
/// # Errors
/// The database's.
pub async fn addressed(
    db: &impl ConnectionTrait,
    keys: &[EmailKey],
) -> Result<BTreeSet<Key>, Error> {
    let mut sql = Sql::default();
    sql.text(
        "SELECT m.account_id, m.member_id FROM member_version v JOIN membership m ON m.id = v.membership_id \
         WHERE v.email_key IN ",
    );
    sql.list(keys.iter().map(|key| key.0.clone()));
    let found = sql.all(db).await?;
    found
        .iter()
        .map(|row| Ok((row.try_get("", "account_id")?, row.try_get("", "member_id")?)))
        .collect()
}

/// Those of the people that the account sees, as it sees them, in order.
///
/// # Errors
/// The database's.
pub async fn seen(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    partners: &Partners,
    stays: &Stays,
) -> Result<Vec<Person>, Error> {
    let viewer = viewing.account;
    let mut sighted: Vec<(Key, &membership::Model, &membership::Model, Sight)> = Vec::new();
    for (key, stays) in stays {
        let bare: Vec<Stay> = stays
            .iter()
            .map(|stay| Stay { joined: stay.joined_position, left: stay.left_position })
            .collect();
        let sight = partners.get(&key.0).and_then(|partner| partner.sharing.sees_of(&bare));
        // the account's own people stay on its page only while they are its people
        let sight = sight.filter(|(_, sight)| key.0 != viewer || !sight.left);
        if let (Some((index, sight)), Some(first)) = (sight, stays.first()) {
            sighted.push((*key, first, &stays[index], sight));
        }
    }
    if sighted.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = sighted.iter().map(|(_, _, stay, sight)| (stay.id, sight.bound)).collect();
    let mut versions = versions(db, wanted).await?;
    let keys: BTreeSet<Key> = sighted.iter().map(|(key, ..)| *key).collect();
    let hidden = suppressed(db, viewing, &keys).await?;
    let names = names(db, viewer, partners, &keys).await?;
    let homes = keys.iter().map(|(home, _)| *home).filter(|home| *home != viewer).collect();
    let details = details::spans(db, viewer, &homes).await?;
    let person =
        |(key, first, stay, sight): (Key, &membership::Model, &membership::Model, Sight)| {
            let version = versions.remove(&stay.id)?;
            let told = Told {
                partner_display_name: names.get(&key.0).cloned().unwrap_or_default(),
                suppressed: hidden.contains(&key),
                details: details.get(&key.0).map(Vec::as_slice).unwrap_or_default(),
            };
            Some(person(viewer, key, first.id, sight, version, told))
        };
    Ok(sighted.into_iter().filter_map(person).collect())
}

/// What is told of a person besides its own history.
struct Told<'a> {
    partner_display_name: String,
    suppressed: bool,
    details: &'a [DetailsSpan],
}

fn person(
    viewer: AccountId,
    key: Key,
    first: MembershipId,
    sight: Sight,
    version: member_version::Model,
    told: Told<'_>,
) -> Person {
    let Told { partner_display_name, suppressed, details } = told;
    let own = key.0 == viewer;
    // a partner's people show what was shared of them where they are seen from (C10)
    let shown = own || details.iter().any(|span| span.shows_below(sight.bound));
    let detailed_at = details.iter().filter_map(|span| span.changed_below(sight.bound)).max();
    let detail = |text: String| if shown { text } else { String::new() };
    let view = ContactView {
        id: contact_id(viewer, first),
        account_id: viewer,
        kind: if own { ContactKind::User } else { ContactKind::Member },
        person: Some(PersonView {
            home_account: key.0,
            member: key.1,
            state: if sight.left { MemberState::Removed } else { version.state },
            link: (!own).then_some(sight.link),
            partner_display_name,
        }),
        email: version.email,
        display_name: version.display_name,
        phone: detail(version.phone),
        title: detail(version.title),
        locale: detail(version.locale),
        updated_at: version.at.max(sight.linked_at).max(detailed_at.unwrap_or(version.at)),
    };
    Person {
        key,
        email_key: version.email_key,
        email_fold: version.email_fold,
        name_fold: version.name_fold,
        suppressed,
        view,
    }
}

/// The version of each stay that stood right below its bound.
async fn versions(
    db: &impl ConnectionTrait,
    bounds: Vec<(MembershipId, i64)>,
) -> Result<BTreeMap<MembershipId, member_version::Model>, Error> {
    let mut sql = Sql::default();
    sql.text(
        "SELECT v.* FROM (SELECT b.column1 AS membership_id, (SELECT max(x.from_position) FROM member_version x \
         WHERE x.membership_id = b.column1 AND x.from_position < b.column2) AS from_position FROM ",
    );
    sql.pairs(bounds.into_iter().map(|(stay, bound)| (stay.0, bound)));
    sql.text(
        " AS b) AS w JOIN member_version v \
         ON v.membership_id = w.membership_id AND v.from_position = w.from_position",
    );
    let mut versions = BTreeMap::new();
    for row in sql.all(db).await? {
        let version = member_version::Model::from_query_result(&row, "")?;
        versions.insert(version.membership_id, version);
    }
    Ok(versions)
}

async fn suppressed(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    keys: &BTreeSet<Key>,
) -> Result<BTreeSet<Key>, Error> {
    let mut sql = Sql::default();
    sql.text("SELECT s.home_account_id, s.member_id FROM ");
    sql.pairs(keys.iter().map(|(home, member)| (home.0, member.0)));
    sql.text(" AS k JOIN suppression s ON s.account_id = ").value(viewing.account.0);
    sql.text(
        " AND s.home_account_id = k.column1 AND s.member_id = k.column2 AND s.from_position <= ",
    );
    sql.value(viewing.as_of).text(" AND (s.until_position IS NULL OR s.until_position > ");
    sql.value(viewing.as_of).text(")");
    let found = sql.all(db).await?;
    found
        .iter()
        .map(|row| Ok((row.try_get("", "home_account_id")?, row.try_get("", "member_id")?)))
        .collect()
}

/// What the partners are called: as they are now, or as they were when sharing ended.
async fn names(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    partners: &Partners,
    keys: &BTreeSet<Key>,
) -> Result<BTreeMap<AccountId, String>, Error> {
    let homes: BTreeSet<AccountId> =
        keys.iter().map(|(home, _)| *home).filter(|home| *home != viewer).collect();
    let last = |home: &AccountId| partners.get(home).and_then(|partner| partner.last_name.clone());
    let (ended, lasting): (BTreeSet<_>, BTreeSet<_>) =
        homes.into_iter().partition(|home| last(home).is_some());
    let mut names: BTreeMap<_, _> =
        ended.iter().filter_map(|home| last(home).map(|name| (*home, name))).collect();
    if !lasting.is_empty() {
        let rows =
            account::Entity::find().filter(account::Column::Id.is_in(lasting)).all(db).await?;
        names.extend(rows.into_iter().map(|row| (row.id, row.display_name)));
    }
    Ok(names)
}

/// Nobody's row has to be locked for a suppression that is in force: the pair's lock guards it.
pub fn in_force(viewer: AccountId, key: Key) -> sea_orm::Condition {
    use suppression::Column::{AccountId, HomeAccountId, MemberId, UntilPosition};
    sea_orm::Condition::all()
        .add(AccountId.eq(viewer))
        .add(HomeAccountId.eq(key.0))
        .add(MemberId.eq(key.1))
        .add(UntilPosition.is_null())
}
