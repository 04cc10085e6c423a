//! Calls of items shared with partners, and of who may see them.

use super::Harness;
use super::world::Organization;
use partner_service::grpc::pb;
use pb::{ItemDenialReason, ItemType, ShareDirection};
use tonic::Status;

impl Harness {
    /// A question of an operator; why not, if not.
    pub async fn denies(
        &self,
        owner: &Organization,
        item_type: ItemType,
        external_id: &str,
        member: &pb::Member,
    ) -> Option<ItemDenialReason> {
        let request = owner.question(item_type, external_id, member);
        let answer = self.operator().sharing.check_item_access(request).await.expect("an answer");
        let answer = answer.into_inner();
        assert_eq!(answer.allowed, answer.reason() == ItemDenialReason::Unspecified);
        (!answer.allowed).then(|| answer.reason())
    }
}

impl Organization {
    pub fn sharing(
        &self,
        partner: &Organization,
        item_type: ItemType,
        external_id: &str,
    ) -> pb::ShareItemRequest {
        pb::ShareItemRequest {
            account_id: self.id.clone(),
            partner_account_id: partner.id.clone(),
            item_type: item_type.into(),
            external_id: external_id.to_owned(),
            ..Default::default()
        }
    }

    /// ShareItem as the administrator.
    pub async fn share(
        &self,
        request: pb::ShareItemRequest,
    ) -> Result<pb::ShareItemResponse, Status> {
        Ok(self.by.clone().sharing.share_item(request).await?.into_inner())
    }

    /// The same where nothing hinders it.
    pub async fn shares(
        &self,
        partner: &Organization,
        item_type: ItemType,
        external_id: &str,
    ) -> pb::SharedItem {
        let request = self.sharing(partner, item_type, external_id);
        let answer = self.share(request).await.expect("the item is shared");
        answer.shared_item.expect("a shared item in the answer")
    }

    pub async fn shares_file(&self, partner: &Organization, external_id: &str) -> pb::SharedItem {
        self.shares(partner, ItemType::File, external_id).await
    }

    pub async fn shares_details(&self, partner: &Organization) -> pb::SharedItem {
        self.shares(partner, ItemType::ContactDetails, "").await
    }

    pub fn unsharing(&self, id: &str) -> pb::UnshareItemRequest {
        pb::UnshareItemRequest {
            account_id: self.id.clone(),
            shared_item_id: id.to_owned(),
            ..Default::default()
        }
    }

    /// UnshareItem as the administrator; the position.
    pub async fn unshares(&self, id: &str) -> Result<i64, Status> {
        let answer = self.by.clone().sharing.unshare_item(self.unsharing(id)).await?;
        Ok(answer.into_inner().position)
    }

    pub fn removal(&self, id: &str, member: &pb::Member) -> pb::RemoveFromAudienceRequest {
        pb::RemoveFromAudienceRequest {
            account_id: self.id.clone(),
            shared_item_id: id.to_owned(),
            member_id: member.id.clone(),
            ..Default::default()
        }
    }

    /// RemoveFromAudience as the administrator.
    pub async fn takes_out(
        &self,
        id: &str,
        member: &pb::Member,
    ) -> Result<pb::RemoveFromAudienceResponse, Status> {
        let request = self.removal(id, member);
        Ok(self.by.clone().sharing.remove_from_audience(request).await?.into_inner())
    }

    pub fn shared_request(&self) -> pb::ListSharedItemsRequest {
        pb::ListSharedItemsRequest { account_id: self.id.clone(), ..Default::default() }
    }

    /// Every page of ListSharedItems as the administrator.
    pub async fn lists_shared(&self, request: pb::ListSharedItemsRequest) -> Vec<pb::SharedItem> {
        let (mut items, mut page) = (Vec::new(), request);
        loop {
            let answer = self.by.clone().sharing.list_shared_items(page.clone()).await;
            let answer = answer.expect("a page").into_inner();
            items.extend(answer.shared_items);
            if answer.next_page_token.is_empty() {
                return items;
            }
            page.page_token = answer.next_page_token;
        }
    }

    /// What is shared in one direction.
    pub async fn shared(&self, direction: ShareDirection) -> Vec<pb::SharedItem> {
        let direction = direction.into();
        self.lists_shared(pb::ListSharedItemsRequest { direction, ..self.shared_request() }).await
    }

    /// Every page of ListAudience as the administrator, `page_size` at a time.
    pub async fn audience_by(
        &self,
        id: &str,
        page_size: i32,
    ) -> Result<Vec<pb::AudienceMember>, Status> {
        let (mut members, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListAudienceRequest {
                account_id: self.id.clone(),
                shared_item_id: id.to_owned(),
                page_size,
                page_token,
                min_position: 0,
            };
            let answer = self.by.clone().sharing.list_audience(request).await?.into_inner();
            members.extend(answer.members);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(members);
            }
        }
    }

    /// Who is in an audience, by the part of their addresses before the @.
    pub async fn audience(&self, id: &str) -> Vec<String> {
        let members = self.audience_by(id, 0).await.expect("the audience");
        let name = |member: pb::AudienceMember| {
            member.email.split('@').next().unwrap_or_default().to_owned()
        };
        members.into_iter().map(name).collect()
    }

    pub fn question(
        &self,
        item_type: ItemType,
        external_id: &str,
        member: &pb::Member,
    ) -> pb::CheckItemAccessRequest {
        pb::CheckItemAccessRequest {
            owner_account_id: self.id.clone(),
            item_type: item_type.into(),
            external_id: external_id.to_owned(),
            member_id: member.id.clone(),
            min_position: 0,
        }
    }

    /// CheckItemAccess as the administrator.
    pub async fn asks_about(
        &self,
        request: pb::CheckItemAccessRequest,
    ) -> Result<pb::CheckItemAccessResponse, Status> {
        Ok(self.by.clone().sharing.check_item_access(request).await?.into_inner())
    }
}
