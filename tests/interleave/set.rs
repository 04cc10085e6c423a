//! How each scene comes about.

use crate::letters::UNKNOWN;
use crate::scene::{Cast, NEW, PAT, Scene};
use crate::support::Harness;
use crate::verb::Verb::{self, *};
use partner_service::domain::mail::MailState;
use partner_service::grpc::pb;
use pb::MemberProfile;

impl Scene {
    /// Brings an empty service into this scene.
    pub async fn prepare(self, harness: &Harness, mail_server: &str) -> Cast {
        let cast = Cast { mail_server: mail_server.to_owned(), ..Cast::default() };
        let mut set = Set { harness, cast };
        for name in ["ann", "bo", "cy"] {
            set.cast.ids.insert(name, harness.account(name).await.id);
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
            Self::Shared => {
                set.partners_who_share().await;
            }
            Self::Frozen | Self::Renewed => {
                set.partners_who_share().await;
                set.play(Delete("ann.boss", "row.boss")).await;
                set.invite("row.again", "boss@bo.example").await;
                if self == Self::Renewed {
                    set.play(Accept("bo.boss", "row.again")).await;
                }
            }
            Self::Mailed => {
                set.invite("row.nobody", UNKNOWN).await;
                set.play(Deliver).await;
                set.name_letter("letter.nobody", UNKNOWN).await;
                set.invite("row.boss", "boss@bo.example").await;
                set.invite("row.new", NEW).await;
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
        self.cast.ids.insert(name, member.id);
    }

    async fn invite(&mut self, row: &'static str, email: &str) {
        let request = pb::InvitePartnerRequest {
            account_id: self.cast.id("ann").to_owned(),
            invitee_email: email.to_owned(),
            ..Default::default()
        };
        let mut ann = self.harness.member(self.cast.id("ann.boss"));
        let answer = ann.partners.invite_partner(request).await.expect("the invitation is sent");
        self.cast.ids.insert(row, answer.into_inner().partnership.expect("a partnership").id);
    }

    async fn play(&mut self, verb: Verb) {
        let outcome = verb.run(self.harness, &self.cast).await;
        assert!(matches!(outcome, crate::verb::Outcome::Done(_)), "{verb:?}: {outcome:?}");
    }

    async fn receive(&mut self, account: &str, policy: &str) {
        let policy = match policy {
            "DENY_ALL" => pb::ReceivePolicy::DenyAll,
            _ => pb::ReceivePolicy::AllowAll,
        };
        let request = pb::UpdatePartnerPreferencesRequest {
            account_id: self.cast.id(account).to_owned(),
            preferences: Some(pb::PartnerPreferences {
                receive_policy: policy.into(),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["receive_policy".to_owned()] }),
            ..Default::default()
        };
        let answer = self.harness.operator().partners.update_partner_preferences(request).await;
        answer.expect("the preferences change");
    }

    /// ann and bo are partners; ann shares a folder and a file.
    async fn partners_who_share(&mut self) {
        self.invite("row.boss", "boss@bo.example").await;
        self.play(Accept("bo.boss", "row.boss")).await;
        for (name, share) in [
            ("item.f", Share("ann.boss", "bo", "folder/f", "F")),
            ("item.p", Share("ann.boss", "bo", "file/p", "P")),
        ] {
            self.play(share).await;
            let request = pb::ListSharedItemsRequest {
                account_id: self.cast.id("ann").to_owned(),
                ..Default::default()
            };
            let mut ann = self.harness.member(self.cast.id("ann.boss"));
            let listed = ann.sharing.list_shared_items(request).await.expect("a list").into_inner();
            let fresh = listed.shared_items.into_iter().map(|item| item.id);
            let known: Vec<String> = self.cast.ids.values().cloned().collect();
            let mut fresh = fresh.filter(|id| !known.contains(id));
            self.cast.ids.insert(name, fresh.next().expect("what was shared just now"));
        }
    }

    /// A letter by whom it is for.
    async fn name_letter(&mut self, name: &'static str, recipient: &str) {
        let letters = self.harness.outbox().await;
        let letter = letters.iter().find(|letter| letter.recipient == recipient);
        let letter = letter.expect("a letter");
        assert_eq!(letter.state, MailState::Failed, "{letter:?}");
        self.cast.ids.insert(name, letter.id.to_string());
    }
}
