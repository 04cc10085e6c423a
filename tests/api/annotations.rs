//! The bounds that the protos publish (`buf.validate`, REQUIRED) and those that the service keeps are the same ones: for each,
//! a value at the bound passes, and one just beyond it is refused by the field's path. Generated from the descriptors, so
//! that neither can move alone. Dry runs of an operator: every capability, and nothing changes.

mod bounds;

use crate::dynamic::{self, behaves, clear, get, has, inputs, rpcs, set};
use crate::requests::{Ids, good};
use crate::support::Harness;
use crate::support::refusal::Refusal;
use bounds::{Bound, bounds_of};
use prost_reflect::{DynamicMessage, MethodDescriptor};
use tonic::{Response, Status};
use uuid::Uuid;

struct Operator {
    harness: Harness,
    ids: Ids,
}

impl Operator {
    async fn new() -> Self {
        let harness = Harness::start().await;
        let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
        let partnership = ann.invites(&bo.email()).await.unwrap().id;
        let contact = ann.types_in("known@else.example").await.unwrap().id;
        bo.publishes("Bo's").await;
        let cy = harness.organization("cy").await;
        ann.joins(&cy).await;
        let shared_item = ann.shares_file(&cy, "plan.pdf").await.id;
        let ids = Ids {
            account: ann.id,
            shared_item,
            partner: cy.id.clone(),
            reached: cy.boss.id,
            partnership,
            member: ann.boss.id,
            contact,
            target: bo.id.clone(),
            provider: bo.id,
        };
        Self { harness, ids }
    }

    async fn ask(
        &self,
        rpc: &MethodDescriptor,
        request: DynamicMessage,
    ) -> Result<Response<DynamicMessage>, Status> {
        dynamic::call(&self.harness.channel, rpc, request, &[]).await
    }

    /// The fields that the call is refused for; none if it passes their bounds, whatever it answers then.
    async fn bad_fields(&self, rpc: &MethodDescriptor, request: DynamicMessage) -> Vec<String> {
        match self.ask(rpc, request).await {
            Ok(_) => Vec::new(),
            Err(status) => Refusal::of(&status).fields,
        }
    }
}

/// A list may be named as a whole or by its bad element, a message by a required field in it.
fn names(fields: &[String], path: &str) -> bool {
    let within = |field: &String| {
        field.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
    };
    fields.iter().any(within)
}

#[tokio::test]
async fn the_requests_that_the_bounds_are_tried_on_are_good_as_they_stand() {
    let operator = Operator::new().await;
    for rpc in rpcs() {
        let (_, request) = good(&rpc, &operator.ids, true);
        assert_eq!(
            operator.bad_fields(&rpc, request).await,
            Vec::<String>::new(),
            "{}",
            rpc.name()
        );
    }
}

#[tokio::test]
async fn a_value_at_a_published_bound_passes_and_one_beyond_it_is_refused_by_its_path() {
    let operator = Operator::new().await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for rpc in rpcs() {
        for (path, field) in inputs(&rpc.input()) {
            let (_, base) = good(&rpc, &operator.ids, true);
            for Bound { rule, within, beyond } in bounds_of(&field, &get(&base, &path)) {
                for (value, passes) in within
                    .into_iter()
                    .map(|value| (value, true))
                    .chain(beyond.into_iter().map(|value| (value, false)))
                {
                    let mut request = base.clone();
                    match &value {
                        Some(value) => set(&mut request, &path, value.clone()),
                        None => clear(&mut request, &path),
                    }
                    let refused = names(&operator.bad_fields(&rpc, request).await, &path);
                    tried += 1;
                    if refused == passes {
                        let verb = if refused { "refused" } else { "accepted" };
                        wrong.push(format!(
                            "{}.{path} ({rule}): {verb} {value:?}",
                            rpc.input().name()
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "the protos and the service disagree:\n{}", wrong.join("\n"));
    assert!(tried > 500, "only {tried} values were tried: the descriptors have lost their options");
}

#[tokio::test]
async fn a_required_field_that_is_missing_is_refused_by_its_path() {
    let operator = Operator::new().await;
    for rpc in rpcs() {
        // what an update leaves out stays as it is
        let updates = has(&rpc.input(), "update_mask");
        for (path, _) in
            inputs(&rpc.input()).into_iter().filter(|(_, field)| behaves(field, "REQUIRED"))
        {
            if updates && path.contains('.') {
                continue;
            }
            let (_, mut request) = good(&rpc, &operator.ids, true);
            clear(&mut request, &path);
            let bad = operator.bad_fields(&rpc, request).await;
            assert!(names(&bad, &path), "{} without {path} names {bad:?}", rpc.input().name());
        }
    }
}

#[tokio::test]
async fn all_bad_fields_of_a_request_are_told_at_once() {
    let operator = Operator::new().await;
    for rpc in rpcs() {
        let (_, mut request) = good(&rpc, &operator.ids, true);
        let mut spoilt = Vec::new();
        for (path, field) in inputs(&rpc.input()) {
            let bounds = bounds_of(&field, &get(&request, &path));
            if let Some(value) = bounds.into_iter().flat_map(|bound| bound.beyond).flatten().next()
            {
                set(&mut request, &path, value);
                spoilt.push(path);
            }
        }
        let bad = operator.bad_fields(&rpc, request).await;
        for path in &spoilt {
            assert!(names(&bad, path), "{}: {path} is not among {bad:?}", rpc.input().name());
        }
        assert!(!spoilt.is_empty(), "{} has no bounds at all", rpc.name());
    }
}

#[tokio::test]
async fn uuids_are_taken_in_their_hyphenated_form_alone() {
    let operator = Operator::new().await;
    let id = Uuid::now_v7();
    for form in
        [id.simple().to_string(), id.braced().to_string(), id.urn().to_string(), format!(" {id}")]
    {
        for rpc in rpcs().iter().filter(|rpc| has(&rpc.input(), "account_id")) {
            let (_, mut request) = good(rpc, &operator.ids, true);
            set(&mut request, "account_id", dynamic::text(form.clone()));
            assert!(
                names(&operator.bad_fields(rpc, request).await, "account_id"),
                "{} takes {form}",
                rpc.name()
            );
        }
    }
}
