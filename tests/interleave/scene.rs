//! Where verbs meet: small scenes in which each of them means something.

use crate::support::{Harness, NOON};
use crate::verb::Verb::{self, *};
use partner_service::domain::time::{DAY, Timestamp};
use partner_service::grpc::pb::MemberProfile;
use std::collections::BTreeMap;
use std::time::Duration;

/// The ids behind a scene's names.
#[derive(Clone, Debug, Default)]
pub struct Cast(BTreeMap<&'static str, String>);

impl Cast {
    /// The id of an account, a member (`account.person`) or a row.
    pub fn id(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("nothing here is called {name}"))
    }

    /// The account that a member's name begins with.
    pub fn home(&self, member: &str) -> &str {
        self.id(member.split_once('.').expect("account.person").0)
    }

    /// Names by id.
    pub fn names(&self) -> BTreeMap<&str, &'static str> {
        self.0.iter().map(|(name, id)| (id.as_str(), *name)).collect()
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
}

pub const SCENES: [Scene; 10] = [
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
];

const NEW: &str = "new@x.example";
const PAT: &str = "pat@x.example";

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
        }
    }

    /// Brings an empty service into this scene.
    pub async fn prepare(self, harness: &Harness) -> Cast {
        let mut set = Set { harness, cast: Cast::default() };
        for name in ["ann", "bo", "cy"] {
            set.cast.0.insert(name, harness.account(name).await.id);
        }
        for boss in ["ann.boss", "bo.boss", "cy.boss", "bo.sam"] {
            set.member(boss, &address_of(boss), MemberProfile::Administrator).await;
        }
        set.member("bo.ida", "ida@bo.example", MemberProfile::Observer).await;
        match self {
            Self::Strangers => {}
            Self::Waiting => set.invite("row.new", NEW).await,
            Self::Denied => {
                set.receive("bo", "DENY_ALL").await;
                set.invite("row.ida", "ida@bo.example").await;
                set.receive("bo", "ALLOW_ALL").await;
                set.invite("row.sam", "sam@bo.example").await;
            }
            Self::Pending => set.invite("row.boss", "boss@bo.example").await,
            Self::Overdue => {
                set.invite("row.boss", "boss@bo.example").await;
                set.invite("row.new", NEW).await;
            }
            Self::Partners => {
                set.invite("row.boss", "boss@bo.example").await;
                set.play(Accept("bo.boss", "row.boss")).await;
            }
            Self::Rejected => {
                set.invite("row.boss", "boss@bo.example").await;
                set.play(Reject("bo.boss", "row.boss")).await;
                set.invite("row.sam", "sam@bo.example").await;
            }
            Self::Ended => {
                set.invite("row.boss", "boss@bo.example").await;
                set.play(Accept("bo.boss", "row.boss")).await;
                set.play(Delete("bo.boss", "row.boss")).await;
                set.invite("row.new", NEW).await;
            }
            Self::Stranded | Self::Resettled => {
                set.member("cy.pat", PAT, MemberProfile::Observer).await;
                set.invite("row.pat", PAT).await;
                set.play(Remove("cy.pat")).await;
                if self == Self::Resettled {
                    set.member("bo.pat", PAT, MemberProfile::Observer).await;
                }
                set.invite("row.sam", "sam@bo.example").await;
            }
        }
        set.cast
    }
}

fn address_of(member: &str) -> String {
    let (account, person) = member.split_once('.').expect("account.person");
    format!("{person}@{account}.example")
}

struct Set<'a> {
    harness: &'a Harness,
    cast: Cast,
}

impl Set<'_> {
    async fn member(&mut self, name: &'static str, email: &str, profile: MemberProfile) {
        let account = self.cast.home(name).to_owned();
        let member =
            self.harness.register(&account, email, profile).await.expect("the member registers");
        self.cast.0.insert(name, member.id);
    }

    async fn invite(&mut self, row: &'static str, email: &str) {
        let request = partner_service::grpc::pb::InvitePartnerRequest {
            account_id: self.cast.id("ann").to_owned(),
            invitee_email: email.to_owned(),
            ..Default::default()
        };
        let mut ann = self.harness.member(self.cast.id("ann.boss"));
        let answer = ann.partners.invite_partner(request).await.expect("the invitation is sent");
        self.cast.0.insert(row, answer.into_inner().partnership.expect("a partnership").id);
    }

    async fn play(&mut self, verb: Verb) {
        let outcome = verb.run(self.harness, &self.cast).await;
        assert!(matches!(outcome, crate::verb::Outcome::Done(_)), "{verb:?}: {outcome:?}");
    }

    async fn receive(&mut self, account: &str, policy: &str) {
        let policy = match policy {
            "DENY_ALL" => partner_service::grpc::pb::ReceivePolicy::DenyAll,
            _ => partner_service::grpc::pb::ReceivePolicy::AllowAll,
        };
        let request = partner_service::grpc::pb::UpdatePartnerPreferencesRequest {
            account_id: self.cast.id(account).to_owned(),
            preferences: Some(partner_service::grpc::pb::PartnerPreferences {
                receive_policy: policy.into(),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["receive_policy".to_owned()] }),
            ..Default::default()
        };
        let answer = self.harness.operator().partners.update_partner_preferences(request).await;
        answer.expect("the preferences change");
    }
}
