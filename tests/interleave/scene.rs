//! Where verbs meet: small scenes in which each of them means something.

use crate::letters::UNKNOWN;
use crate::support::NOON;
use crate::verb::Verb::{self, *};
use partner_service::domain::time::{DAY, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// The ids behind a scene's names.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    pub ids: BTreeMap<&'static str, String>,
    /// Where letters go.
    pub mail_server: String,
}

impl Cast {
    /// The id of an account, a member (`account.person`) or a row.
    pub fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("nothing here is called {name}"))
    }

    /// The account that a member's name begins with.
    pub fn home(&self, member: &str) -> &str {
        self.id(member.split_once('.').expect("account.person").0)
    }

    /// Names by id.
    pub fn names(&self) -> BTreeMap<&str, &'static str> {
        self.ids.iter().map(|(name, id)| (id.as_str(), *name)).collect()
    }
}

/// A state of affairs that two verbs can disagree about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Nobody knows anybody.
    Strangers,
    /// ann waits for an address that nobody has.
    Waiting,
    /// ann's invitation to ida waits, since bo let nobody in then; another of ann's is bo's to decide.
    Denied,
    /// ann has invited bo.
    Pending,
    /// Nobody decided for a month, and no sweep came by.
    Overdue,
    /// ann and bo are partners.
    Partners,
    /// bo has said no once, and is asked through somebody else.
    Rejected,
    /// bo has ended the partnership; ann waits for an address that nobody has.
    Ended,
    /// cy has an invitation of somebody who has left it.
    Stranded,
    /// The same, and that somebody is bo's now.
    Resettled,
    /// Partners; ann shares a folder and a file with bo.
    Shared,
    /// The same partnership is over, what was shared is frozen, and ann asks again.
    Frozen,
    /// And bo has accepted.
    Renewed,
    /// Letters wait: two invitations of ann's, and one that was given up.
    Mailed,
}

pub const SCENES: [Scene; 14] = [
    Scene::Strangers,
    Scene::Waiting,
    Scene::Denied,
    Scene::Pending,
    Scene::Overdue,
    Scene::Partners,
    Scene::Rejected,
    Scene::Ended,
    Scene::Stranded,
    Scene::Resettled,
    Scene::Shared,
    Scene::Frozen,
    Scene::Renewed,
    Scene::Mailed,
];

pub const NEW: &str = "new@x.example";
pub const PAT: &str = "pat@x.example";

impl Scene {
    /// When the verbs run: invitations may be sent again, and in one scene are overdue.
    pub fn now(self) -> Timestamp {
        match self {
            Self::Overdue => NOON.plus(31 * DAY),
            _ => NOON.plus(Duration::from_secs(2 * 60 * 60)),
        }
    }

