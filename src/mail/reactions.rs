//! What follows here from changes made elsewhere: letters, in the outbox.

use super::letter::Language;
use super::people::{Addressee, People};
use super::{draft, quota, store};
use crate::backend::{Change, Part, Work, insert_all};
use crate::domain::event::EventKind;
use crate::domain::ids::{AccountId, MailId};
use crate::domain::mail::{MailState, Occasion};
use crate::entity::mail;
use crate::error::Error;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Writes a letter to everybody whom the change tells something; it runs after those who lock pairs and partnerships.
pub fn react<'a>(work: &'a Work, change: &'a Change) -> BoxFuture<'a, Result<Part, Error>> {
    async move {
        let occasions: Vec<&Occasion> = change.occasions().collect();
        if occasions.is_empty() {
            return Ok(Part::default());
        }
        let gone = closing(change);
        let told = |occasion: &&Occasion| !matches!(occasion, Occasion::Ended { told, .. } if gone.contains(told));
        let occasions: Vec<&Occasion> = occasions.into_iter().filter(told).collect();
        let occasions = not_mailed_yet(work, occasions).await?;
        let people = People::of(work, &occasions).await?;
        let names = draft::names(work, &occasions).await?;
        let mut letters = Vec::new();
        for occasion in occasions {
            letters.extend(written(work, occasion, &people, &names)?);
        }
        let rows = within_the_day(work, letters).await?;
        let mut part = Part::default();
        if !rows.is_empty() {
            part.write(move |_, db| insert_all(rows, db));
        }
        Ok(part)
    }
    .boxed()
}

/// Accounts that close with this change: nobody is left there to be told.
fn closing(change: &Change) -> HashSet<AccountId> {
    let closed = |kind| kind == EventKind::AccountClosed;
    let events = change.events().into_iter().filter(|planned| closed(planned.event.kind));
    events.map(|planned| planned.event.account).collect()
}

/// Leaves out invitations that bind now and were mailed when they were sent.
async fn not_mailed_yet<'a>(
    work: &Work,
    occasions: Vec<&'a Occasion>,
) -> Result<Vec<&'a Occasion>, Error> {
    let late = occasions.iter().filter_map(|occasion| match occasion {
        Occasion::Invited(invited) if invited.on_arrival => Some(invited.partnership),
        _ => None,
    });
    let mailed = store::mailed(&work.txn, late.collect()).await?;
    let kept = occasions.into_iter().filter(|occasion| match occasion {
        Occasion::Invited(invited) if invited.on_arrival => {
            !mailed.contains(&(invited.partnership, invited.sending))
        }
        _ => true,
    });
    Ok(kept.collect())
}

/// An occasion's letters, each with whose address it goes to.
fn written(
    work: &Work,
    occasion: &Occasion,
    people: &People,
    names: &HashMap<AccountId, String>,
) -> Result<Vec<(Addressee, mail::Model)>, Error> {
    let person = people.in_person(occasion).into_iter().map(|person| (None, vec![person]));
    let managed = people.whose_managers(occasion).into_iter();
    let sides = managed.map(|account| (Some(account), people.managers_of(account)));
    let mut letters = Vec::new();
    for (told, addressees) in person.chain(sides) {
        let (kind, letter) = draft::letter(occasion, told, names);
        let letter = serde_json::to_string(&letter).map_err(Error::internal)?;
        let link = match occasion {
            Occasion::Invited(invited) => Some((invited.partnership, invited.sending)),
            _ => None,
        };
        letters.extend(addressees.into_iter().map(|addressee| {
            let locale = Some(addressee.locale.as_str()).filter(|locale| !locale.is_empty());
            let row = mail::Model {
                id: MailId::fresh(),
                kind,
                state: MailState::Queued,
                recipient: addressee.email.clone(),
                language: Language::of(locale).tag().to_owned(),
                letter: letter.clone(),
                partnership_id: link.map(|link| link.0),
                sending: link.map(|link| link.1),
                message_domain: None,
                attempts: 0,
                due_at: Some(work.now),
                lease: None,
                last_error: String::new(),
                version: 1,
                created_at: work.now,
                queued_at: work.now,
                updated_at: work.now,
                sent_at: None,
            };
            (addressee, row)
        }));
    }
    Ok(letters)
}

/// The letters that their addresses may still get today, the first ones first.
async fn within_the_day(
    work: &Work,
    letters: Vec<(Addressee, mail::Model)>,
) -> Result<Vec<mail::Model>, Error> {
    if letters.is_empty() {
        return Ok(Vec::new());
    }
    let mut wanted = BTreeMap::new();
    for (addressee, _) in &letters {
        *wanted.entry(addressee.key.clone()).or_insert(0) += 1;
    }
    let mut left = quota::take(work, &wanted).await?;
    let kept = letters.into_iter().filter_map(|(addressee, row)| {
        let left = left.get_mut(&addressee.key).filter(|left| **left > 0)?;
        *left -= 1;
        Some(row)
    });
    Ok(kept.collect())
}
