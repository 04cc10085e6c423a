//! Scenarios of provider relationships and of sharing. Those that publish agreements have a service of their own: what is in force
//! concerns everybody.

use super::scenarios::{Stage, failed};
use crate::offers::{Offer, agreement};
use crate::support::Harness;
use partner_service::grpc::pb::{self, PartnershipType as Kind};
use std::sync::Arc;
use tonic::{Request, Status};

async fn alone() -> Stage {
    Stage::on(&Arc::new(Harness::start().await)).await
}

/// An offer that `bo` has yet to accept.
async fn offered(stage: &Stage, kind: Kind) -> String {
    stage.ann.offers(&stage.bo, Offer::of(kind)).await.expect("offered").id
}

pub async fn agreement_not_acknowledged() -> Status {
    let stage = alone().await;
    stage.harness.publishes("1").await;
    let id = offered(&stage, Kind::Reseller).await;
    failed(stage.bo.accepts(&id).await)
}

pub async fn agreement_version_stale() -> Status {
    let stage = alone().await;
    stage.harness.publishes("1").await;
    failed(stage.bo.agrees_to("0").await)
}

pub async fn agreement_exists() -> Status {
    let stage = alone().await;
    stage.harness.publishes("1").await;
    let body =
        pb::PublishAgreementRequest { agreement: Some(agreement("1")), ..Default::default() };
    let mut request = Request::new(body);
    let call = super::scenarios::CALL.parse().expect("a header value");
    request.metadata_mut().insert("x-request-id", call);
    failed(stage.harness.operator().agreements.publish_agreement(request).await)
}

pub async fn partnership_not_active(common: &Arc<Harness>) -> Status {
    let stage = Stage::on(common).await;
    let id = offered(&stage, Kind::Advisor).await;
    failed(stage.bo.takes_roles_of(&id).await)
}

pub async fn no_admin_roles(common: &Arc<Harness>) -> Status {
    let stage = Stage::on(common).await;
    let id = offered(&stage, Kind::Reseller).await;
    failed(stage.bo.takes_roles_of(&id).await)
}

/// The provider has published an address, so that the metadata tell it.
pub async fn contact_partner(common: &Arc<Harness>) -> Status {
    let stage = Stage::on(common).await;
    stage.ann.publishes("Ann's").await;
    let id = stage.ann.provides(&stage.bo, Offer::of(Kind::Reseller)).await;
    failed(stage.bo.deletes(&id).await)
}

pub async fn partnership_required(common: &Arc<Harness>) -> Status {
    let stage = Stage::on(common).await;
    let other = stage.harness.organization(&uuid::Uuid::now_v7().simple().to_string()).await;
    failed(stage.bo.lets_see(&stage.ann, &other, true).await)
}

pub async fn audience_is_dynamic(common: &Arc<Harness>) -> Status {
    let stage = Stage::on(common).await;
    stage.ann.joins(&stage.bo).await;
    let folder = stage.ann.shares(&stage.bo, pb::ItemType::Folder, "f").await;
    failed(stage.ann.takes_out(&folder.id, &stage.bo.boss).await)
}
