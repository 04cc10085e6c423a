//! Calls that the tests of provider relationships make: offers of every type, agreements, and the question of access.

use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use partner_service::partnership::sweep;
use pb::{AccessDenialReason, AdminRole, PartnershipType, Permission};
use std::time::Duration;
use tonic::Status;

/// What a provider offers.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    pub kind: PartnershipType,
    pub roles: Vec<AdminRole>,
    pub lasting: Option<Duration>,
    pub auto_extend: bool,
}

impl Offer {
    pub fn of(kind: PartnershipType) -> Self {
        Self { kind, ..Self::default() }
    }

    pub fn with(mut self, roles: &[AdminRole]) -> Self {
        self.roles = roles.to_vec();
        self
    }

    pub fn lasting(mut self, span: Duration) -> Self {
        self.lasting = Some(span);
        self
    }

    pub fn extended(mut self) -> Self {
        self.auto_extend = true;
        self
    }

    /// The request that `sender` makes of it.
    pub fn to(self, sender: &Organization, email: &str) -> pb::InvitePartnerRequest {
        let seconds = |span: Duration| prost_types::Duration {
            seconds: i64::try_from(span.as_secs()).unwrap(),
            nanos: 0,
        };
        pb::InvitePartnerRequest {
            account_id: sender.id.clone(),
            invitee_email: email.to_owned(),
            r#type: self.kind.into(),
            admin_roles: self.roles.into_iter().map(Into::into).collect(),
            role_duration: self.lasting.map(seconds),
            auto_extend: self.auto_extend,
            ..Default::default()
        }
    }
}

type Answer = Result<pb::Partnership, Status>;

impl Organization {
    /// InvitePartner with an offer.
    pub async fn offers(&self, to: &Organization, offer: Offer) -> Answer {
        let request = offer.to(self, &to.email());
        let answer = self.by.clone().partners.invite_partner(request).await?;
        Ok(answer.into_inner().partnership.expect("a partnership in the answer"))
    }

    /// An offer that is accepted at once; its id.
    pub async fn provides(&self, to: &Organization, offer: Offer) -> String {
        let id = self.offers(to, offer).await.expect("the offer is sent").id;
        to.accepts(&id).await.expect("the offer is accepted");
        id
    }

    /// AcceptPartnership, naming a version of the agreement.
    pub async fn accepts_under(&self, id: &str, version: &str) -> Answer {
        let request = pb::AcceptPartnershipRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            acknowledged_agreement_version: version.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().partners.accept_partnership(request).await?;
        Ok(answer.into_inner().partnership.expect("a partnership in the answer"))
    }

    /// RemoveAdminRoles; what the customer is shown, and the position.
    pub async fn takes_roles_of(&self, id: &str) -> Result<(pb::Partnership, i64), Status> {
        let request = pb::RemoveAdminRolesRequest {
            account_id: self.id.clone(),
            partnership_id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().partners.remove_admin_roles(request).await?.into_inner();
        Ok((answer.partnership.expect("a partnership in the answer"), answer.position))
    }

    /// SetPurchaseVisibility; the position.
    pub async fn lets_see(
        &self,
        viewer: &Organization,
        owner: &Organization,
        visible: bool,
    ) -> Result<i64, Status> {
        let request = pb::SetPurchaseVisibilityRequest {
            account_id: self.id.clone(),
            viewer_account_id: viewer.id.clone(),
            purchases_of_account_id: owner.id.clone(),
            visible,
            ..Default::default()
        };
        let answer = self.by.clone().partners.set_purchase_visibility(request).await?;
        Ok(answer.into_inner().position)
    }

    /// AcceptAgreement; the acceptance and the position.
    pub async fn agrees_to(&self, version: &str) -> Result<(pb::AgreementAcceptance, i64), Status> {
        let request = pb::AcceptAgreementRequest {
            account_id: self.id.clone(),
            version: version.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().agreements.accept_agreement(request).await?.into_inner();
        Ok((answer.acceptance.expect("an acceptance in the answer"), answer.position))
    }
}

/// An agreement as an operator publishes it.
pub fn agreement(version: &str) -> pb::Agreement {
    pb::Agreement {
        version: version.to_owned(),
        locale: "en".to_owned(),
        url: format!("https://agreements.example/{version}"),
        sha256: "0123456789ABCDEF".repeat(4),
        ..Default::default()
    }
}

/// A question of access.
pub fn question(
    customer: &Organization,
    partner: &Organization,
    permission: Permission,
) -> pb::CheckPartnerAccessRequest {
    pb::CheckPartnerAccessRequest {
        customer_account_id: customer.id.clone(),
        partner_account_id: partner.id.clone(),
        permission: permission.into(),
        ..Default::default()
    }
}

impl Harness {
    /// PublishAgreement, in force at once.
    pub async fn publishes(&self, version: &str) -> pb::Agreement {
        self.publishes_this(agreement(version)).await.expect("the agreement is published")
    }

    pub async fn publishes_this(&self, agreement: pb::Agreement) -> Result<pb::Agreement, Status> {
        let request =
            pb::PublishAgreementRequest { agreement: Some(agreement), ..Default::default() };
        let answer = self.operator().agreements.publish_agreement(request).await?.into_inner();
        Ok(answer.agreement.expect("an agreement in the answer"))
    }

    pub async fn asks(
        &self,
        question: pb::CheckPartnerAccessRequest,
    ) -> Result<pb::CheckPartnerAccessResponse, Status> {
        Ok(self.operator().partners.check_partner_access(question).await?.into_inner())
    }

    /// Why `partner` may not do it for `customer`; none if it may.
    pub async fn denial(
        &self,
        customer: &Organization,
        partner: &Organization,
        permission: Permission,
    ) -> Option<AccessDenialReason> {
        let question = question(customer, partner, permission);
        let answer = self.asks(question).await.expect("the question is answered");
        let reason = answer.reason();
        assert_eq!(answer.allowed, reason == AccessDenialReason::Unspecified);
        (!answer.allowed).then_some(reason)
    }

    /// What time has done to roles becomes stored.
    pub async fn sweep_roles(&self) -> usize {
        sweep::settle_roles(&self.backend).await.expect("the sweep ends")
    }
}