    /// What can happen here.
    pub fn verbs(self) -> Vec<Verb> {
        match self {
            Self::Strangers => vec![
                Invite("ann.boss", "ida@bo.example"),
                Once(&Invite("ann.boss", "sam@bo.example")),
                Invite("bo.boss", "boss@ann.example"),
                Invite("ann.boss", NEW),
                Register("bo", NEW),
                Register("ann", NEW),
                Readdress("bo.ida", NEW),
                Move("bo.ida", "cy"),
                Remove("bo.ida"),
                DenyAll("bo"),
                Suspend("ann"),
                Suspend("bo"),
                Close("ann"),
                Close("bo"),
                Deactivate("ann.boss"),
                Rename("ann.boss"),
            ],
            Self::Waiting => vec![
                Register("bo", NEW),
                Register("ann", NEW),
                Register("cy", NEW),
                Readdress("bo.ida", NEW),
                Delete("ann.boss", "row.new"),
                Resend("ann.boss", "row.new"),
                Invite("ann.boss", NEW),
                Invite("ann.boss", "sam@bo.example"),
                Invite("bo.boss", "boss@ann.example"),
                DenyAll("bo"),
                Suspend("ann"),
                Suspend("bo"),
                Close("ann"),
                Close("bo"),
            ],
            Self::Denied => vec![
                Move("bo.ida", "cy"),
                Readdress("bo.ida", NEW),
                Remove("bo.ida"),
                Accept("bo.boss", "row.sam"),
                Reject("bo.boss", "row.sam"),
                Delete("ann.boss", "row.sam"),
                Resend("ann.boss", "row.ida"),
                Delete("ann.boss", "row.ida"),
                Invite("ann.boss", "ida@bo.example"),
                Close("bo"),
                Close("cy"),
            ],
            Self::Pending => vec![
                Accept("bo.sam", "row.boss"),
                Once(&Accept("bo.sam", "row.boss")),
                Reject("bo.sam", "row.boss"),
                Delete("bo.sam", "row.boss"),
                Delete("ann.boss", "row.boss"),
                Resend("ann.boss", "row.boss"),
                Invite("ann.boss", "boss@bo.example"),
                Invite("ann.boss", "ida@bo.example"),
                Invite("bo.sam", "boss@ann.example"),
                Deactivate("bo.sam"),
                Demote("bo.sam"),
                Remove("bo.boss"),
                Move("bo.boss", "cy"),
                DenyAll("bo"),
                Suspend("ann"),
                Suspend("bo"),
                Close("ann"),
                Close("bo"),
            ],
            Self::Overdue => vec![
                Sweep,
                Accept("bo.sam", "row.boss"),
                Delete("bo.sam", "row.boss"),
                Delete("ann.boss", "row.boss"),
                Resend("ann.boss", "row.boss"),
                Resend("ann.boss", "row.new"),
                Invite("ann.boss", "boss@bo.example"),
                Invite("ann.boss", NEW),
                Invite("bo.sam", "boss@ann.example"),
                Register("bo", NEW),
                Close("ann"),
                Close("bo"),
            ],
            Self::Partners => vec![
                Delete("ann.boss", "row.boss"),
                Delete("bo.boss", "row.boss"),
                Invite("ann.boss", "ida@bo.example"),
                Invite("bo.boss", "boss@ann.example"),
                Register("bo", NEW),
                Move("bo.ida", "ann"),
                Deactivate("ann.boss"),
                Suspend("ann"),
                Close("ann"),
                Close("bo"),
            ],
            Self::Rejected => vec![
                Delete("ann.boss", "row.boss"),
                Delete("bo.boss", "row.boss"),
                Accept("bo.boss", "row.sam"),
                Delete("ann.boss", "row.sam"),
                Invite("ann.boss", "boss@bo.example"),
                Invite("ann.boss", "ida@bo.example"),
                Move("bo.boss", "cy"),
                Close("ann"),
                Close("bo"),
            ],
            Self::Ended => vec![
                Delete("ann.boss", "row.boss"),
                Delete("ann.boss", "row.new"),
                Register("bo", NEW),
                Readdress("bo.ida", NEW),
                Invite("ann.boss", "sam@bo.example"),
                Invite("bo.boss", "boss@ann.example"),
                DenyAll("bo"),
                Close("ann"),
                Close("bo"),
            ],
            Self::Stranded => vec![
                Close("cy"),
                Register("bo", PAT),
                Register("ann", PAT),
                Readdress("bo.ida", PAT),
                Accept("cy.boss", "row.pat"),
                Accept("bo.boss", "row.sam"),
                Resend("ann.boss", "row.pat"),
                Delete("ann.boss", "row.pat"),
                Close("ann"),
            ],
            Self::Resettled => vec![
                Close("cy"),
                Accept("bo.boss", "row.sam"),
                Resend("ann.boss", "row.pat"),
                Delete("ann.boss", "row.pat"),
                Invite("ann.boss", PAT),
                Readdress("bo.pat", NEW),
                Remove("bo.pat"),
                Move("bo.pat", "ann"),
                Close("bo"),
            ],
            Self::Shared => vec![
                Share("ann.boss", "bo", "folder/f", "F"),
                Share("ann.boss", "bo", "folder/f", "renamed"),
                Share("ann.boss", "bo", "file/new", "New"),
                Share("bo.boss", "ann", "details/", ""),
                Unshare("ann.boss", "item.f"),
                Unshare("ann.boss", "item.p"),
                TakeOut("ann.boss", "item.p", "bo.ida"),
                Delete("ann.boss", "row.boss"),
                Delete("bo.boss", "row.boss"),
                Register("bo", NEW),
                Move("bo.ida", "cy"),
                Remove("bo.ida"),
                Demote("bo.boss"),
                Deactivate("ann.boss"),
                Suspend("ann"),
                Suspend("bo"),
                Close("ann"),
                Close("bo"),
            ],
            Self::Frozen => vec![
                Accept("bo.boss", "row.again"),
                Delete("ann.boss", "row.again"),
                Share("ann.boss", "bo", "file/p", "P"),
                Share("ann.boss", "bo", "folder/f", "F"),
                Unshare("ann.boss", "item.p"),
                TakeOut("ann.boss", "item.f", "bo.ida"),
                TakeOut("ann.boss", "item.p", "bo.ida"),
                Register("bo", NEW),
                Remove("bo.ida"),
                Close("bo"),
            ],
            Self::Renewed => vec![
                Share("ann.boss", "bo", "file/p", "P"),
                Share("ann.boss", "bo", "folder/f", "F"),
                Unshare("ann.boss", "item.p"),
                Unshare("ann.boss", "item.f"),
                TakeOut("ann.boss", "item.p", "bo.ida"),
                TakeOut("ann.boss", "item.f", "bo.ida"),
                Delete("ann.boss", "row.again"),
                Delete("bo.boss", "row.again"),
                Register("bo", NEW),
                Move("bo.ida", "cy"),
                Remove("bo.ida"),
                Close("ann"),
                Close("bo"),
            ],
            Self::Mailed => vec![
                Deliver,
                Retry("letter.nobody"),
                Resend("ann.boss", "row.boss"),
                Resend("ann.boss", "row.nobody"),
                Delete("ann.boss", "row.boss"),
                Delete("ann.boss", "row.nobody"),
                Accept("bo.boss", "row.boss"),
                Reject("bo.boss", "row.boss"),
                Invite("ann.boss", NEW),
                Register("bo", UNKNOWN),
                Readdress("bo.boss", NEW),
                Remove("ann.boss"),
                Suspend("ann"),
                Close("ann"),
                Close("bo"),
            ],
        }
    }
}
