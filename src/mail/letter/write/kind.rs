//! What a type of partnership and its roles are called, and what they permit: read off the table in `domain` (T1).

use crate::domain::partner_type::{AdminRole, PartnerType, Permission, Policy};
use crate::mail::letter::clean::Marked;
use crate::mail::letter::words::{Fill, Words};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

/// A type, by its name in a letter; one that this release does not know is a partnership, and no more is said of it.
pub struct Kind {
    key: String,
    pub policy: Option<Policy>,
}

impl Kind {
    pub fn of(name: &str) -> Self {
        let known: Option<PartnerType> = parsed(name);
        let key = known.map_or("other".to_owned(), |_| name.to_lowercase().replace('_', "-"));
        Self { key, policy: known.map(PartnerType::policy) }
    }

    /// What it is called.
    pub fn name(&self, words: &Words) -> Marked {
        words.say(&format!("type-{}", self.key), &[])
    }

    /// As in "would like to work with you as your reseller".
    pub fn capacity(&self, words: &Words) -> Marked {
        words.say(&format!("as-{}", self.key), &[])
    }

    /// Whether members become each other's contacts.
    pub fn syncs_members(&self) -> bool {
        self.policy.is_some_and(|policy| policy.syncs_members)
    }
}

/// A role, by its name in a letter; one that this release does not know has no words but its name.
pub struct Role {
    name: String,
    known: Option<AdminRole>,
}

impl Role {
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), known: parsed(name) }
    }

    /// What it is called.
    fn title(&self, words: &Words) -> Marked {
        let key = match self.known {
            Some(AdminRole::UserAdmin) => "role-user-admin",
            Some(AdminRole::LicenseAdmin) => "role-license-admin",
            Some(AdminRole::PasswordAdmin) => "role-password-admin",
            Some(AdminRole::ServiceAdmin) => "role-service-admin",
            Some(AdminRole::SupportAdmin) => "role-support-admin",
            None => return words.theirs(&self.name),
        };
        words.say(key, &[])
    }

    /// The role and what it gives, put as `role-with-can` or `can-with-role`.
    pub fn put(&self, words: &Words, key: &str) -> Marked {
        let title = self.title(words);
        let Some(role) = self.known else { return title };
        let can = permission(words, role.gives());
        words.say(key, &[("role", Fill::Ours(&title)), ("can", Fill::Ours(&can))])
    }
}

/// What a permission lets a partner do.
pub(super) fn permission(words: &Words, permission: Permission) -> Marked {
    let key = match permission {
        Permission::Share => "can-share",
        Permission::Sell => "can-sell",
        Permission::ManageSubscriptions => "can-manage-subscriptions",
        Permission::WorkWithServices => "can-work-with-services",
        Permission::ViewPurchases => "can-view-purchases",
        Permission::UploadDeviceIds => "can-upload-device-ids",
        Permission::DevelopApps => "can-develop-apps",
        Permission::SubmitApps => "can-submit-apps",
        Permission::ManageApps => "can-manage-apps",
        Permission::ManageUsers => "can-manage-users",
        Permission::ManageLicenses => "can-manage-licenses",
        Permission::ResetPasswords => "can-reset-passwords",
        Permission::ManageServices => "can-manage-services",
        Permission::ManageSupportTickets => "can-manage-support-tickets",
    };
    words.say(key, &[])
}

fn parsed<T: for<'a> Deserialize<'a>>(name: &str) -> Option<T> {
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(name).ok()
}
