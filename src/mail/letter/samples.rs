//! One letter of each kind, about made-up people.

use super::Letter;

/// 21 December 2026, 14:30 UTC.
const WHEN: i64 = 1_797_863_400;

pub(super) fn of(kind: &str) -> Option<Letter> {
    let letter = match kind {
        "invitation" => Letter::Invitation {
            partner_type: "RESELLER_AND_DELEGATED_ADMINISTRATOR".to_owned(),
            sender_account: "Nordlicht Cloud".to_owned(),
            inviter: "Anna Berg".to_owned(),
            message: "Hi Bo,\n\nas agreed on the phone: this lets us take care of your licences.\n\
                      Our terms: https://nordlicht.example/terms\n\nAnna"
                .to_owned(),
            admin_roles: roles(),
            role_days: Some(90),
            role_extends: false,
            expires_at: Some(WHEN),
        },
        "rejection" => Letter::Rejection {
            invitee_email: "bo@meridian.example".to_owned(),
            partner_type: "RESELLER".to_owned(),
            reason: "We have a reseller already.".to_owned(),
        },
        "acceptance" => Letter::Acceptance {
            partner_account: "Meridian".to_owned(),
            invitee_email: "bo@meridian.example".to_owned(),
            partner_type: "COLLABORATION".to_owned(),
        },
        "ending" => Letter::Ending {
            partner_account: "Meridian".to_owned(),
            partner_type: "COLLABORATION".to_owned(),
        },
        "inquiry" => Letter::Inquiry {
            customer_account: "Meridian".to_owned(),
            sender: "Bo Ek".to_owned(),
            reply_to: "bo@meridian.example".to_owned(),
            country: "SE".to_owned(),
            customer_size: Some("50-249".to_owned()),
            needs: "We are moving our mail to the cloud this spring and need somebody who\n\
                    - plans and does the move,\n\
                    - looks after licences and support from then on."
                .to_owned(),
        },
        "role_expiry" => Letter::RoleExpiry {
            partner_account: "Nordlicht Cloud".to_owned(),
            partner_type: "DELEGATED_ADMINISTRATOR".to_owned(),
            admin_roles: roles(),
            expires_at: WHEN,
            days_left: 7,
            extends: false,
            recipient_is_provider: false,
        },
        _ => return None,
    };
    Some(letter)
}

fn roles() -> Vec<String> {
    vec!["USER_ADMIN".to_owned(), "LICENSE_ADMIN".to_owned()]
}
