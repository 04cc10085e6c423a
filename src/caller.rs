//! Who asks, and on whose side.

use crate::domain::ids::{AccountId, MemberId};

/// Who the credentials say is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A member, by its own credentials.
    Member(MemberId),
    /// An operator, by name where operators have one.
    Operator(String),
    /// An operator acting for a member: the member's rights count, and the audit keeps both.
    OperatorFor(String, MemberId),
}

/// What a call needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// An operator.
    Operator,
    /// An operator, or a member reading its own account; an operator may look at suspended and closed accounts.
    Look,
    /// Any active member of the account.
    Member,
    /// A member with the capability to manage partners.
    Manager,
}

/// The member an actor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActingMember {
    /// Its id.
    pub id: MemberId,
    /// Its home account.
    pub account: AccountId,
    /// Its name, as shown to those it invites.
    pub display_name: String,
    /// Whether it holds the capability to manage partners.
    pub manages_partners: bool,
}

/// A caller whose rights were checked, and the account it acts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account acted for; `None` where the call names none.
    pub account: Option<AccountId>,
    /// The member acting, or acted for.
    pub member: Option<ActingMember>,
    /// The operator's name when an operator is behind the call (empty where operators have none).
    pub operator: Option<String>,
    /// What was needed, to be checked again under the lock.
    pub need: Need,
}

impl Actor {
    /// Whether this actor may do what managers do; an operator acting for nobody holds every capability.
    #[must_use]
    pub fn manages_partners(&self) -> bool {
        self.member.as_ref().is_none_or(|member| member.manages_partners)
    }

    /// Whose request ids these are.
    #[must_use]
    pub fn request_scope(&self) -> String {
        match (&self.member, &self.operator) {
            (Some(member), None) => format!("member {}", member.id),
            (Some(member), Some(operator)) => {
                format!("operator {operator} for member {}", member.id)
            }
            (None, operator) => format!("operator {}", operator.as_deref().unwrap_or_default()),
        }
    }
}
